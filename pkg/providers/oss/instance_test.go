package oss_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"

	sdk "github.com/aliyun/alibabacloud-oss-go-sdk-v2/oss"
	"github.com/google/go-cmp/cmp"

	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/emulator/cloud"
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/providers"
)

func TestInstance_Plan_GivesTheBucket(t *testing.T) {
	w := newFixture(t)
	task := w.instance(`{"Acl":"Public Read","StorageClass":"Infrequent Access Storage","Region":"us-west-1"}`)
	w.make(task)
	buckets := w.cloud.Dump().Buckets
	if len(buckets) != 1 {
		t.Fatalf("buckets: %+v", buckets)
	}
	b := buckets[0]
	tags := map[string]string{}
	for _, tag := range task.Tags() {
		tags[tag.Key] = tag.Value
	}
	if diff := cmp.Diff(tags, b.Tags); diff != "" {
		t.Errorf("tags (-want, +got):\n%s", diff)
	}
	if b.Name != w.bucket(task) || b.Region != "us-west-1" || b.ACL != "public-read" || b.StorageClass != "IA" {
		t.Errorf("bucket: %+v", b)
	}
	if task.Facts.Open["bucket"] != b.Name {
		t.Errorf("facts: %v", task.Facts.Open)
	}
	if calls := w.cloud.Calls("oss:PutBucket"); len(calls) != 1 || calls[0].Params["x-oss-acl"] != "private" {
		t.Errorf("the bucket was made by %v, want a private one whose ACL is set after the block was lifted", calls)
	}
	w.remove(task)
	if !w.cloud.Empty() {
		t.Errorf("left: %+v", w.cloud.Dump())
	}
}

func TestUpdate_ACL_ChangesTheBucket(t *testing.T) {
	w := newFixture(t)
	task := w.instance("")
	w.make(task)
	w.must(w.owner(w.bucket(task)).put(t.Context(), "kept", "data"))
	task.Was = &providers.Was{Settings: task.Settings}
	task.Parameters = json.RawMessage(`{"Acl":"public-read"}`)
	w.make(w.prepare(task))
	b := w.cloud.Dump().Buckets[0]
	if b.ACL != "public-read" || b.Objects != 1 || len(w.cloud.Calls("oss:PutBucket")) != 1 {
		t.Errorf("bucket after the update: %+v", b)
	}
}

func TestInstance_TagsOfPeople_AreKept(t *testing.T) {
	w := newFixture(t)
	task := w.instance("")
	seen, err := w.provider.Observe(t.Context(), *task)
	w.must(err)
	_, err = w.provider.Do(t.Context(), *task, w.provider.Next(*task, seen))
	w.must(err)
	w.must(w.tag(w.bucket(task), map[string]string{"team": "a"}))
	w.make(task)
	task.Deletion = providers.Retain
	w.remove(task)
	tags := w.cloud.Dump().Buckets[0].Tags
	if tags["team"] != "a" || tags[providers.TagIncarnation] != task.Life.Incarnation || tags["osb-retained"] != "true" {
		t.Errorf("tags: %v", tags)
	}
}

func (w *fixture) tag(bucket string, tags map[string]string) error {
	set := &sdk.TagSet{}
	for k, v := range tags {
		set.Tags = append(set.Tags, sdk.Tag{Key: new(k), Value: new(v)})
	}
	_, err := w.owner(bucket).PutBucketTags(w.Context(), &sdk.PutBucketTagsRequest{Bucket: &bucket, Tagging: &sdk.Tagging{TagSet: set}})
	return err
}

// fill puts an object, an old version, a delete marker and an upload into the
// bucket.
func (w *fixture) fill(bucket string) {
	w.Helper()
	a, ctx := w.owner(bucket), w.Context()
	w.must(a.put(ctx, "before versions", "1"))
	w.must(a.version(ctx))
	w.must(a.put(ctx, "object/é +%", "1"))
	w.must(a.put(ctx, "object/é +%", "2"))
	w.must(a.put(ctx, "deleted", "1"))
	w.must(a.delete(ctx, "deleted"))
	w.must(a.upload(ctx, "object/é +%"))
	w.must(a.upload(ctx, "other"))
}

