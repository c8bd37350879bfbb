package operations_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/osb"
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/providers"
)

// withDeadlines lets each kind of operation take another time.
func (w *harness) withDeadlines() {
	w.t.Helper()
	w.plans = strings.ReplaceAll(w.plans, "deadline: 30m", "deadline: 24h\n    deadlines: {provision: 1h, update: 3h, bind: 2h}")
	w.restart()
}

// never makes a step of the cloud fail for days.
func (w *harness) never(step string) {
	w.cloud.failNext(step, slices.Repeat([]error{providers.ErrDenied}, 5000)...)
}

// Each kind of operation has its own deadline, if the plan names one: it is in
// progress until then, and failed soon after.
func TestDeadline_EachKindOfOperation_HasItsOwn(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		step     string // fails until the deadline
		binding  string
		begin    func(w *harness) reply
		deadline time.Duration
	}{
		"Provision": {"create", "", func(w *harness) reply { return w.provision("i", body("slow", "")) }, time.Hour},
		"Bind":      {"create", "b", func(w *harness) reply { return w.bind("i", "b", body("slow", "")) }, 2 * time.Hour},
		"Update":    {"resize", "", func(w *harness) reply { return w.update("i", largePlan) }, 3 * time.Hour},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			inBubble(t, func(w *harness) {
				w.withDeadlines()
				if name != "Provision" {
					w.readyInstance("i")
				}
				w.never(c.step)
				begun := time.Now()
				operation := w.operation(c.begin(w))
				w.pass(c.deadline - time.Since(begun) - time.Minute)
				if op := w.state(w.poll("i", c.binding, operation)); op.State != osb.InProgress {
					t.Fatalf("a minute before its deadline it is %s: %s", op.State, op.Description)
				}
				w.pass(10 * time.Minute)
				if op := w.state(w.poll("i", c.binding, operation)); op.State != osb.Failed {
					t.Errorf("after its deadline it is %s: %s", op.State, op.Description)
				}
			})
		})
	}
}

// An overdue update leaves the desired state as it was. Its failure has another
// text than the failure of a create, whose resources are removed.
func TestUpdate_Overdue_RestoresTheDesiredState(t *testing.T) {
	t.Parallel()
	inBubble(t, func(w *harness) {
		w.withDeadlines()
		w.readyInstance("i")
		before := w.record("i", "")
		w.never("resize")
		late := w.ended("i", "", w.update("i", largePlan))
		if late.State != osb.Failed {
			t.Fatalf("the update ended %s: %s", late.State, late.Description)
		}
		after := w.record("i", "")
		if after.Want.PlanID != before.Want.PlanID || !cmp.Equal(after.Want.Plan, before.Want.Plan) || !after.Settled || !after.Usable {
			t.Errorf("it wants %s, settled %t, usable %t; before the update %s", after.Want.PlanID, after.Settled, after.Usable, before.Want.PlanID)
		}
		w.pass(24 * time.Hour)
		if n := len(w.cloud.names()); n != 1 {
			t.Errorf("%d things are in the cloud, want the instance", n)
		}
		w.want("provision of what it was", w.provision("i", body("slow", asMade)), 200)

		w.never("create")
		if op := w.ended("j", "", w.provision("j", body("slow", ""))); op.State != osb.Failed || op.Description == late.Description || late.Description == "" {
			t.Errorf("an overdue provision ends %s: %q, and an overdue update %q", op.State, op.Description, late.Description)
		}
		w.cloud.set(func(f *fakeCloud) { f.fail = map[string][]fakeFail{} })
		if op := w.ended("i", "", w.update("i", largePlan)); op.State != osb.Succeeded {
			t.Errorf("the update again ended %s: %s", op.State, op.Description)
		}
	})
}
