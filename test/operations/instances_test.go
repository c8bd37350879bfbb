package operations_test

import (
	"errors"
	"testing"
	"time"

	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/osb"
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/osb/osbtest"
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/providers"
)

func TestProvision_Fast_IsAnsweredWhenDone(t *testing.T) {
	osbtest.Proves(t, "PROV-08", "PROV-10", "ASY-04", "ASY-05", "DEP-01", "DEP-04", "DEP-06")
	inBubble(t, func(w *harness) {
		w.want("provision", w.provision("i", body("fast", "")), 201)
		w.want("the same again", w.provision("i", body("fast", "null")), 200)
		w.want("the same with an empty object", w.provision("i", body("fast", "{}")), 200)
		w.want("deprovision", w.deprovision("i", "fast"), 200)
		w.want("deprovision again", w.deprovision("i", "fast"), 410)
		w.nothingLeft()
	})
}

func TestProvision_Slow_IsPolledToItsEnd(t *testing.T) {
	osbtest.Proves(t, "ASY-02", "ASY-06", "CON-03", "PROV-09", "PROV-11", "PROV-01", "LO-01", "LO-04")
	inBubble(t, func(w *harness) {
		first := w.provision("i", body("slow", `{"Colour":"red"}`))
		again := w.provision("i", body("slow", `{"Colour":"red"}`))
		if w.operation(first) != w.operation(again) {
			t.Errorf("a re-send got operation %s, want the first one, %s", w.operation(again), w.operation(first))
		}
		w.want("another colour", w.provision("i", body("slow", `{"Colour":"blue"}`)), 409)
		if op := w.finally("i", "", first); op.State != osb.Succeeded {
			t.Errorf("ended %s: %s", op.State, op.Description)
		}
		if n := w.cloud.count("create"); n != 1 {
			t.Errorf("%d creates, want 1", n)
		}
		w.want("the same when done", w.provision("i", body("slow", `{"Colour":"red"}`)), 200)
	})
}

func TestProvision_BadRequests_AreRefused(t *testing.T) {
	osbtest.Proves(t, "PROV-02", "PROV-03", "PROV-04", "PROV-06", "PROV-07", "PROV-13", "ERR-01", "ERR-05", "URL-05")
	inBubble(t, func(w *harness) {
		cases := map[string]struct {
			body   string
			status int
		}{
			"MalformedTypes":     {`{"service_id":1}`, 400},
			"MissingPlan":        {`{"service_id":"fast-id","organization_guid":"o","space_guid":"s"}`, 400},
			"MissingSpace":       {`{"service_id":"fast-id","plan_id":"fast-plan","organization_guid":"o"}`, 400},
			"UnknownService":     {`{"service_id":"x","plan_id":"fast-plan","organization_guid":"o","space_guid":"s"}`, 400},
			"PlanOfAnother":      {`{"service_id":"fast-id","plan_id":"slow-plan","organization_guid":"o","space_guid":"s"}`, 400},
			"UnknownParameter":   {body("fast", `{"Color":"red"}`), 400},
			"WrongType":          {body("fast", `{"Colour":7}`), 400},
			"RefusedByProvider":  {body("fast", `{"Colour":"impossible"}`), 400},
			"MaintenanceVersion": {`{"service_id":"fast-id","plan_id":"fast-plan","organization_guid":"o","space_guid":"s","maintenance_info":{"version":"9.0.0"}}`, 422},
		}
		for name, tc := range cases {
			got := w.provision("i", tc.body)
			if got.status != tc.status || got.err == nil || got.err.Description == "" {
				t.Errorf("%s: answered %d %v, want %d with a description", name, got.status, got.err, tc.status)
			}
		}
		w.want("poll", w.poll("i", "", ""), 404)
		w.nothingLeft()
	})
}

func TestDeprovision_DuringProvision_LeavesNothing(t *testing.T) {
	osbtest.Proves(t, "DEP-07", "DEP-08", "DEP-09", "DEP-06", "DEP-13", "ORP-03", "LO-08")
	inBubble(t, func(w *harness) {
		created := w.provision("i", body("slow", ""))
		w.pass(5 * time.Second) // it is starting now
		if w.cloud.count("create") != 1 {
			t.Fatal("the create has not been sent yet")
		}
		deleted := w.deprovision("i", "slow")
		if w.operation(deleted) == w.operation(created) {
			t.Error("the delete has the operation of the create")
		}
		if op := w.finally("i", "", created); op.State != osb.Failed {
			t.Errorf("the cancelled create is %s, want failed", op.State)
		}
		w.finally("i", "", deleted)
		w.nothingLeft()
		w.want("delete again", w.deprovision("i", "slow"), 410)
	})
}