func TestDelete_Refuse_KeepsDataUntilRemoved(t *testing.T) {
	leave := map[string]func(*fixture, app) error{
		"an object":     func(w *fixture, a app) error { return a.put(w.Context(), "o", "data") },
		"an upload":     func(w *fixture, a app) error { return a.upload(w.Context(), "o") },
		"old version":   oldVersion,
		"an empty name": func(w *fixture, a app) error { return a.put(w.Context(), "dir/", "") },
	}
	for name, put := range leave {
		t.Run(name, func(t *testing.T) {
			w := newFixture(t)
			task := w.instance("")
			w.make(task)
			w.must(put(w, w.owner(w.bucket(task))))
			before := w.cloud.Dump()
			task.Goal = providers.Absent
			step := w.mustEnd(task, providers.Fail)
			if step.Kind != providers.Policy || step.Text == "" {
				t.Errorf("failed with %s %q", step.Kind, step.Text)
			}
			if diff := cmp.Diff(before, w.cloud.Dump()); diff != "" {
				t.Errorf("the refused deletion changed (-before, +after):\n%s", diff)
			}
			again := w.mustEnd(task, providers.Fail)
			if again.Text != step.Text {
				t.Errorf("the same state is told as %q and %q", step.Text, again.Text)
			}
			task.Deletion = providers.Empty // what the user is told to do
			w.remove(task)
			if !w.cloud.Empty() {
				t.Errorf("left: %+v", w.cloud.Dump())
			}
		})
	}
}

func oldVersion(w *fixture, a app) error {
	return errors.Join(a.version(w.Context()), a.put(w.Context(), "o", "1"), a.delete(w.Context(), "o"))
}

func TestDelete_PlanOrState_DecidesOnContent(t *testing.T) {
	for name, change := range map[string]func(*providers.Task){
		"empty":                    func(t *providers.Task) { t.Deletion = providers.Empty },
		"delete":                   func(t *providers.Task) { t.Deletion = providers.DeleteData },
		"refuse, but never usable": func(t *providers.Task) { t.Usable = false },
		"retain, but never usable": func(t *providers.Task) { t.Deletion, t.Usable = providers.Retain, false },
	} {
		t.Run(name, func(t *testing.T) {
			w := newFixture(t)
			task := w.instance("")
			w.make(task)
			w.fill(w.bucket(task))
			change(task)
			w.remove(task)
			if !w.cloud.Empty() {
				t.Errorf("left: %+v", w.cloud.Dump())
			}
		})
	}
}

func TestDelete_ManyObjects_TakesPages(t *testing.T) {
	w := newFixture(t)
	task := w.instance("")
	task.Deletion = providers.Empty
	w.make(task)
	const objects = 1001
	names := make(chan string)
	var putting sync.WaitGroup
	for range 8 {
		putting.Go(func() {
			a := w.owner(w.bucket(task))
			for name := range names {
				if err := a.put(t.Context(), name, ""); err != nil {
					t.Error(err)
				}
			}
		})
	}
	for i := range objects {
		names <- fmt.Sprintf("object %d", i)
	}
	close(names)
	putting.Wait()
	w.remove(task)
	if !w.cloud.Empty() {
		t.Errorf("left: %+v", w.cloud.Dump().Buckets)
	}
	if pages := len(w.cloud.Calls("oss:DeleteMultipleObjects")); pages != 2 {
		t.Errorf("%d objects went in %d pages, want 2", objects, pages)
	}
}

func TestDelete_Retain_LeavesTheBucket(t *testing.T) {
	w := newFixture(t)
	task := w.instance("")
	task.Deletion = providers.Retain
	w.make(task)
	w.fill(w.bucket(task))
	before := w.cloud.Dump().Buckets[0]
	w.remove(task)
	after := w.cloud.Dump().Buckets[0]
	if after.Tags["osb-retained"] != "true" || after.Versions != before.Versions || after.Uploads != before.Uploads {
		t.Errorf("the retained bucket: %+v", after)
	}
	calls := len(w.cloud.Calls("oss:PutBucketTags"))
	w.remove(task)
	if len(w.cloud.Calls("oss:PutBucketTags")) != calls {
		t.Error("a retained bucket is tagged again")
	}
}

