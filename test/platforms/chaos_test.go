package platforms_test

import (
	"time"

	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/emulator/cloud"
)

// chaos lets one thing go wrong.
func (w *scenario) chaos() {
	switch n := w.pick(100); {
	case n < 30:
		w.crash()
	case n < 45:
		w.storeDies()
	case n < 55:
		w.storeHiccups()
	case n < 80:
		w.fault()
	default:
		w.refuse()
	}
}

// during runs an action that keeps the broker from answering well.
func (w *scenario) during(what string, trouble func()) {
	w.mu.Lock()
	w.trouble++
	w.troubles++
	w.tally[what]++
	w.notef("--- %s", what)
	w.mu.Unlock()
	trouble()
	w.mu.Lock()
	w.trouble--
	w.notef("--- end of %s", what)
	w.mu.Unlock()
}

// crash kills the process and starts it again a little later.
func (w *scenario) crash() {
	w.during("crash", func() {
		w.Crash()
		w.pass(time.Duration(w.pick(30)) * time.Millisecond)
		w.Restart()
	})
}

// storeDies kills the process at one of its next writes.
func (w *scenario) storeDies() {
	w.during("death at a write", func() {
		w.failWrite(6)
		w.Crash()
		w.Restart()
	})
}

// storeHiccups lets writes fail for a while; the process lives.
func (w *scenario) storeHiccups() {
	w.during("failing writes", func() {
		w.failWrite(4)
		w.pass(time.Duration(w.pick(10)) * time.Millisecond)
		w.Faulty().Revive()
	})
}

// failWrite lets one of the next few writes fail and waits for it, if it comes.
func (w *scenario) failWrite(few int) {
	f := w.Faulty()
	f.FailWrite(1+w.pick(few), w.chance(50))
	for range 30 {
		if f.Dead() {
			return
		}
		w.pass(time.Millisecond)
	}
}

// fault lets some of the next calls of the cloud fail in a way that passes.
func (w *scenario) fault() {
	actions := []string{
		"*", "*", "*", "CreateDBInstance", "DescribeDBInstances", "DescribeDBInstanceAttribute", "DeleteDBInstance", "ModifyDBInstanceSpec",
		"CreateDatabase", "ModifySecurityIps", "CreateAccount", "DescribeAccounts", "GrantAccountPrivilege", "DeleteAccount",
		"oss:PutBucket", "oss:DeleteBucket", "oss:PutBucketTags", "oss:GetBucketTags", "oss:PutBucketAcl", "oss:GetBucketInfo",
		"CreateUser", "CreatePolicy", "AttachPolicyToUser", "CreateAccessKey", "DeleteAccessKey", "DeleteUser", "GetCallerIdentity",
	}
	faults := []cloud.Fault{
		{Effect: cloud.FailBefore, Code: "Throttling.User", Status: 400},
		{Effect: cloud.FailBefore, Code: "ServiceUnavailable", Status: 503},
		{Effect: cloud.FailBefore, Code: "InternalError", Status: 500},
		{Effect: cloud.FailAfter, Code: "InternalError", Status: 500},
		{Effect: cloud.FailAfter, Code: "ServiceUnavailable", Status: 503},
		{Effect: cloud.DropBefore},
		{Effect: cloud.DropAfter},
		{Effect: cloud.DropAfter},
		{Effect: cloud.FailBefore, Code: "Forbidden.RAM", Status: 403},
		{Effect: cloud.Hang},
	}
	f := faults[w.pick(len(faults))]
	f.Action, f.Times = actions[w.pick(len(actions))], 1+w.pick(3)
	if f.Code == "Forbidden.RAM" {
		denied := []string{"CreateDBInstance", "DescribeDBInstances", "CreateAccount", "oss:GetBucketInfo", "oss:PutBucket", "oss:DeleteBucket", "CreateUser", "DeleteUser"}
		f.Action = denied[w.pick(len(denied))]
	}
	w.mu.Lock()
	w.tally[f.Effect.String()]++
	w.notef("--- the next %d calls of %s: %s %s", f.Times, f.Action, f.Effect, f.Code)
	w.mu.Unlock()
	w.Cloud().Faults().Add(f)
	if f.Effect == cloud.Hang {
		w.pass(time.Duration(w.pick(20)) * time.Millisecond)
		w.Cloud().Faults().Clear()
	}
}

// refuse lets the cloud refuse an instance or binding for good, once: before there
// is anything, or half-way.
func (w *scenario) refuse() {
	refusals := []struct{ action, code string }{
		{"CreateDBInstance", "InsufficientResourceCapacity"},
		{"CreateDatabase", "DBLimitExceeded"},
		{"CreateAccount", "InvalidAccountName.Format"},
		{"GrantAccountPrivilege", "InvalidAccountPrivilege.Format"},
		{"CreatePolicy", "MalformedPolicyDocument"},
	}
	r := refusals[w.pick(len(refusals))]
	w.mu.Lock()
	w.refusals = true
	w.tally["refusal"]++
	w.notef("--- the next %s is refused for good: %s", r.action, r.code)
	w.mu.Unlock()
	w.Cloud().Fail(r.action, r.code, 1)
}
