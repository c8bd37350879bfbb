package operations_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/osb"
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/osb/osbtest"
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/providers"
)

func TestBind_EachBinding_HasItsOwnCredentials(t *testing.T) {
	osbtest.Proves(t, "BIND-08", "BIND-09", "BIND-11", "BIND-14", "BIND-15", "BIND-16", "FB-03", "FB-04", "UNB-01", "UNB-04", "UNB-06", "UNB-07")
	inBubble(t, func(w *harness) {
		w.made("i", "fast")
		one := w.bound("i", "one")
		two := w.bound("i", "two")
		if one["username"] == two["username"] || one["password"] == two["password"] {
			t.Error("two bindings share credentials")
		}
		again := w.bind("i", "one", body("fast", ""))
		w.want("the same bind again", again, 200)
		if got := w.credentials(again); got["password"] != one["password"] {
			t.Error("the same bind got other credentials")
		}
		if got := w.credentials(w.fetchBinding("i", "one")); got["password"] != one["password"] {
			t.Error("the fetched binding has other credentials")
		}
		w.want("other parameters", w.bind("i", "one", body("fast", `{"Role":"reader"}`)), 409)
		w.want("unbind", w.unbind("i", "one", "fast"), 200)
		w.want("unbind again", w.unbind("i", "one", "fast"), 410)
		w.want("fetch after unbind", w.fetchBinding("i", "one"), 404)
		w.want("the other goes on", w.fetchBinding("i", "two"), 200)
	})
}

func TestBind_BadRequests_AreRefused(t *testing.T) {
	osbtest.Proves(t, "BIND-02", "BIND-06", "BIND-12", "BIND-27", "CON-01", "UNB-06")
	inBubble(t, func(w *harness) {
		w.want("no instance", w.bind("none", "b", body("fast", "")), 404)
		w.made("i", "fast")
		w.want("unknown parameter", w.bind("i", "b", body("fast", `{"Rolle":"x"}`)), 400)
		w.want("plan of another", w.bind("i", "b", `{"service_id":"fast-id","plan_id":"fast-large"}`), 400)
		w.want("no plan", w.bind("i", "b", `{"service_id":"fast-id"}`), 400)
		w.want("unknown binding, no query", w.unbind("i", "b", ""), 410)
		pending := w.provision("slow", body("slow", ""))
		w.want("an instance that is being made", w.bind("slow", "b", body("slow", "")), 422)
		w.finally("slow", "", pending)
	})
}

// A bind that comes too early keeps the words of ConcurrencyError and adds the
// operation that it has to wait for: another sentence for each.
func TestBind_InstanceBusy_NamesTheOperation(t *testing.T) {
	osbtest.Proves(t, "BIND-12", "CON-01")
	inBubble(t, func(w *harness) {
		said := map[string]bool{}
		for _, begin := range []func() reply{
			func() reply { return w.provision("i", body("slow", "")) },
			func() reply { return w.update("i", largePlan) },
			func() reply { return w.deprovision("i", "slow") },
		} {
			begun := begin()
			refused, ok := errors.AsType[*osb.Error](w.bind("i", "b", body("slow", "")).err)
			if !ok || refused.Code != osb.CodeConcurrencyError {
				t.Fatalf("a bind meanwhile is answered %v", refused)
			}
			added, keeps := strings.CutPrefix(refused.Description, osb.ErrConcurrency().Description+" ")
			if !keeps || added == "" || said[added] {
				t.Errorf("a bind meanwhile is told %q", refused.Description)
			}
			said[added] = true
			w.finally("i", "", begun)
		}
	})
}

func TestDeprovision_Bindings_AreDeletedFirst(t *testing.T) {
	osbtest.Proves(t, "DEP-10", "DEP-01")
	inBubble(t, func(w *harness) {
		w.made("i", "fast")
		w.bound("i", "one")
		w.bound("i", "two")
		w.want("deprovision", w.deprovision("i", "fast"), 200)
		w.nothingLeft()
		w.want("unbind of what went along", w.unbind("i", "one", "fast"), 410)
	})
}

func TestUnbind_DuringBind_LeavesNothing(t *testing.T) {
	osbtest.Proves(t, "UNB-07", "UNB-08", "ORP-03")
	inBubble(t, func(w *harness) {
		w.made("i", "fast")
		hang := make(chan struct{})
		w.cloud.set(func(f *fakeCloud) { f.hang = hang })
		bind := w.bind("i", "b", body("fast", ""))
		unbind := w.unbind("i", "b", "fast")
		w.cloud.set(func(f *fakeCloud) { f.hang = nil })
		close(hang)
		if op := w.finally("i", "b", bind); op.State != osb.Failed {
			t.Errorf("the cancelled bind is %s, want failed", op.State)
		}
		w.finally("i", "b", unbind)
		if names := w.cloud.names(); len(names) != 1 {
			t.Errorf("in the cloud: %v, want the instance alone", names)
		}
	})
}

func TestBind_Failed_IsCleanedUpAndRepeatable(t *testing.T) {
	osbtest.Proves(t, "ORP-02", "ORP-03")
	inBubble(t, func(w *harness) {
		w.made("i", "fast")
		w.cloud.failNext("finish", providers.ErrInvalid)
		if op := w.finally("i", "b", w.bind("i", "b", body("fast", ""))); op.State != osb.Failed {
			t.Errorf("ended %s", op.State)
		}
		w.pass(time.Minute)
		if names := w.cloud.names(); len(names) != 1 {
			t.Errorf("in the cloud: %v, want the instance alone", names)
		}
		w.want("unbind", w.unbind("i", "b", "fast"), 200)
		w.want("bind again", w.bind("i", "b", body("fast", "")), 201)
	})
}

func TestBind_AgainAfterPlanChange_IsTheSameBinding(t *testing.T) {
	osbtest.Proves(t, "BIND-09")
	inBubble(t, func(w *harness) {
		w.made("i", "fast")
		w.bound("i", "b")
		w.want("update", w.update("i", `{"service_id":"fast-id","plan_id":"fast-large"}`), 200)
		w.want("bind with the new plan", w.bind("i", "b", `{"service_id":"fast-id","plan_id":"fast-large"}`), 200)
		w.want("another bind with the new plan", w.bind("i", "c", `{"service_id":"fast-id","plan_id":"fast-large"}`), 201)
		w.want("a bind of a platform that lost the answer to the update", w.bind("i", "d", body("fast", "")), 201)
	})
}
