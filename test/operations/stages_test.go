package operations_test

import (
	"context"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/lifecycle"
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/providers"
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/store"
)

// A transitionRecorder is a store that records the transitions of its records.
type transitionRecorder struct {
	store.Store

	mu   sync.Mutex
	seen map[[2]lifecycle.Stage]bool
}

// Update implements store.Store.
func (o *transitionRecorder) Update(ctx context.Context, k store.Key, change func(*store.Record) error) (store.Record, error) {
	var transition [2]lifecycle.Stage
	r, err := o.Store.Update(ctx, k, func(r *store.Record) error {
		transition[0] = lifecycle.StageOf(r)
		err := change(r)
		transition[1] = lifecycle.StageOf(r)
		return err
	})
	if err == nil {
		o.mu.Lock()
		defer o.mu.Unlock()
		o.seen[transition] = true
	}
	return r, err
}

// The engine and the broker make each transition of the table.
func TestStages_EveryTransition_IsMade(t *testing.T) {
	inBubble(t, func(w *harness) {
		var recorder *transitionRecorder
		w.config = func(c *settings) {
			recorder = &transitionRecorder{Store: c.Store, seen: map[[2]lifecycle.Stage]bool{}}
			c.Store = recorder
		}
		w.plans += endingPlan
		w.restart()
		begin := func(id string) { w.provision(id, body("slow", "")); w.pass(time.Second) }
		update := func(id string) {
			w.readyInstance(id)
			w.want("update", w.update(id, largePlan), 202)
			w.pass(time.Second)
		}
		stuck := func(is bool) { w.cloud.set(func(f *fakeCloud) { f.stuck = is }) }
		refused := func(id string) { // its create fails at its last step
			stuck(true)
			w.cloud.failNext("finish", providers.ErrInvalid)
			w.ended(id, "", w.provision(id, body("slow", "")))
			w.pass(time.Minute)
		}
		remove := func(id string) { w.ended(id, "", w.deprovision(id, "slow")) }
		purge := func(id string) {
			if _, err := w.runs.Purge(t.Context(), storeKey(id), true); err != nil {
				t.Errorf("purging %s: %v", id, err)
			}
		}
		breakIt := func(id string) {
			_, err := w.store.Update(t.Context(), storeKey(id), func(r *store.Record) error { r.Goal = ""; return nil })
			if err != nil {
				t.Fatal(err)
			}
		}

		update("a") // none, creating, ready, updating
		w.pass(time.Hour)
		remove("a")
		begin("a")
		remove("a")
		update("b")
		remove("b")
		refused("c")
		remove("c") // fails
		stuck(false)
		remove("c")
		refused("d")
		stuck(false)
		w.pass(time.Hour)
		w.provision("d", body("slow", asMade))
		w.pass(time.Second)
		remove("d")
		refused("e")
		stuck(false)
		w.pass(time.Hour)
		w.want("DELETE of what was never made", w.deprovision("e", "slow"), 200)
		w.readyInstance("f")
		stuck(true)
		remove("f")
		stuck(false)
		w.pass(time.Hour)
		begin("g")
		purge("g")
		w.readyInstance("h")
		purge("h")
		update("i")
		purge("i")
		refused("j")
		purge("j")
		w.readyInstance("k")
		breakIt("k")
		purge("k")
		w.readyInstance("l")
		breakIt("l")
		remove("l")

		bound := func(id string) { // until its login ends
			ending := strings.Replace(body("slow", ""), "slow-plan", "slow-ending", 1)
			w.ended(id, "", w.provision(id, ending))
			w.bind(id, "b", ending)
			w.pass(11 * time.Hour)
		}
		unbind := func(id string) { w.unbind(id, "b", "slow"); w.pass(time.Minute) }
		purgeBinding := func(id string) {
			if _, err := w.runs.Purge(t.Context(), store.Key{InstanceID: id, BindingID: "b"}, true); err != nil {
				t.Errorf("purging the binding of %s: %v", id, err)
			}
		}
		stuck(true)
		bound("m")
		unbind("m")
		bound("n")
		purgeBinding("n")
		stuck(false)
		bound("o")
		unbind("o")
		bound("p")
		purgeBinding("p")

		recorder.mu.Lock()
		defer recorder.mu.Unlock()
		for _, transition := range lifecycle.Transitions() {
			if !recorder.seen[[2]lifecycle.Stage{transition.From, transition.To}] {
				t.Errorf("from %s to %s: never made", transition.From, transition.To)
			}
		}
	})
}
