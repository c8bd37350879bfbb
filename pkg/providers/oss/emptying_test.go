package oss_test

import (
	"errors"
	"strconv"
	"sync"
	"testing"
	"time"

	sdk "github.com/aliyun/alibabacloud-oss-go-sdk-v2/oss"

	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/emulator/cloud"
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/providers"
)

// emptied returns the task of a usable bucket whose plan empties it, with goal Absent.
func (w *fixture) emptied() (task *providers.Task, owner app) {
	w.Helper()
	task = w.instance("")
	task.Deletion = providers.Empty
	w.make(task)
	task.Goal = providers.Absent
	return task, w.owner(w.bucket(task))
}

// putMany puts n objects.
func (w *fixture) putMany(a app, n int) {
	w.Helper()
	names := make(chan string)
	var putting sync.WaitGroup
	for range 8 {
		putting.Go(func() {
			for name := range names {
				if err := a.put(w.Context(), name, ""); err != nil {
					w.Error(err)
				}
			}
		})
	}
	for i := range n {
		names <- "object " + strconv.Itoa(i)
	}
	close(names)
	putting.Wait()
}

// step observes and makes one call, as the engine does, and merges the facts.
func (w *fixture) step(t *providers.Task) (providers.Step, error) {
	w.Helper()
	seen := w.observe(t)
	t.Facts = t.Facts.Merge(seen.Facts)
	step := w.provider.Next(*t, seen)
	if step.Action != providers.Call {
		return step, nil
	}
	facts, err := w.provider.Do(w.Context(), *t, step)
	t.Facts = t.Facts.Merge(facts)
	return step, err
}

func (w *fixture) versions(bucket string) int {
	for _, b := range w.cloud.Dump().Buckets {
		if b.Name == bucket {
			return b.Versions
		}
	}
	return 0
}

func (w *fixture) wantKind(err error, kind providers.FailureKind) {
	w.Helper()
	failure, ok := errors.AsType[*providers.Failure](err)
	if !ok || failure.Kind != kind || failure.Text == "" {
		w.Errorf("the error is %v, want a failure of kind %s with a sentence", err, kind)
	}
}

func TestEmptying_Run_CountsRemovedAndLeft(t *testing.T) {
	w := newFixture(t)
	task, owner := w.emptied()
	w.putMany(owner, 1100)
	// The second page fails: the counts of the first one stay.
	w.cloud.Faults().Add(cloud.Fault{Action: "oss:DeleteMultipleObjects", Effect: cloud.FailBefore, Code: "SlowDown", Skip: 1, Times: 1})
	_, err := w.step(task)
	if !errors.Is(err, providers.ErrThrottled) {
		t.Errorf("the throttled run returns %v", err)
	}
	if found, removed := task.Facts.Open["objects_found"], task.Facts.Open["objects_removed"]; found != "1100" || removed != "1000" && removed != "100" {
		t.Errorf("%s objects found, %s removed, want 1100 and one page", found, removed)
	}
	w.remove(task)
	if f := task.Facts.Open; f["objects_removed"] != "1100" || f["objects_left"] != "0" {
		t.Errorf("at the end: %v", f)
	}
}

// A list that is throttled in the middle keeps the counts of the pages before.
func TestEmptying_ListThrottled_ContinuesLater(t *testing.T) {
	w := newFixture(t)
	task, owner := w.emptied()
	w.putMany(owner, 1100)
	w.cloud.Faults().Add(cloud.Fault{Action: "oss:ListObjectVersions", Effect: cloud.FailBefore, Code: "SlowDown", Skip: 2, Times: 1})
	_, err := w.step(task)
	if !errors.Is(err, providers.ErrThrottled) || task.Facts.Open["objects_removed"] != "1000" {
		t.Errorf("the run returns %v with %v, want a throttled one that removed 1000 objects", err, task.Facts.Open)
	}
	w.remove(task)
	if !w.cloud.Empty() {
		t.Errorf("left: %+v", w.cloud.Dump())
	}
}

func TestEmptying_Denied_IsTheOperators(t *testing.T) {
	w := newFixture(t)
	task, owner := w.emptied()
	w.putMany(owner, 3)
	w.cloud.Faults().Add(cloud.Fault{Action: "oss:DeleteMultipleObjects", Effect: cloud.FailBefore, Code: "AccessDenied", Times: 1})
	if _, err := w.step(task); providers.ClassOf(err) != providers.Operator || providers.Sentence(err) == "" {
		t.Errorf("the denied run returns %v", err)
	}
	w.remove(task)
}

func TestEmptying_VersioningSuspended_RemovesVersions(t *testing.T) {
	w := newFixture(t)
	task, owner := w.emptied()
	w.fill(owner.bucket)
	_, err := owner.PutBucketVersioning(t.Context(), &sdk.PutBucketVersioningRequest{
		Bucket: &owner.bucket, VersioningConfiguration: &sdk.VersioningConfiguration{Status: sdk.VersionSuspended},
	})
	w.must(err)
	w.must(owner.put(t.Context(), "while suspended", ""))
	w.remove(task)
	if !w.cloud.Empty() {
		t.Errorf("left: %+v", w.cloud.Dump())
	}
}