func TestProvision_SameIDAfterDeletion_IsANewLife(t *testing.T) {
	osbtest.Proves(t, "URL-04")
	inBubble(t, func(w *harness) {
		w.made("i", "fast")
		first := w.cloud.names()
		w.want("deprovision", w.deprovision("i", "fast"), 200)
		w.made("i", "fast")
		second := w.cloud.names()
		if len(second) != 1 || second[0] == first[0] {
			t.Errorf("the second life is called %v, want one other than %v", second, first)
		}
	})
}

func TestProvision_RefusedByCloud_FailsAndIsCleanedUp(t *testing.T) {
	osbtest.Proves(t, "LO-14", "ORP-02", "ORP-03", "LO-09")
	inBubble(t, func(w *harness) {
		w.cloud.failNext("finish", providers.ErrInvalid)
		got := w.provision("i", body("fast", ""))
		if op := w.finally("i", "", got); op.State != osb.Failed || op.Description == "" {
			t.Errorf("ended %s %q, want failed with a sentence", op.State, op.Description)
		}
		w.pass(time.Minute)
		w.nothingLeft()
		w.want("the platform's delete", w.deprovision("i", "fast"), 200)
		w.want("again", w.deprovision("i", "fast"), 410)
	})
}

func TestCleanUp_Refused_IsRetriedSlowly(t *testing.T) {
	inBubble(t, func(w *harness) {
		w.cloud.failNext("finish", providers.ErrInvalid)
		w.cloud.set(func(f *fakeCloud) { f.stuck = true })
		if op := w.finally("i", "", w.provision("i", body("fast", ""))); op.State != osb.Failed {
			t.Errorf("ended %s", op.State)
		}
		w.pass(time.Hour)
		w.cloud.set(func(f *fakeCloud) {
			if f.looks > 30 {
				t.Errorf("%d looks in an hour at what cannot be deleted", f.looks)
			}
			f.stuck = false
		})
		w.pass(time.Hour)
		w.nothingLeft()
	})
}

func TestProvider_AfterRefusal_MayFallBack(t *testing.T) {
	inBubble(t, func(w *harness) {
		w.cloud.failNext("create", providers.ErrSoldOut)
		w.want("provision", w.provision("i", body("fast", "")), 201)
		if n := w.cloud.count("create-elsewhere"); n != 1 {
			t.Errorf("%d calls of the fall-back, want 1", n)
		}
	})
}

func TestOperatorError_UntilDeadline_StaysInProgress(t *testing.T) {
	osbtest.Proves(t, "LO-09")
	inBubble(t, func(w *harness) {
		w.cloud.failNext("create", providers.ErrDenied, providers.ErrArrears, providers.ErrQuota, providers.ErrCredentials)
		got := w.provision("i", body("fast", ""))
		if op := w.state(w.poll("i", "", w.operation(got))); op.State != osb.InProgress || op.Description == "" {
			t.Errorf("%s %q, want in progress with a sentence", op.State, op.Description)
		}
		if op := w.finally("i", "", got); op.State != osb.Succeeded {
			t.Errorf("ended %s: %s", op.State, op.Description)
		}
	})
}

func TestTransientErrors_AnyNumber_FailNoOperation(t *testing.T) {
	inBubble(t, func(w *harness) {
		for range 5 {
			w.cloud.failNext("observe", providers.ErrThrottled, errors.New("connection refused"))
			w.cloud.failNext("create", providers.ErrThrottled, providers.ErrOutcomeUnknown)
		}
		if op := w.finally("i", "", w.provision("i", body("slow", ""))); op.State != osb.Succeeded {
			t.Errorf("ended %s: %s", op.State, op.Description)
		}
	})
}

func TestProvision_PastDeadline_FailsAndIsCleanedUp(t *testing.T) {
	osbtest.Proves(t, "POLL-01", "ORP-02")
	inBubble(t, func(w *harness) {
		var denied []error
		for range 40 {
			denied = append(denied, providers.ErrDenied)
		}
		w.cloud.failNext("finish", denied...)
		started := time.Now()
		if op := w.finally("i", "", w.provision("i", body("slow", ""))); op.State != osb.Failed {
			t.Errorf("ended %s: %s", op.State, op.Description)
		}
		if took := time.Since(started); took < 30*time.Minute {
			t.Errorf("failed after %s, before the deadline", took)
		}
		w.pass(time.Hour)
		w.nothingLeft()
	})
}

func TestProvision_LostAnswer_CreatesOnce(t *testing.T) {
	osbtest.Proves(t, "PROV-01")
	inBubble(t, func(w *harness) {
		w.cloud.loseNext("create")
		w.made("i", "slow")
		if names := w.cloud.names(); len(names) != 1 {
			t.Errorf("in the cloud: %v, want one", names)
		}
	})
}

