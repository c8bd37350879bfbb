package operations_test

import (
	"testing"
	"time"

	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/osb"
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/osb/osbtest"
)

func TestRotation_Bind_MakesASuccessorBesideTheOld(t *testing.T) {
	osbtest.Proves(t, "ROT-02", "ROT-04", "ROT-05", "ROT-06")
	inBubble(t, func(w *harness) {
		w.made("i", "fast")
		w.want("bind", w.bind("i", "old", body("fast", `{"Role":"mine","Scope":"all"}`)), 201)
		old := w.credentials(w.fetchBinding("i", "old"))
		rotation := `{"predecessor_binding_id":"old"}`
		first := w.bind("i", "new", rotation)
		w.want("rotate", first, 201)
		fresh := w.credentials(first)
		if fresh["username"] == old["username"] || fresh["password"] == old["password"] {
			t.Error("the successor has credentials of the old binding")
		}
		if got := w.credentials(w.fetchBinding("i", "old")); got["password"] != old["password"] {
			t.Error("the old binding is not what it was")
		}
		shown, ok := w.fetchBinding("i", "new").body.(osb.Binding)
		if !ok || string(shown.Parameters) != `{"Scope":"all"}` {
			t.Errorf("the successor has the parameters %s, want those of the old without what was its own", shown.Parameters)
		}
		w.want("rotate again", w.bind("i", "new", rotation), 200)
		w.want("unbind the old", w.unbind("i", "old", "fast"), 200)
		again := w.bind("i", "new", rotation)
		w.want("rotate again without the old", again, 200)
		if w.credentials(again)["password"] != fresh["password"] {
			t.Error("the same rotation gave other credentials")
		}
		w.want("the same id without predecessor", w.bind("i", "new", body("fast", `{"Scope":"all"}`)), 409)
	})
}

func TestRotation_BadRequests_AreRefused(t *testing.T) {
	osbtest.Proves(t, "ROT-02", "ROT-03", "ROT-05", "ROT-07")
	inBubble(t, func(w *harness) {
		w.made("i", "fast")
		w.made("j", "fast")
		w.bound("i", "old")
		w.bound("j", "others")
		w.want("no such predecessor", w.bind("i", "n", `{"predecessor_binding_id":"none"}`), 400)
		w.want("that of another instance", w.bind("i", "n", `{"predecessor_binding_id":"others"}`), 400)
		w.want("itself", w.bind("i", "old", `{"predecessor_binding_id":"old"}`), 400)
		w.want("another service", w.bind("i", "n", `{"predecessor_binding_id":"old","service_id":"slow-id"}`), 400)
		w.want("another plan", w.bind("i", "n", `{"predecessor_binding_id":"old","plan_id":"fast-large"}`), 400)
		w.want("its own plan", w.bind("i", "n", `{"predecessor_binding_id":"old","service_id":"fast-id","plan_id":"fast-plan"}`), 201)
		w.want("another predecessor", w.bind("i", "n", `{"predecessor_binding_id":"none"}`), 400)
		w.pass(11 * time.Hour)
		w.want("an expired one", w.bind("i", "late", `{"predecessor_binding_id":"old"}`), 400)
		w.want("slow instance", w.provision("s", body("slow", "")), 202)
		w.finally("s", "", w.provision("s", body("slow", "")))
		w.finally("s", "b", w.bind("s", "b", body("slow", "")))
		w.want("a plan that does not rotate", w.bind("s", "n", `{"predecessor_binding_id":"b"}`), 400)
	})
}

func TestBinding_Metadata_HasExpiryAndRenewal(t *testing.T) {
	osbtest.Proves(t, "BIND-24", "BIND-25", "FB-07")
	inBubble(t, func(w *harness) {
		w.made("i", "fast")
		got, ok := w.bind("i", "b", body("fast", "")).body.(osb.Binding)
		if !ok || got.Metadata == nil {
			t.Fatalf("the binding has no metadata: %+v", got)
		}
		expires, errE := time.Parse(osb.TimeFormat, got.Metadata.ExpiresAt)
		renew, errR := time.Parse(osb.TimeFormat, got.Metadata.RenewBefore)
		if errE != nil || errR != nil || !renew.Before(expires) || time.Until(expires) > 10*time.Hour {
			t.Errorf("expires_at %s, renew_before %s", got.Metadata.ExpiresAt, got.Metadata.RenewBefore)
		}
		fetched, ok := w.fetchBinding("i", "b").body.(osb.Binding)
		if !ok || fetched.Metadata == nil || *fetched.Metadata != *got.Metadata {
			t.Errorf("fetched: %+v, want what the bind said", fetched.Metadata)
		}
	})
}

func TestAnswers_OlderVersions_OmitNewerMembers(t *testing.T) {
	osbtest.Proves(t, "VER-05")
	inBubble(t, func(w *harness) {
		w.made("i", "fast")
		w.bound("i", "b")
		for minor, want := range map[int]struct{ metadata, renew bool }{13: {}, 15: {}, 16: {metadata: true}, 17: {metadata: true, renew: true}} {
			old := platform{t: t, logic: w.logic, minor: minor}
			instance, ok := old.fetch("i").body.(osb.Instance)
			if !ok || (instance.Metadata != nil) != want.metadata || (instance.MaintenanceInfo != nil) != want.renew {
				t.Errorf("2.%d: instance %+v", minor, instance)
			}
			binding, ok := old.fetchBinding("i", "b").body.(osb.Binding)
			if !ok || (binding.Metadata != nil) != want.metadata || want.metadata && (binding.Metadata.RenewBefore != "") != want.renew {
				t.Errorf("2.%d: binding metadata %+v", minor, binding.Metadata)
			}
		}
	})
}