// Versions under a legal hold stay with their bucket; all others go.
func TestEmptying_LegalHold_KeepsThoseVersionsAlone(t *testing.T) {
	w := newFixture(t)
	task, owner := w.emptied()
	ctx, bucket := t.Context(), &owner.bucket
	w.must(owner.version(ctx))
	_, err := owner.PutBucketObjectWormConfiguration(ctx, &sdk.PutBucketObjectWormConfigurationRequest{
		Bucket: bucket, ObjectWormConfiguration: &sdk.ObjectWormConfiguration{ObjectWormEnabled: new("Enabled")},
	})
	w.must(err)
	w.putMany(owner, 30)
	hold := func(status string) {
		for _, key := range []string{"object 3", "object 17"} {
			_, err := owner.PutObjectLegalHold(ctx, &sdk.PutObjectLegalHoldRequest{Bucket: bucket, Key: &key, LegalHold: &sdk.ObjectWormLegalHold{Status: &status}})
			w.must(err)
		}
	}
	hold("ON")
	_, err = w.step(task)
	if n := w.versions(*bucket); err != nil || n != 2 {
		t.Errorf("the run leaves %d versions (%v), want the 2 that are held", n, err)
	}
	before := len(w.cloud.Calls("oss:*"))
	_, err = w.step(task)
	w.wantKind(err, providers.Policy)
	if calls := len(w.cloud.Calls("oss:*")) - before; calls > 12 {
		t.Errorf("an attempt in vain takes %d calls", calls)
	}
	if step := w.drive(task); step.Action != providers.Fail || step.Text == "" {
		t.Errorf("the deletion ends in %+v, want a failure with a sentence", step)
	}
	hold("OFF")
	w.remove(task)
	if !w.cloud.Empty() {
		t.Errorf("left: %+v", w.cloud.Dump())
	}
}

func TestEmptying_RetentionPolicy_EndsWithIt(t *testing.T) {
	w := newFixture(t)
	task, owner := w.emptied()
	w.putMany(owner, 5)
	made, err := owner.InitiateBucketWorm(t.Context(), &sdk.InitiateBucketWormRequest{
		Bucket: &owner.bucket, InitiateWormConfiguration: &sdk.InitiateWormConfiguration{RetentionPeriodInDays: new(int32(2))},
	})
	w.must(err)
	_, err = owner.CompleteBucketWorm(t.Context(), &sdk.CompleteBucketWormRequest{Bucket: &owner.bucket, WormId: made.WormId})
	w.must(err)
	_, err = w.step(task)
	w.wantKind(err, providers.Policy)
	w.cloud.Clock().Advance(49 * time.Hour)
	w.remove(task)
}

// An application that goes on writing is told of, and the pace gets slow.
func TestEmptying_WriterGoesOn_SlowsDown(t *testing.T) {
	w := newFixture(t)
	task, owner := w.emptied()
	var err error
	for i := 0; err == nil; i++ {
		if i > 9 {
			t.Fatal("the bucket is emptied again and again at full pace")
		}
		w.must(owner.put(t.Context(), "again", ""))
		_, err = w.step(task)
	}
	w.wantKind(err, providers.Invalid)
	w.remove(task)
}

func TestEmptying_BucketDeletedMeanwhile_IsDone(t *testing.T) {
	w := newFixture(t)
	task, owner := w.emptied()
	w.putMany(owner, 3)
	seen := w.observe(task)
	other := *task
	w.remove(&other)
	step := w.provider.Next(*task, seen)
	if _, err := w.provider.Do(t.Context(), *task, step); err != nil {
		t.Errorf("%s of a bucket that was deleted: %v", step.Name, err)
	}
	w.remove(task)
}

// Another account's bucket of the same name is left alone, and the operator is told.
func TestDelete_ForeignBucketInItsPlace_IsLeftAlone(t *testing.T) {
	w := newFixture(t)
	task, owner := w.emptied()
	_, err := owner.DeleteBucket(t.Context(), &sdk.DeleteBucketRequest{Bucket: &owner.bucket})
	w.must(err)
	w.cloud.OSS().AddForeignBucket(owner.bucket, "2000000000000002")
	if _, err := w.provider.Observe(t.Context(), *task); !errors.Is(err, providers.ErrDenied) && !errors.Is(err, providers.ErrForeign) {
		t.Errorf("Observe returns %v, want a refusal", err)
	}
	if len(w.cloud.Dump().Buckets) != 1 {
		t.Error("the other account's bucket is gone")
	}
}

func TestEmptying_ManyUploads_AreAborted(t *testing.T) {
	w := newFixture(t)
	task, owner := w.emptied()
	for i := range 120 {
		w.must(owner.upload(t.Context(), "upload "+strconv.Itoa(i%50)))
	}
	w.cloud.Faults().Add(cloud.Fault{Action: "oss:AbortMultipartUpload", Effect: cloud.FailBefore, Code: "SlowDown", Skip: 10, Times: 1})
	w.remove(task)
	if f := task.Facts.Open; f["uploads_removed"] != "120" || !w.cloud.Empty() {
		t.Errorf("at the end: %v, %+v", f, w.cloud.Dump())
	}
}