func TestDeletion_ResourceAppearsLate_IsDeleted(t *testing.T) {
	inBubble(t, func(w *harness) {
		w.cloud.failNext("create", providers.ErrOutcomeUnknown) // and the resource is still invisible
		w.provision("i", body("slow", ""))
		w.pass(time.Millisecond)
		deleted := w.deprovision("i", "slow")
		w.pass(time.Minute)
		if op := w.state(w.poll("i", "", w.operation(deleted))); op.State != osb.InProgress {
			t.Errorf("the delete is %s before the lost create can have settled", op.State)
		}
		if w.cloud.count("create") == 0 {
			t.Fatal("no create was sent")
		}
		w.cloud.appear()
		w.finally("i", "", deleted)
		w.nothingLeft()
	})
}

func TestDeletion_InvisibleResource_IsWaitedFor(t *testing.T) {
	inBubble(t, func(w *harness) {
		w.cloud.set(func(f *fakeCloud) { f.hidden = true })
		w.provision("i", body("slow", ""))
		w.pass(time.Millisecond)
		if len(w.cloud.names()) != 1 {
			t.Fatal("nothing was made")
		}
		deleted := w.deprovision("i", "slow")
		w.pass(time.Minute)
		if op := w.state(w.poll("i", "", w.operation(deleted))); op.State != osb.InProgress {
			t.Errorf("the delete is %s while what was made may only be invisible", op.State)
		}
		w.cloud.set(func(f *fakeCloud) { f.hidden = false })
		w.finally("i", "", deleted)
		w.nothingLeft()
	})
}

func TestDeletion_SeenResource_EndsAtOnce(t *testing.T) {
	inBubble(t, func(w *harness) {
		w.provision("i", body("slow", ""))
		w.pass(15 * time.Second)
		started := time.Now()
		w.finally("i", "", w.deprovision("i", "slow"))
		if took := time.Since(started); took > time.Minute {
			t.Errorf("the delete took %s, as if something could still appear", took)
		}
	})
}

func TestDeprovision_PlanRefusesData_KeepsIt(t *testing.T) {
	inBubble(t, func(w *harness) {
		w.made("i", "fast")
		w.cloud.set(func(f *fakeCloud) { f.data = true })
		if op := w.finally("i", "", w.deprovision("i", "fast")); op.State != osb.Failed || op.Description == "" {
			t.Errorf("ended %s %q, want failed with what to do", op.State, op.Description)
		}
		if len(w.cloud.names()) != 1 {
			t.Fatal("the data is gone")
		}
		w.cloud.set(func(f *fakeCloud) { f.data = false })
		w.want("deprovision when it is empty", w.deprovision("i", "fast"), 200)
		w.nothingLeft()
	})
}

func TestDeletion_Refused_GoesOnByItself(t *testing.T) {
	inBubble(t, func(w *harness) {
		w.made("i", "fast")
		w.cloud.set(func(f *fakeCloud) { f.data = true })
		w.finally("i", "", w.deprovision("i", "fast"))
		w.cloud.set(func(f *fakeCloud) { f.data = false })
		w.pass(time.Hour)
		w.nothingLeft()
		w.want("delete again", w.deprovision("i", "fast"), 410)
	})
}

func TestDeletion_Failing_IsRepeatedUntilItWorks(t *testing.T) {
	osbtest.Proves(t, "DEP-05", "ASY-06", "DEP-01", "ORP-03")
	inBubble(t, func(w *harness) {
		w.made("i", "slow")
		w.cloud.failNext("delete", providers.ErrInvalid, providers.ErrDenied, providers.ErrThrottled, providers.ErrOutcomeUnknown)
		first := w.deprovision("i", "slow")
		again := w.deprovision("i", "slow")
		if w.operation(first) != w.operation(again) {
			t.Errorf("a second DELETE got operation %s, want to join %s", w.operation(again), w.operation(first))
		}
		w.finally("i", "", first)
		w.nothingLeft()
	})
}

func TestUpdate_Plan_MovesTheInstance(t *testing.T) {
	osbtest.Proves(t, "ASY-06", "CON-01", "UPD-02", "UPD-11", "UPD-12", "UPD-15", "BIND-12", "FI-06")
	inBubble(t, func(w *harness) {
		w.made("i", "slow")
		large := `{"service_id":"slow-id","plan_id":"slow-large"}`
		first := w.update("i", large)
		if w.operation(first) != w.operation(w.update("i", large)) {
			t.Error("a re-send of the update got another operation")
		}
		w.want("another update", w.update("i", `{"service_id":"slow-id","parameters":{"Colour":"red"}}`), 422)
		w.want("bind meanwhile", w.bind("i", "b", body("slow", "")), 422)
		w.want("fetch meanwhile", w.fetch("i"), 422)
		if op := w.finally("i", "", first); op.State != osb.Succeeded {
			t.Errorf("ended %s: %s", op.State, op.Description)
		}
		if n := w.cloud.count("resize"); n != 1 {
			t.Errorf("%d resizes, want 1", n)
		}
		w.want("the same again", w.update("i", large), 200)
		w.want("nothing at all", w.update("i", `{"service_id":"slow-id","parameters":{}}`), 200)
	})
}

