package oss_test

import (
	"errors"
	"strings"
	"testing"

	sdk "github.com/aliyun/alibabacloud-oss-go-sdk-v2/oss"

	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/emulator/cloud"
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/emulator/kms"
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/providers"
)

// uselessKeys are keys that encrypt no objects, by the reason.
func uselessKeys() map[string]kms.Keys {
	return map[string]kms.Keys{
		"missing":                 {},
		"of another region":       {{ID: "key-2", Region: "us-west-1"}},
		"disabled":                {{ID: "key-2", State: kms.Disabled}},
		"about to be deleted":     {{ID: "key-2", State: kms.PendingDeletion}},
		"without material":        {{ID: "key-2", State: kms.PendingImport}},
		"in a state of later KMS": {{ID: "key-2", State: "Updating"}},
		"for signatures":          {{ID: "key-2", Usage: "SIGN/VERIFY"}},
		"asymmetric":              {{ID: "key-2", Spec: "RSA_2048"}},
	}
}

// keys sets the keys of the account, with key-1 among them.
func (w *fixture) keys(more ...kms.Key) {
	w.cloud.KMS().Behave(func(b *kms.Behaviour) { b.Keys = append(kms.Keys{{ID: "key-1"}}, more...) })
}

// encrypted are parameters with a key.
func encrypted(key string) string {
	return `{"Encryption":{"SSEAlgorithm":"KMS","KMSMasterKeyID":"` + key + `"}}`
}

// mustFailForTheKey requires the user's failure that names the parameter.
func (w *fixture) mustFailForTheKey(task *providers.Task) {
	w.Helper()
	if step := w.mustEnd(task, providers.Fail); step.Kind != providers.Invalid || !strings.Contains(step.Text, "Encryption/KMSMasterKeyID") {
		w.Errorf("failed with %s %q", step.Kind, step.Text)
	}
}

// A create with such a key fails before anything is made.
func TestKMSKey_UselessAtCreation_MakesNothing(t *testing.T) {
	for reason, keys := range uselessKeys() {
		t.Run(reason, func(t *testing.T) {
			t.Parallel()
			w := newFixture(t)
			w.keys(keys...)
			task := w.instance(encrypted("key-2"))
			w.mustFailForTheKey(task)
			if calls := w.cloud.Calls("oss:PutBucket"); len(calls) > 0 {
				t.Error("a bucket was made")
			}
			w.remove(task)
			if !w.cloud.Empty() {
				t.Errorf("left: %+v", w.cloud.Dump())
			}
		})
	}
}

// An update to such a key fails before it changes anything, and the key of before stays
// in force.
func TestKMSKey_UselessInUpdate_KeepsTheOneOfBefore(t *testing.T) {
	for reason, keys := range uselessKeys() {
		t.Run(reason, func(t *testing.T) {
			t.Parallel()
			w := newFixture(t)
			w.keys(keys...)
			task := w.instance(encrypted("key-1"))
			w.make(task)
			w.update(task, strings.Replace(encrypted("key-2"), "{", `{"Versioning":"Enabled",`, 1))
			w.mustFailForTheKey(task)
			c, info := w.info(task)
			if got := sdk.ToString(info.SseRule.KMSMasterKeyID); got != "key-1" || sdk.ToString(info.Versioning) != "" {
				t.Errorf("the key is %q, versioning %q", got, sdk.ToString(info.Versioning))
			}
			w.must(c.put(t.Context(), "k", "v"))
			w.must(c.delete(t.Context(), "k"))
			w.remove(task)
			if !w.cloud.Empty() {
				t.Errorf("left: %+v", w.cloud.Dump())
			}
		})
	}
}

// The key of an instance is looked at once for a create and for an update that changes
// it, and for nothing else.
func TestKMSKey_LookedAt_OnlyWhereItChanges(t *testing.T) {
	w := newFixture(t)
	w.keys(kms.Key{ID: "key-2", Instance: "kst-1"})
	task := w.instance(encrypted("key-1"))
	looks := func(want int, when string) {
		t.Helper()
		if got := len(w.cloud.Calls("DescribeKey")); got != want {
			t.Errorf("%s: %d looks at keys, want %d", when, got, want)
		}
	}
	w.make(task)
	looks(1, "created")
	w.make(task)
	w.update(task, strings.Replace(encrypted("key-1"), "{", `{"Versioning":"Enabled",`, 1))
	w.make(task)
	looks(1, "another option updated")
	w.update(task, encrypted("key-2"))
	w.make(task)
	looks(2, "key of a KMS instance")
	w.keys() // key-2 is deleted
	w.update(task, `{"Encryption":{"SSEAlgorithm":"AES256"}}`)
	w.make(task)
	w.update(task, "")
	w.make(task)
	w.remove(task)
	w.make(w.instance(`{"Encryption":{"SSEAlgorithm":"KMS"}}`))
	looks(2, "no key, and the removal")
}

