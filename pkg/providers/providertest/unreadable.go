package providertest

import (
	"errors"
	"testing"

	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/providers"
)

// unreadablePlans: an unreadable plan is a failure for the operator, since a retry
// reads the same plan.
func unreadablePlans(t *testing.T, open func(t *testing.T) Harness) {
	t.Helper()
	w := newScenario(t, open)
	i := w.instance()
	b := w.binding(i)
	garbled := providers.Plan(`{"`)
	instance, own, of, orphan := i.readable(), b.readable(), b.readable(), b.readable()
	instance.Plan, own.Plan, of.Of.Plan, orphan.Of = garbled, garbled, garbled, nil
	for name, task := range map[string]providers.Task{
		"of an instance":          instance,
		"of a binding":            own,
		"of a binding's instance": of,
		"of no instance":          orphan,
	} {
		for _, task.Goal = range []providers.Goal{providers.Present, providers.Absent} {
			_, err := w.Provider.Observe(t.Context(), task)
			w.broken("Observe to "+string(task.Goal)+" with the plan "+name, err)
		}
	}
	for name, task := range map[string]providers.Task{"of a binding's instance": of, "of no instance": orphan} {
		_, err := w.Provider.Prepare(task)
		w.broken("Prepare with the plan "+name, err)
	}
	if left := w.Cloud.Mutations(); len(left) > 0 {
		t.Errorf("mutating calls were made: %q", left)
	}
}

// broken checks that err is the failure of an unreadable record.
func (w *scenario) broken(what string, err error) {
	w.t.Helper()
	failure, ok := errors.AsType[*providers.Failure](err)
	if !ok || failure.Kind != providers.Broken || failure.Text != providers.TextUnreadable {
		w.t.Errorf("%s = %v; want a failure of kind broken that says that the plan cannot be read", what, err)
	}
}
