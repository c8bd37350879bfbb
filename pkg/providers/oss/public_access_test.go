package oss_test

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"strings"
	"testing"

	sdk "github.com/aliyun/alibabacloud-oss-go-sdk-v2/oss"

	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/emulator"
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/emulator/cloud"
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/emulator/emulatortest"
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/providers"
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/providers/oss"
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/providers/providertest"
)

// newOpenFixture is newFixture in a cloud that takes public ACLs for new buckets.
func newOpenFixture(t *testing.T) *fixture {
	t.Helper()
	server := emulatortest.New(t, emulatortest.WithConfig(func(c *emulator.Config) { c.PublicBuckets = true }))
	return &fixture{T: t, cloud: server, provider: providertest.NewProvider(t, server, oss.Descriptor())}
}

// publish puts an object that everybody may read.
func (a app) publish(ctx context.Context, name string) error {
	_, err := a.PutObject(ctx, &sdk.PutObjectRequest{Bucket: &a.bucket, Key: &name, Acl: sdk.ObjectACLPublicRead, Body: strings.NewReader("secret")})
	return err
}

// anonymous returns the status of reading an object without a key.
func (w *fixture) anonymous(bucket, name string) int {
	w.Helper()
	request, err := http.NewRequestWithContext(w.Context(), http.MethodGet, w.cloud.URL()+"/"+bucket+"/"+name, http.NoBody)
	w.must(err)
	response, err := http.DefaultClient.Do(request)
	w.must(err)
	w.must(response.Body.Close())
	return response.StatusCode
}

// isBlocked reports whether the one bucket blocks public access.
func (w *fixture) isBlocked() bool {
	w.Helper()
	buckets := w.cloud.Dump().Buckets
	if len(buckets) != 1 {
		w.Fatalf("buckets: %+v", buckets)
	}
	return buckets[0].Blocked
}

// ofBefore makes the plan of a task one of before: without a word on public access.
func (w *fixture) ofBefore(t *providers.Task) {
	w.Helper()
	plan := strings.Replace(strings.Replace(string(t.Plan), `,"guarded":true`, "", 1), `"guarded":true,`, "", 1)
	if plan == string(t.Plan) {
		w.Fatalf("the plan says nothing on public access: %d bytes", len(plan))
	}
	t.Plan = providers.Plan(plan)
}

func (w *fixture) update(t *providers.Task, parameters string) *providers.Task {
	w.Helper()
	t.Was = &providers.Was{Settings: t.Settings, Parameters: t.Parameters}
	t.Parameters = json.RawMessage(parameters)
	return w.prepare(t)
}

// A bound key may put objects, and x-oss-object-acl would publish one.
func TestBinding_ObjectOfPrivatePlan_StaysPrivate(t *testing.T) {
	for name, prepare := range map[string]func(*fixture, *providers.Task){
		"a new instance":        func(w *fixture, i *providers.Task) { w.make(i) },
		"an instance of before": func(w *fixture, i *providers.Task) { w.ofBefore(i); w.make(i) },
		"private again": func(w *fixture, i *providers.Task) {
			w.make(i)
			w.make(w.update(i, `{"Acl":"public-read"}`))
			w.make(w.update(i, `{"Acl":"private"}`))
		},
		"unblocked by hand": func(w *fixture, i *providers.Task) {
			w.make(i)
			_, err := w.owner(w.bucket(i)).PutBucketPublicAccessBlock(w.Context(), &sdk.PutBucketPublicAccessBlockRequest{
				Bucket: new(w.bucket(i)), PublicAccessBlockConfiguration: &sdk.PublicAccessBlockConfiguration{BlockPublicAccess: new(false)},
			})
			w.must(err)
		},
	} {
		t.Run(name, func(t *testing.T) {
			w := newOpenFixture(t)
			instance := w.instance("")
			prepare(w, instance)
			given := open(w.make(w.binding(instance)))
			w.refused("publish an object", given.publish(t.Context(), "o"), "AccessDenied")
			w.must(given.put(t.Context(), "o", "secret"))
			if status := w.anonymous(given.bucket, "o"); status != http.StatusForbidden {
				t.Errorf("an object is read without a key: %d", status)
			}
			if !w.isBlocked() {
				t.Error("public access is not blocked")
			}
		})
	}
}

