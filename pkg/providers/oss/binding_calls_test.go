package oss_test

import (
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	sdk "github.com/aliyun/alibabacloud-oss-go-sdk-v2/oss"

	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/emulator/cloud"
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/providers"
)

// since returns the actions of the calls from the n-th one, without the ones that
// are asked for once.
func (w *fixture) since(first int) []string {
	var actions []string
	for _, call := range w.cloud.Calls("")[first:] {
		if call.Action != "GetCallerIdentity" {
			actions = append(actions, strings.TrimPrefix(call.Action, "oss:"))
		}
	}
	return actions
}

// plainBind are the calls of a bind that nothing disturbs.
func plainBind() []string {
	return []string{"CreateUser", "CreatePolicy", "AttachPolicyToUser", "CreateAccessKey", "ListAccessKeys", "GetBucketInfo"}
}

// looks are the calls that look at a user.
func looks() []string {
	return []string{"GetUser", "GetPolicy", "ListPoliciesForUser", "ListAccessKeys"}
}

// A key that counts late costs looks at keys alone, for the first minute.
func TestBind_LateKey_LooksAtKeysAlone(t *testing.T) {
	w := newFixture(t)
	instance := w.instance("")
	w.make(instance)
	w.late(20*time.Second, 0)
	first := len(w.cloud.Calls(""))
	w.make(w.binding(instance))
	for _, call := range w.since(first) {
		if !slices.Contains(plainBind(), call) {
			t.Errorf("a key that is late by seconds costs a %s", call)
		}
	}
	w.late(2*time.Minute, 0)
	first = len(w.cloud.Calls(""))
	w.make(w.binding(instance))
	for _, look := range looks() {
		if !slices.Contains(w.since(first), look) {
			t.Errorf("a key that is late by minutes is not looked at by %s", look)
		}
	}
}

// A lost answer, and an answer of a RAM that does not know yet what it has just made,
// bring all looks back, and one user with one key comes of it.
func TestBind_DisturbedCall_IsLookedAt(t *testing.T) {
	for at, action := range plainBind()[:4] {
		for name, fault := range map[string]cloud.Fault{
			"lost":    {Action: action, Effect: cloud.DropAfter, Times: 1},
			"dropped": {Action: action, Effect: cloud.DropBefore, Times: 1},
			"unknown": {Action: action, Status: http.StatusNotFound, Code: "EntityNotExist.User", Times: 1},
		} {
			t.Run(action+" "+name, func(t *testing.T) {
				w := newFixture(t)
				instance := w.instance("")
				w.make(instance)
				w.cloud.Faults().Add(fault)
				first := len(w.cloud.Calls(""))
				binding := w.binding(instance)
				w.must(open(w.make(binding)).put(t.Context(), "o", ""))
				for _, look := range looks() {
					if !slices.Contains(w.since(first), look) {
						t.Errorf("%s does not follow", look)
					}
				}
				if d := w.cloud.Dump(); len(d.Users) != 1 || len(d.Keys) != 1 || len(d.Policies) != 1 {
					t.Errorf("after the fault of call %d: %d users, %d keys, %d policies", at+1, len(d.Users), len(d.Keys), len(d.Policies))
				}
			})
		}
	}
}

// The look with the new key finds a bucket that was opened by hand: it is blocked before
// the key is handed out, and a crash in between leaves the check undone.
func TestBind_OpenedBucket_IsBlockedBeforeTheKeyIsOut(t *testing.T) {
	w := newOpenFixture(t)
	instance := w.instance("")
	w.make(instance)
	bucket := w.bucket(instance)
	_, err := w.owner(bucket).PutBucketPublicAccessBlock(t.Context(), &sdk.PutBucketPublicAccessBlockRequest{
		Bucket: &bucket, PublicAccessBlockConfiguration: &sdk.PublicAccessBlockConfiguration{BlockPublicAccess: new(false)},
	})
	w.must(err)
	binding := w.binding(instance)
	w.cloud.Faults().Add(cloud.Fault{Action: "oss:PutBucketPublicAccessBlock", Effect: cloud.DropBefore, Times: 1})
	first := len(w.cloud.Calls(""))
	w.make(binding)
	calls := w.since(first)
	if n := slices.Index(calls, "PutBucketPublicAccessBlock"); n < slices.Index(calls, "CreateAccessKey") || calls[len(calls)-1] != "GetBucketInfo" || !w.isBlocked() {
		t.Errorf("calls %v, and the bucket is blocked: %v", calls, w.isBlocked())
	}
	if check := binding.Facts.Open["key_check"]; !strings.HasPrefix(check, "taken: ") {
		t.Errorf("the check is %q", check)
	}
}

// A look with the key that finds the bucket open leaves no fact of a taken key: the
// next process would hand the key out otherwise.
func TestBind_OpenedBucket_LeavesTheCheckUndone(t *testing.T) {
	w := newOpenFixture(t)
	instance := w.instance("")
	w.make(instance)
	binding := w.binding(instance)
	w.make(binding)
	delete(binding.Facts.Open, "key_check")
	bucket := w.bucket(instance)
	_, err := w.owner(bucket).PutBucketPublicAccessBlock(t.Context(), &sdk.PutBucketPublicAccessBlockRequest{
		Bucket: &bucket, PublicAccessBlockConfiguration: &sdk.PublicAccessBlockConfiguration{BlockPublicAccess: new(false)},
	})
	w.must(err)
	seen := w.observe(binding)
	if check := seen.Facts.Open["key_check"]; check != "" {
		t.Errorf("the look gives the fact %q", check)
	}
	if step := w.provider.Next(*binding, seen); step.Action != providers.Call || step.Name != "block-public-access" {
		t.Errorf("the next step is %s %s", step.Action, step.Name)
	}
}