func TestInstance_ForeignBucket_IsLeftAlone(t *testing.T) {
	plant := map[string]func(w *fixture, bucket string){
		"of another account": func(w *fixture, name string) { w.cloud.OSS().AddForeignBucket(name, "2000000000000002") },
		"of an account that lets us look": func(w *fixture, name string) {
			_, err := w.owner(name).PutBucket(w.Context(), &sdk.PutBucketRequest{Bucket: &name})
			w.must(err)
		},
		"of another incarnation": func(w *fixture, name string) {
			_, err := w.owner(name).PutBucket(w.Context(), &sdk.PutBucketRequest{Bucket: &name})
			w.must(err)
			w.must(w.tag(name, map[string]string{providers.TagIncarnation: "another"}))
			w.must(w.owner(name).put(w.Context(), "o", "data"))
		},
	}
	for name, put := range plant {
		t.Run(name, func(t *testing.T) {
			w := newFixture(t)
			task := w.instance("")
			task.Deletion = providers.Empty
			put(w, w.bucket(task))
			if name == "of an account that lets us look" {
				task.Owner = "2000000000000002"
			}
			before, calls := w.cloud.Dump(), len(w.cloud.Calls(""))
			if step := w.mustEnd(task, providers.Fail); step.Kind != providers.Broken {
				t.Errorf("failed with %s %q", step.Kind, step.Text)
			}
			w.remove(task)
			if diff := cmp.Diff(before, w.cloud.Dump()); diff != "" {
				t.Errorf("changed (-before, +after):\n%s", diff)
			}
			for _, call := range w.cloud.Calls("")[calls:] {
				refused := call.Action == "oss:PutBucket" && !call.Effected // which is how we know whose it is
				if !refused && !strings.HasPrefix(call.Action, "oss:Get") && !strings.HasPrefix(call.Action, "oss:List") {
					t.Errorf("%s was called", call.Action)
				}
			}
		})
	}
}

func TestObserve_DeniedBucket_IsNotForeign(t *testing.T) {
	w := newFixture(t)
	task := w.instance("")
	w.cloud.Fail("oss:GetBucketInfo", "AccessDenied", 3)
	if step := w.provider.Next(*task, w.observe(task)); step.Action != providers.Call {
		t.Errorf("a look that is denied before there is a bucket leads to %s %q", step.Action, step.Text)
	}
	w.make(task)
}

func TestObserve_DeniedBucket_IsNotGone(t *testing.T) {
	w := newFixture(t)
	task := w.instance("")
	w.make(task)
	task.Goal = providers.Absent
	for _, action := range []string{"oss:GetBucketInfo", "oss:GetBucketTags", "oss:ListObjectVersions", "oss:ListMultipartUploads"} {
		w.cloud.Fail(action, "AccessDenied", 0)
		if seen, err := w.provider.Observe(t.Context(), *task); !errors.Is(err, providers.ErrDenied) {
			t.Errorf("%s is denied: seen %+v, %v", action, seen, err)
		}
		w.cloud.Faults().Clear()
	}
	w.cloud.Fail("oss:ListBuckets", "AccessDenied", 0)
	w.cloud.Fail("oss:GetBucketInfo", "AccessDenied", 0)
	if seen, err := w.provider.Observe(t.Context(), *task); !errors.Is(err, providers.ErrDenied) {
		t.Errorf("all is denied: seen %+v, %v", seen, err)
	}
}

func TestObserve_VanishedBucket_IsGone(t *testing.T) {
	w := newFixture(t)
	task := w.instance("")
	w.make(task)
	name := w.bucket(task)
	_, err := w.owner(name).DeleteBucket(t.Context(), &sdk.DeleteBucketRequest{Bucket: &name})
	w.must(err)
	w.remove(task)
	for _, step := range []string{"delete-bucket", "delete-objects", "abort-uploads"} {
		if _, err := w.provider.Do(t.Context(), *task, providers.CallStep(step, map[string]string{"bucket": name})); err != nil {
			t.Errorf("%s of a bucket that is gone: %v", step, err)
		}
	}
}

func TestInstance_UsersKey_IsUsedForItAlone(t *testing.T) {
	w := newFixture(t)
	const own = "LTAIuserkeyuserkey"
	w.cloud.RAM().AddAccountKey(own, "user-secret")
	task := w.instance(`{"AccessKeyId":"` + own + `","AccessKeySecret":"user-secret"}`)
	w.make(task)
	binding := w.binding(task)
	given := w.make(binding)
	if given["access_key_id"] == own || given["secret_access_key"] == "user-secret" {
		t.Error("the user's own key was handed out")
	}
	w.remove(binding)
	w.remove(task)
	used := func() (ids []string) {
		for _, call := range w.cloud.Calls("") {
			isTried := call.AccessKeyID == given["access_key_id"] // the binding's key, before it is handed out
			if !isTried && !slices.Contains(ids, call.AccessKeyID) {
				ids = append(ids, call.AccessKeyID)
			}
		}
		return ids
	}
	if diff := cmp.Diff([]string{own}, used()); diff != "" {
		t.Errorf("keys used for that instance (-want, +got):\n%s", diff)
	}
	w.make(w.instance(""))
	if diff := cmp.Diff([]string{own, w.cloud.AccessKey().ID}, used()); diff != "" {
		t.Errorf("keys used for both (-want, +got):\n%s", diff)
	}
}

