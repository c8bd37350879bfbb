package oss_test

import (
	"strings"
	"testing"
	"time"

	sdk "github.com/aliyun/alibabacloud-oss-go-sdk-v2/oss"

	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/emulator/cloud"
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/emulator/ram"
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/providers"
)

// late makes new keys and policies count after a while.
func (w *fixture) late(key, policy time.Duration) {
	w.cloud.RAM().Behave(func(b *ram.Behaviour) { b.KeyLag, b.PolicyLag = key, policy })
}

// The first call of an application works, whatever comes late: the broker has waited
// for it.
func TestFreshKey_LateKeyOrPolicy_IsHandedOutWorking(t *testing.T) {
	for name, lags := range map[string][2]time.Duration{
		"none": {}, "the key": {time.Minute, 0}, "the policy": {0, time.Minute}, "both": {20 * time.Second, 30 * time.Second},
	} {
		for access, use := range map[string]func(a app) error{
			"readwrite": func(a app) error { _, err := a.list(t.Context()); return err },
			"readonly":  func(a app) error { _, err := a.list(t.Context()); return err },
			"writeonly": func(a app) error { return a.put(t.Context(), "o", "") },
		} {
			t.Run(name+" with "+access, func(t *testing.T) {
				w := newFixture(t)
				instance := w.instance("")
				w.make(instance)
				w.late(lags[0], lags[1])
				binding := w.bindingWith(instance, `{"Access":"`+access+`"}`)
				given := w.make(binding)
				w.must(use(open(given)))
				if got := binding.Facts.Open["key_check"]; got != "taken: "+given["access_key_id"] {
					t.Errorf("operators see the check as %q", got)
				}
				before := len(w.cloud.Calls("GetBucketInfo"))
				w.make(binding)
				if after := len(w.cloud.Calls("GetBucketInfo")); after != before {
					t.Error("a key that was taken is tried again")
				}
				w.remove(binding)
				if d := w.cloud.Dump(); len(d.Users)+len(d.Keys)+len(d.Policies) != 0 {
					t.Errorf("left: %+v", d)
				}
			})
		}
	}
}

// A key that the service refuses is never handed out. The operator sees why.
func TestFreshKey_RefusedForGood_IsNeverHandedOut(t *testing.T) {
	w := newFixture(t)
	instance := w.instance("")
	w.make(instance)
	w.late(0, 24*time.Hour)
	binding := w.binding(instance)
	var step providers.Step
	for range 20 {
		seen := w.observe(binding)
		binding.Facts = binding.Facts.Merge(seen.Facts)
		if step = w.provider.Next(*binding, seen); step.Action == providers.Call {
			made, err := w.provider.Do(t.Context(), *binding, step)
			w.must(err)
			binding.Facts = binding.Facts.Merge(made)
		}
		w.cloud.Clock().Advance(time.Minute)
	}
	if step.Action != providers.Wait || step.Name != "key-taken" || step.Credentials != nil {
		t.Errorf("after 20 minutes: %s %s with %d credentials", step.Action, step.Name, len(step.Credentials))
	}
	if got := binding.Facts.Open["key_check"]; got != "refused: AccessDenied" {
		t.Errorf("operators see the check as %q", got)
	}
	w.remove(binding)
	if d := w.cloud.Dump(); len(d.Users)+len(d.Keys)+len(d.Policies) != 0 {
		t.Errorf("left: %+v", d)
	}
}

// Another answer than a refusal of the key says nothing of the key.
func TestFreshKey_CloudAway_IsTriedAgain(t *testing.T) {
	w := newFixture(t)
	instance := w.instance("")
	w.make(instance)
	binding := w.binding(instance)
	w.make(binding)
	delete(binding.Facts.Open, "key_check")
	w.cloud.Faults().Add(cloud.Fault{Action: "oss:GetBucketInfo", Effect: cloud.DropBefore, Times: 1})
	if _, err := w.provider.Observe(t.Context(), *binding); err == nil {
		t.Error("a look without an answer counts as one")
	}
	w.must(open(w.make(binding)).put(t.Context(), "o", ""))
}

// A bucket that people deleted fails a bind with a sentence, before and after the user
// is there; bindings that exist are removed as ever.
func TestBinding_BucketDeletedByHand_FailsAndUnbinds(t *testing.T) {
	for _, acl := range []string{"private", "public-read"} {
		t.Run(acl, func(t *testing.T) {
			w := newFixture(t)
			instance := w.instance(`{"Acl":"` + acl + `"}`)
			w.make(instance)
			bound, late := w.binding(instance), w.binding(instance)
			w.make(bound)
			w.make(late)
			delete(late.Facts.Open, "key_check")
			bucket := w.bucket(instance)
			_, err := w.owner(bucket).DeleteBucket(t.Context(), &sdk.DeleteBucketRequest{Bucket: &bucket})
			w.must(err)
			for _, binding := range []*providers.Task{late, w.binding(instance)} {
				step := w.drive(binding)
				if step.Action != providers.Fail || step.Kind != providers.Invalid || !strings.Contains(step.Text, "Delete the instance") {
					t.Errorf("a bind ends in %s %s %q", step.Action, step.Kind, step.Text)
				}
				w.remove(binding)
			}
			w.remove(bound)
			w.remove(instance)
			if !w.cloud.Empty() {
				t.Errorf("left: %+v", w.cloud.Dump())
			}
		})
	}
}

// A user, its policy or its key that people removed is no hindrance to the unbind.
func TestUnbind_PartsRemovedByHand_LeavesNothing(t *testing.T) {
	for _, steps := range [][]string{
		{"delete-key"}, {"detach"}, {"detach", "delete-policy"}, {"delete-key", "detach", "delete-user"},
		{"delete-key", "detach", "delete-policy", "delete-user"},
	} {
		t.Run(strings.Join(steps, " "), func(t *testing.T) {
			w := newFixture(t)
			instance := w.instance("")
			w.make(instance)
			binding := w.binding(instance)
			w.make(binding)
			for _, step := range steps {
				_, err := w.provider.Do(t.Context(), *binding, providers.CallStep(step, namesOf(t, binding)))
				w.must(err)
			}
			w.remove(binding)
			if d := w.cloud.Dump(); len(d.Users)+len(d.Keys)+len(d.Policies) != 0 {
				t.Errorf("left: %+v", d)
			}
		})
	}
}