// An operation that was begun by an earlier broker has the calls of then.
func TestBind_PlanOfBefore_MakesTheCallsOfBefore(t *testing.T) {
	w := newOpenFixture(t)
	instance := w.instance("")
	w.ofBefore(instance)
	w.make(instance)
	binding := w.binding(instance)
	w.ofBefore(binding)
	w.make(binding)
	if calls := w.cloud.Calls("oss:PutBucketPublicAccessBlock"); len(calls) > 0 || w.isBlocked() {
		t.Errorf("public access was blocked by %d calls", len(calls))
	}
}

func TestUpdate_PublicACL_LiftsTheBlockAndBack(t *testing.T) {
	w := newFixture(t)
	instance := w.instance("")
	w.make(instance)
	bucket := w.bucket(instance)
	w.must(w.owner(bucket).put(t.Context(), "o", "data"))
	for _, step := range []struct {
		acl    string
		status int
	}{{"public-read", http.StatusOK}, {"private", http.StatusForbidden}, {"public-read-write", http.StatusOK}} {
		w.make(w.update(instance, `{"Acl":"`+step.acl+`"}`))
		if status := w.anonymous(bucket, "o"); status != step.status || w.isBlocked() != (step.acl == "private") {
			t.Errorf("with the ACL %s an object is answered %d, and the bucket is blocked: %v", step.acl, status, w.isBlocked())
		}
	}
	if facts := instance.Facts.Open["public_access"]; facts != "allowed" {
		t.Errorf("the fact is %q", facts)
	}
}

// Where the account blocks public access, a public ACL is the user's mistake, and
// the bucket is blocked as before.
func TestUpdate_PublicACLOfBlockedAccount_FailsAndBlocks(t *testing.T) {
	w := newFixture(t)
	instance := w.instance("")
	w.make(instance)
	w.cloud.OSS().BlockAccount(w.cloud.AccountID(), true)
	step := w.mustEnd(w.update(instance, `{"Acl":"public-read"}`), providers.Fail)
	if step.Kind != providers.Invalid || !strings.Contains(step.Text, "Acl") || !w.isBlocked() {
		t.Errorf("the update ends with %s %q, and the bucket is blocked: %v", step.Kind, step.Text, w.isBlocked())
	}
	public := w.instance(`{"Acl":"public-read"}`)
	if step := w.mustEnd(public, providers.Fail); step.Kind != providers.Invalid {
		t.Errorf("the create ends with %s %q", step.Kind, step.Text)
	}
	w.remove(public)
}

// A public bucket of an operation that was begun before is refused at once.
func TestCreate_PublicBucketOfBefore_IsTheUsersFailure(t *testing.T) {
	w := newFixture(t)
	public := w.instance(`{"Acl":"public-read"}`)
	w.ofBefore(public)
	if step := w.mustEnd(public, providers.Fail); step.Kind != providers.Invalid {
		t.Errorf("the create ends with %s %q", step.Kind, step.Text)
	}
}

// The user's own key may not block public access: the work goes on, and operators
// see it.
func TestBlock_UsersKeyMayNot_WorkGoesOn(t *testing.T) {
	w := newOpenFixture(t)
	const own = "LTAIuserkeyuserkey"
	w.cloud.RAM().AddForeignKey(own, "user-secret", "2000000000000002")
	w.cloud.Faults().Add(cloud.Fault{Action: "oss:PutBucketPublicAccessBlock", Status: http.StatusForbidden, Code: "AccessDenied"})
	instance := w.instance(`{"AccessKeyId":"` + own + `","AccessKeySecret":"user-secret"}`)
	w.make(instance)
	if fact := instance.Facts.Open["public_access"]; !strings.HasPrefix(fact, "not blocked") {
		t.Errorf("the instance's fact is %q", fact)
	}
}

