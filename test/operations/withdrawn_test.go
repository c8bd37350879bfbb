package operations_test

import (
	"strings"
	"testing"
	"time"

	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/osb/osbtest"
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/providers"
)

// An instance is handled by its record: its plan, or its whole offering, may
// have left the catalog.
func TestPlan_LeftCatalog_IsBoundUpdatedAndDeletedAsBefore(t *testing.T) {
	renamed := map[string]string{"plan": "id: fast-plan", "offering": "id: fast-id"}
	for left, name := range renamed {
		t.Run(left, func(t *testing.T) {
			inBubble(t, func(w *harness) {
				w.made("a", "fast")
				w.stop()
				w.plans = strings.Replace(w.plans, name, name+"-of-old", 1)
				w.start()

				w.want("provision of what is not offered", w.provision("b", body("fast", "")), 400)
				w.bound("a", "x")
				w.want("update of its parameters", w.update("a", `{"service_id":"fast-id","plan_id":"fast-plan","parameters":{"Colour":"red"}}`), 200)
				w.want("update that is not in its schema", w.update("a", `{"service_id":"fast-id","plan_id":"fast-plan","parameters":{"Shape":"round"}}`), 400)
				w.want("update without a plan", w.update("a", `{"service_id":"fast-id","parameters":{"Colour":"blue"}}`), 200)
				w.want("update to a plan that is not there", w.update("a", `{"service_id":"fast-id","plan_id":"fast-unknown"}`), 400)
				w.want("bind of another's plan", w.bind("a", "y", `{"service_id":"fast-id","plan_id":"slow-plan"}`), 400)
				w.want("unbind", w.unbind("a", "x", "fast"), 200)
				w.want("deprovision", w.deprovision("a", "fast"), 200)
				w.nothingLeft()
			})
		})
	}
}

// A provision that was accepted comes again after its plan left the catalog: Korifi
// would take a 400 for final.
func TestPlan_LeftCatalog_RepeatedProvisionIsJoined(t *testing.T) {
	osbtest.Proves(t, "ASY-06", "PROV-10", "ORP-05")
	t.Parallel()
	inBubble(t, func(w *harness) {
		w.cloud.failNext("finish", providers.ErrInvalid)
		fails := w.provision("fails", body("fast", ""))
		w.pass(time.Hour)
		w.made("ready", "fast")
		again := w.provision("again", body("slow", ""))
		w.stop()
		w.plans = strings.NewReplacer("id: fast-plan", "id: fast-old", "id: slow-plan", "id: slow-old").Replace(w.plans)
		w.start()

		w.want("one that is ready", w.provision("ready", body("fast", "")), 200)
		w.want("one that is ready, with other parameters", w.provision("ready", body("fast", `{"Colour":"red"}`)), 409)
		if got := w.provision("again", body("slow", "")); got.status != 202 || got.operation != again.operation {
			t.Errorf("one that runs is %d with operation %q, want %q", got.status, got.operation, again.operation)
		}
		if got := w.provision("fails", body("fast", "")); got.status != 202 || got.operation != fails.operation {
			t.Errorf("one that failed is %d with operation %q, want %q", got.status, got.operation, fails.operation)
		}
		w.want("one that failed, with other parameters", w.provision("fails", body("fast", `{"Colour":"red"}`)), 400)
		w.want("its deprovision", w.deprovision("fails", "fast"), 200)
		w.want("a new life of the plan", w.provision("fails", body("fast", "")), 400)
	})
}