// firstError observes and makes the first step. OSS answers NoSuchBucket before it looks
// at the key, so that PutBucket is the first call that a bad key fails.
func (w *fixture) firstError(task *providers.Task) error {
	w.Helper()
	seen, err := w.provider.Observe(w.Context(), *task)
	if err == nil {
		_, err = w.provider.Do(w.Context(), *task, w.provider.Next(*task, seen))
	}
	return err
}

func TestErrors_Text_HoldsNoSecret(t *testing.T) {
	w := newFixture(t)
	task := w.instance(`{"AccessKeyId":"LTAIunknownkeyunknown","AccessKeySecret":"wrong-secret"}`)
	err := w.firstError(task)
	if !errors.Is(err, providers.ErrCredentials) {
		t.Fatalf("an unknown key: %v", err)
	}
	for _, text := range []string{err.Error(), fmt.Sprintf("%+v %#v", err, err)} {
		if strings.Contains(text, "wrong-secret") || strings.Contains(text, "LTAIunknown") {
			t.Errorf("the error shows the key: %s", text)
		}
	}
}

func TestInstance_BadUsersKey_IsTheUsersFailure(t *testing.T) {
	w := newFixture(t)
	task := w.instance(`{"AccessKeyId":"LTAIunknownkeyunknown","AccessKeySecret":"wrong-secret"}`)
	err := w.firstError(task)
	failure, ok := errors.AsType[*providers.Failure](err)
	if !ok || failure.Kind != providers.Invalid || !strings.Contains(failure.Text, "AccessKeyId") {
		t.Errorf("the first error with the user's bad key = %v, want a failure of the user's that names AccessKeyId", err)
	}
}

func TestSteps_FailedCall_IsSentOnce(t *testing.T) {
	w := newFixture(t)
	task := w.instance("")
	seen, err := w.provider.Observe(t.Context(), *task)
	w.must(err)
	for _, e := range effects() {
		w.cloud.Faults().Add(cloud.Fault{Action: "oss:PutBucket", Effect: e, Times: 1})
		before := len(w.cloud.Calls("oss:PutBucket"))
		if _, err := w.provider.Do(t.Context(), *task, w.provider.Next(*task, seen)); !errors.Is(err, providers.ErrOutcomeUnknown) {
			t.Errorf("after %v: %v, want %v", e, err, providers.ErrOutcomeUnknown)
		}
		if n := len(w.cloud.Calls("oss:PutBucket")) - before; n != 1 {
			t.Errorf("after %v: %d calls", e, n)
		}
	}
}

func effects() map[string]cloud.Effect {
	return map[string]cloud.Effect{
		"lost": cloud.DropAfter, "dropped": cloud.DropBefore, "done and failed": cloud.FailAfter, "failed": cloud.FailBefore,
	}
}

func TestInstance_FaultAtAnyCall_LeavesOneBucketThenNone(t *testing.T) {
	for _, action := range []string{
		"oss:PutBucket", "oss:PutBucketTags", "oss:PutBucketAcl", "oss:PutBucketPublicAccessBlock", "oss:DeleteMultipleObjects", "oss:AbortMultipartUpload", "oss:DeleteBucket",
		"oss:GetBucketInfo", "oss:GetBucketTags", "oss:ListObjectVersions", "oss:ListMultipartUploads",
	} {
		for effect, e := range effects() {
			t.Run(action+"/"+effect, func(t *testing.T) {
				w := newFixture(t)
				w.cloud.Faults().Add(cloud.Fault{Action: action, Effect: e, Times: 1})
				task := w.instance("")
				w.make(task)
				task.Was, task.Parameters = &providers.Was{}, json.RawMessage(`{"Acl":"public-read"}`)
				w.make(w.prepare(task))
				b := w.cloud.Dump().Buckets
				if len(b) != 1 || b[0].ACL != "public-read" || b[0].Tags[providers.TagIncarnation] != task.Life.Incarnation {
					t.Fatalf("buckets: %+v", b)
				}
				w.fill(b[0].Name)
				task.Deletion = providers.Empty
				w.remove(task)
				if !w.cloud.Empty() {
					t.Errorf("left: %+v", w.cloud.Dump())
				}
				if _, more := w.cloud.Faults().Take(action); more {
					t.Errorf("%s was never called", action)
				}
			})
		}
	}
}

func TestSentences_Codes_NameTheParameter(t *testing.T) {
	w := newFixture(t)
	task := w.instance("")
	seen, err := w.provider.Observe(t.Context(), *task)
	w.must(err)
	w.cloud.Fail("PutBucket", "InvalidStorageClass", 1)
	_, err = w.provider.Do(t.Context(), *task, w.provider.Next(*task, seen))
	if got := providers.Sentence(err); !strings.Contains(got, "StorageClass") {
		t.Errorf("a storage class that is refused is told as %q: %v", got, err)
	}
}