func TestBlock_UsersKeyMayNot_BindGoesOn(t *testing.T) {
	w := newOpenFixture(t)
	const own = "LTAIuserkeyuserkey"
	w.cloud.RAM().AddAccountKey(own, "user-secret")
	instance := w.instance(`{"AccessKeyId":"` + own + `","AccessKeySecret":"user-secret"}`)
	w.ofBefore(instance)
	w.make(instance)
	// The user's key may not, and the broker's own neither: here the bucket is
	// known as another account's.
	instance.Facts.Open["bucket_owner"] = "2000000000000002"
	w.cloud.Faults().Add(cloud.Fault{Action: "oss:PutBucketPublicAccessBlock", Status: http.StatusForbidden, Code: "AccessDenied"})
	binding := w.binding(instance)
	w.must(open(w.make(binding)).put(t.Context(), "o", "data"))
	if fact := binding.Facts.Open["public_access"]; !strings.HasPrefix(fact, "not blocked") {
		t.Errorf("the binding's fact is %q", fact)
	}
}

// Where the user's key may not, and the account is the broker's own, the broker
// blocks it.
func TestBlock_UsersKeyMayNot_BrokerDoes(t *testing.T) {
	w := newOpenFixture(t)
	const own = "LTAIuserkeyuserkey"
	w.cloud.RAM().AddAccountKey(own, "user-secret")
	instance := w.instance(`{"AccessKeyId":"` + own + `","AccessKeySecret":"user-secret"}`)
	w.ofBefore(instance)
	w.make(instance)
	w.cloud.RAM().RemoveAccountKey(own)
	binding := w.binding(instance)
	w.make(binding)
	if fact := binding.Facts.Open["public_access"]; fact != "blocked" || !w.isBlocked() {
		t.Errorf("the binding's fact is %q, and the bucket is blocked: %v", fact, w.isBlocked())
	}
}

// The broker's own credentials lack the permission: the operator's matter.
func TestBlock_BrokerMayNot_IsTheOperators(t *testing.T) {
	w := newOpenFixture(t)
	instance := w.instance("")
	w.ofBefore(instance)
	w.make(instance)
	w.cloud.Fail("oss:PutBucketPublicAccessBlock", "AccessDenied", 0)
	binding := w.binding(instance)
	step := w.provider.Next(*binding, w.observe(binding))
	if step.Name != "block-public-access" {
		t.Fatalf("the first step of the bind is %s", step.Name)
	}
	if _, err := w.provider.Do(t.Context(), *binding, step); !errors.Is(err, providers.ErrDenied) || providers.ClassOf(err) != providers.Operator {
		t.Errorf("the call ends with %v, want %v", err, providers.ErrDenied)
	}
}

// People may change the block at the console: an update decides by what OSS tells.
func TestUpdate_BlockOfTheConsole_DoesNotCount(t *testing.T) {
	for name, c := range map[string]struct{ first, then string }{
		"lifted":  {`{"Acl":"private"}`, `{"Acl":"private","Tags":{"team":"a"}}`},
		"blocked": {`{"Acl":"public-read"}`, `{"Acl":"public-read-write"}`},
	} {
		t.Run(name, func(t *testing.T) {
			w := newOpenFixture(t)
			instance := w.instance(c.first)
			w.make(instance)
			if name == "blocked" { // the broker itself lifts a block first
				w.make(w.update(instance, `{"Acl":"private"}`))
				w.make(w.update(instance, c.first))
			}
			bucket := w.bucket(instance)
			_, err := w.owner(bucket).PutBucketPublicAccessBlock(t.Context(), &sdk.PutBucketPublicAccessBlockRequest{
				Bucket: &bucket, PublicAccessBlockConfiguration: &sdk.PublicAccessBlockConfiguration{BlockPublicAccess: new(!w.isBlocked())},
			})
			w.must(err)
			w.make(w.update(instance, c.then))
			if w.isBlocked() != (name == "lifted") {
				t.Errorf("the bucket is blocked: %v", w.isBlocked())
			}
		})
	}
}