// The region of the bucket is where its key is looked for.
func TestKMSKey_OfTheBucketsRegion_IsTheOneLookedAt(t *testing.T) {
	w := newFixture(t)
	w.cloud.KMS().Behave(func(b *kms.Behaviour) { b.Keys = kms.Keys{{ID: "key-1", Region: "us-west-1"}} })
	w.make(w.instance(strings.Replace(encrypted("key-1"), "{", `{"Region":"us-west-1",`, 1)))
}

// A broker that may not look waits for its operator, with a sentence that names the
// permission, makes nothing until then, and goes on afterwards.
func TestKMSKey_Denied_WaitsForTheOperator(t *testing.T) {
	for _, code := range []string{"Forbidden.NoPermission", "Forbidden.KmsServiceNotEnabled"} {
		t.Run(code, func(t *testing.T) {
			w := newFixture(t)
			task := w.instance(encrypted("key-1"))
			w.cloud.Faults().Add(cloud.Fault{Action: "DescribeKey", Effect: cloud.FailBefore, Code: code})
			_, err := w.provider.Observe(t.Context(), *task)
			if providers.ClassOf(err) != providers.Operator || !strings.Contains(providers.Sentence(err), "kms:DescribeKey") {
				t.Fatalf("class %s, %q of %v", providers.ClassOf(err), providers.Sentence(err), err)
			}
			if !w.cloud.Empty() {
				t.Errorf("made: %+v", w.cloud.Dump())
			}
			w.cloud.Faults().Clear()
			w.make(task)
		})
	}
}

// A user's own key looks at the KMS key; where it may not, that is the user's to
// solve.
func TestKMSKey_UsersAccessKey_LooksItself(t *testing.T) {
	w := newFixture(t)
	const own = "LTAIuserkeyuserkey"
	w.cloud.RAM().AddAccountKey(own, "user-secret")
	task := w.instance(strings.Replace(encrypted("key-1"), "{", `{"AccessKeyId":"`+own+`","AccessKeySecret":"user-secret",`, 1))
	w.cloud.Faults().Add(cloud.Fault{Action: "DescribeKey", Effect: cloud.FailBefore, Code: "Forbidden.NoPermission", Times: 1})
	_, err := w.provider.Observe(t.Context(), *task)
	if providers.ClassOf(err) != providers.User || !strings.Contains(providers.Sentence(err), "kms:DescribeKey") {
		t.Errorf("class %s, %q of %v", providers.ClassOf(err), providers.Sentence(err), err)
	}
	w.make(task)
	for _, call := range w.cloud.Calls("DescribeKey") {
		if call.AccessKeyID != own {
			t.Errorf("the look was signed by %s", call.AccessKeyID)
		}
	}
}

// A key that the plan sets is the operator's to correct.
func TestKMSKey_OfThePlan_IsTheOperatorsToCorrect(t *testing.T) {
	w := newFixture(t)
	w.keys()
	task := w.life(providers.Instance)
	task.Deletion = providers.Refuse
	task.Settings = []byte(`{"acl":"private","storageClass":"Standard","encryption":{"SSEAlgorithm":"KMS","KMSMasterKeyID":"key-2"}}`)
	w.prepare(task)
	if step := w.mustEnd(task, providers.Fail); step.Kind != providers.Broken || !strings.Contains(step.Text, "operator") {
		t.Errorf("failed with %s %q", step.Kind, step.Text)
	}
	if !w.cloud.Empty() {
		t.Errorf("left: %+v", w.cloud.Dump())
	}
}

// A look that is lost, throttled or fails is repeated, at creation and in an update.
func TestKMSKey_FaultAtTheLook_IsRepeated(t *testing.T) {
	faults := map[string]cloud.Fault{"throttled": {Effect: cloud.FailBefore, Code: "Throttling.User"}}
	for name, effect := range effects() {
		faults[name] = cloud.Fault{Effect: effect, Code: "InternalFailure"}
	}
	for name, fault := range faults {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newFixture(t)
			fault.Action, fault.Times = "DescribeKey", 2
			w.cloud.Faults().Add(fault)
			task := w.instance(encrypted("key-1"))
			if _, err := w.provider.Observe(t.Context(), *task); err == nil || providers.ClassOf(err) != providers.Transient || errors.Is(err, providers.ErrOutcomeUnknown) {
				t.Errorf("class %s of %v", providers.ClassOf(err), err)
			}
			w.make(task)
			w.cloud.Faults().Add(fault)
			w.update(task, encrypted("key-2"))
			w.make(task)
			if _, info := w.info(task); sdk.ToString(info.SseRule.KMSMasterKeyID) != "key-2" {
				t.Errorf("the key is %s", sdk.ToString(info.SseRule.KMSMasterKeyID))
			}
			if _, more := w.cloud.Faults().Take("DescribeKey"); more {
				t.Error("the update made no look")
			}
		})
	}
}
