package operations_test

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/broker"
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/osb"
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/osb/osbtest"
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/providers"
)

func TestOptions_DeletedIsSucceeded_DecidesThePoll(t *testing.T) {
	osbtest.Proves(t, "LO-07")
	for name, tc := range map[string]struct {
		opts   broker.Options
		status int
	}{
		"Gone":      {broker.Options{}, http.StatusGone},
		"Succeeded": {broker.Options{DeletedIsSucceeded: true}, http.StatusOK},
	} {
		t.Run(name, func(t *testing.T) {
			inBubble(t, func(w *harness) {
				w.opts = tc.opts
				w.restart()
				w.made("i", "slow")
				accepted := w.deprovision("i", "slow")
				w.finally("i", "", accepted)
				w.want("poll of the delete", w.poll("i", "", w.operation(accepted)), tc.status)
			})
		})
	}
}

func TestOptions_Endpoints_AreSentOnDemand(t *testing.T) {
	osbtest.Proves(t, "BIND-22", "BIND-23", "FB-06")
	inBubble(t, func(w *harness) {
		w.cloud.extra = map[string]string{"host": "db.example.com", "port": "3306"}
		w.made("i", "fast")
		w.bound("i", "b")
		plain, ok := w.fetchBinding("i", "b").body.(osb.Binding)
		if !ok || plain.Endpoints != nil {
			t.Errorf("endpoints %+v without the option", plain.Endpoints)
		}
		w.opts.SendEndpoints = true
		w.restart()
		got, ok := w.fetchBinding("i", "b").body.(osb.Binding)
		want := []osb.Endpoint{{Host: "db.example.com", Ports: []string{"3306"}, Protocol: "tcp"}}
		if diff := cmp.Diff(want, got.Endpoints); !ok || diff != "" {
			t.Errorf("endpoints (-want +got): %s", diff)
		}
		w.cloud.set(func(f *fakeCloud) { f.extra = map[string]string{"host": "h", "endpoint": "https://oss.example.com"} })
		w.bound("i", "c")
		got, ok = w.fetchBinding("i", "c").body.(osb.Binding)
		want = []osb.Endpoint{{Host: "oss.example.com", Ports: []string{"443"}, Protocol: "tcp"}}
		if diff := cmp.Diff(want, got.Endpoints); !ok || diff != "" {
			t.Errorf("endpoints of a URL (-want +got): %s", diff)
		}
	})
}

func TestOptions_DropKubernetesBind_LeavesItUnanswered(t *testing.T) {
	inBubble(t, func(w *harness) {
		w.opts.DropUnfinishedBinds = true
		w.restart()
		w.made("i", "fast")
		hang := make(chan struct{})
		w.cloud.set(func(f *fakeCloud) { f.hang = hang })
		bind := func(id, platform string) (status int, dropped bool) {
			got := w.syncPlatform().bind("i", id, strings.Replace(body("fast", ""), "{", `{"context":{"platform":"`+platform+`"},`, 1))
			return got.status, got.dropped
		}
		if status, dropped := bind("k", "kubernetes"); !dropped {
			t.Errorf("the bind from Kubernetes was answered %d", status)
		}
		if status, dropped := bind("c", "cloudfoundry"); dropped || status != 503 {
			t.Errorf("the bind from Cloud Foundry: dropped %t, status %d, want 503", dropped, status)
		}
		w.cloud.set(func(f *fakeCloud) { f.hang = nil })
		close(hang)
		w.pass(time.Minute)
		w.want("the bind sent again", w.bind("i", "k", strings.Replace(body("fast", ""), "{", `{"context":{"platform":"kubernetes"},`, 1)), 200)
	})
}