func TestUpdate_Failed_LeavesTheInstanceAsItWas(t *testing.T) {
	osbtest.Proves(t, "UPD-16")
	inBubble(t, func(w *harness) {
		w.made("i", "slow")
		w.cloud.failNext("resize", providers.ErrInvalid)
		if op := w.finally("i", "", w.update("i", `{"service_id":"slow-id","plan_id":"slow-large"}`)); op.State != osb.Failed {
			t.Errorf("ended %s", op.State)
		}
		got, ok := w.fetch("i").body.(osb.Instance)
		if !ok || got.PlanID != "slow-plan" {
			t.Errorf("the instance is %+v, want its first plan", got)
		}
		w.want("the provision again", w.provision("i", body("slow", "")), 200)
		if op := w.finally("i", "b", w.bind("i", "b", body("slow", ""))); op.State != osb.Succeeded {
			t.Errorf("bind after a failed update ended %s: %s", op.State, op.Description)
		}
	})
}

func TestFetch_SecretParameters_AreHidden(t *testing.T) {
	osbtest.Proves(t, "FI-03", "FI-07")
	inBubble(t, func(w *harness) {
		w.want("provision", w.provision("i", body("fast", `{"Colour":"red","Token":"hidden"}`)), 201)
		got, ok := w.fetch("i").body.(osb.Instance)
		if !ok || string(got.Parameters) != `{"Colour":"red"}` {
			t.Errorf("parameters shown: %s", got.Parameters)
		}
	})
}

func TestOperations_AfterRestart_GoOn(t *testing.T) {
	osbtest.Proves(t, "HARD-07")
	inBubble(t, func(w *harness) {
		accepted := w.provision("i", body("slow", ""))
		w.pass(5 * time.Second)
		w.restart()
		if op := w.finally("i", "", accepted); op.State != osb.Succeeded {
			t.Errorf("ended %s: %s", op.State, op.Description)
		}
		if n := w.cloud.count("create"); n != 1 {
			t.Errorf("%d creates, want 1", n)
		}
	})
}

func TestStart_UnreadableRecord_StopsNoOther(t *testing.T) {
	inBubble(t, func(w *harness) {
		w.cloud.set(func(f *fakeCloud) { f.panicky = true })
		broken := w.provision("broken", body("slow", ""))
		w.pass(time.Second)
		w.cloud.set(func(f *fakeCloud) { f.panicky = false })
		w.want("another", w.provision("i", body("fast", "")), 201)
		if op := w.finally("broken", "", broken); op.State != osb.Succeeded {
			t.Errorf("once mended it ended %s: %s", op.State, op.Description)
		}
	})
}

func TestSlowOperation_WithoutAcceptsIncomplete_IsRefused(t *testing.T) {
	osbtest.Proves(t, "ASY-01", "PROV-12", "ERR-05")
	inBubble(t, func(w *harness) {
		got := w.syncPlatform().provision("i", body("slow", ""))
		if got.status != 422 || got.err.Code != osb.CodeAsyncRequired {
			t.Errorf("answered %d %v, want 422 AsyncRequired", got.status, got.err)
		}
		w.want("poll", w.poll("i", "", ""), 404)
	})
}

func TestRequest_SlowOperation_WaitsUpToItsLimit(t *testing.T) {
	osbtest.Proves(t, "ASY-05", "ORP-01")
	inBubble(t, func(w *harness) {
		hang := make(chan struct{})
		w.cloud.set(func(f *fakeCloud) { f.hang = hang })
		started := time.Now()
		accepted := w.provision("i", body("fast", ""))
		w.operation(accepted)
		if took := time.Since(started); took > 21*time.Second {
			t.Errorf("a request that takes 202 waited %s", took)
		}
		started = time.Now()
		got := w.syncPlatform().provision("j", body("fast", ""))
		if took := time.Since(started); got.status != 503 || took > 51*time.Second {
			t.Errorf("a request that takes no 202 got %d after %s, want 503 within 50 s", got.status, took)
		}
		w.cloud.set(func(f *fakeCloud) { f.hang = nil })
		close(hang)
		w.finally("i", "", accepted)
	})
}
