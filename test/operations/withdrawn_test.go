package operations_test

import (
	"strings"
	"testing"
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