func TestMaintenance_Versions_AreChecked(t *testing.T) {
	osbtest.Proves(t, "PROV-07", "UPD-09", "FI-04", "ERR-03")
	inBubble(t, func(w *harness) {
		named := func(version string) string {
			return strings.Replace(body("fast", ""), "{", `{"maintenance_info":{"version":"`+version+`"},`, 1)
		}
		w.want("another version", w.provision("i", named("2.0.0")), 422)
		w.want("the catalog's version", w.provision("i", named("1.0.0")), 201)
		w.want("an empty object", w.provision("i", strings.Replace(body("fast", ""), "{", `{"maintenance_info":{},`, 1)), 200)
		upgrade := `{"service_id":"fast-id","maintenance_info":{"version":"1.1.0"}}`
		w.want("a version to come", w.update("i", upgrade), 422)
		w.plans = strings.Replace(w.plans, "version: 1.0.0", "version: 1.1.0", 1)
		w.restart()
		if got, ok := w.fetch("i").body.(osb.Instance); !ok || got.MaintenanceInfo.Version != "1.0.0" {
			t.Errorf("before the upgrade it runs %+v", got.MaintenanceInfo)
		}
		w.want("upgrade", w.update("i", upgrade), 200)
		if got, ok := w.fetch("i").body.(osb.Instance); !ok || got.MaintenanceInfo.Version != "1.1.0" {
			t.Errorf("after the upgrade it runs %+v", got.MaintenanceInfo)
		}
		w.want("a version for a plan that has none", w.update("i", `{"service_id":"fast-id","plan_id":"fast-large","maintenance_info":{"version":"1.1.0"}}`), 422)
	})
}

func TestUpdate_ContextAlone_IsStored(t *testing.T) {
	osbtest.Proves(t, "UPD-08", "CAT-18")
	inBubble(t, func(w *harness) {
		w.made("i", "fast")
		calls := w.cloud.count("create")
		w.want("rename", w.update("i", `{"service_id":"fast-id","context":{"platform":"cloudfoundry","instance_name":"new"}}`), 200)
		if w.cloud.count("create") != calls {
			t.Error("the cloud was asked to do something")
		}
		r, err := w.store.Get(t.Context(), storeKey("i"))
		if err != nil || !strings.Contains(string(r.Context), `"new"`) {
			t.Errorf("the record has the context %s (%v)", r.Context, err)
		}
	})
}

func TestFailure_Leftovers_AreNamed(t *testing.T) {
	osbtest.Proves(t, "LO-10", "UPD-17", "DEP-11")
	inBubble(t, func(w *harness) {
		w.made("i", "slow")
		w.cloud.failNext("resize", providers.ErrInvalid)
		update := w.finally("i", "", w.update("i", `{"service_id":"slow-id","plan_id":"slow-large"}`))
		if update.InstanceUsable != nil || update.UpdateRepeatable == nil || *update.UpdateRepeatable {
			t.Errorf("a refused update: usable %v, repeatable %v, want absent and false", update.InstanceUsable, update.UpdateRepeatable)
		}
		w.made("j", "fast")
		w.cloud.set(func(f *fakeCloud) { f.data = true })
		deletion := w.finally("j", "", w.deprovision("j", "fast"))
		if deletion.InstanceUsable == nil || *deletion.InstanceUsable || deletion.UpdateRepeatable != nil {
			t.Errorf("a refused deletion: usable %v, repeatable %v, want false and absent", deletion.InstanceUsable, deletion.UpdateRepeatable)
		}
	})
}

func TestPoll_InProgress_HasRetryAfter(t *testing.T) {
	osbtest.Proves(t, "LO-11")
	inBubble(t, func(w *harness) {
		op := w.operation(w.provision("i", body("slow", "")))
		if polled := w.state(w.poll("i", "", op)); polled.RetryAfter < time.Second {
			t.Errorf("the poll is to be repeated after %s, want a second or more", polled.RetryAfter)
		}
		w.finally("i", "", w.provision("i", body("slow", "")))
		if polled := w.state(w.poll("i", "", op)); polled.RetryAfter != 0 {
			t.Errorf("the poll of a finished operation is to be repeated after %s", polled.RetryAfter)
		}
	})
}
