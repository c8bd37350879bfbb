package providertest

import (
	"fmt"
	"testing"

	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/providers"
)

// halfway makes an actor up to its n-th call, which ends as fault says, and
// says whether there was one. With amnesia the facts of the last call are
// forgotten, as in a crash before they were stored.
func (a *actor) halfway(n int, fault Fault, amnesia bool) bool {
	a.t.Helper()
	a.breakAt, a.fault = a.calls+n, fault
	calls := 0
	before := a.task.Facts
	done := a.until(func(providers.Step) bool {
		calls++
		if calls < n {
			before = a.task.Facts
		}
		return calls == n
	})
	if amnesia {
		a.task.Facts = before
	}
	a.breakAt = 0
	return !done
}

// eachHalfway runs test for every number of calls, ending and amnesia.
func eachHalfway(t *testing.T, test func(t *testing.T, n int, fault Fault, amnesia bool) (reached bool)) {
	t.Helper()
	for _, fault := range []Fault{None, Dropped, Lost} { // the ways in which the last call may end
		for _, amnesia := range []bool{false, true} {
			for n, more := 1, true; more && n < maxAttempts; n++ {
				name := fmt.Sprintf("call %d %s", n, fault)
				if amnesia {
					name += " and forgotten"
				}
				t.Run(name, func(t *testing.T) { more = test(t, n, fault, amnesia) })
				if t.Failed() {
					return
				}
			}
		}
	}
}

// instanceAbsentFromEveryStep: a provision may be cancelled after any call, and all
// its resources go.
func instanceAbsentFromEveryStep(t *testing.T, open func(t *testing.T) Harness) {
	t.Helper()
	c := baseline(t, open)
	eachHalfway(t, func(t *testing.T, n int, fault Fault, amnesia bool) bool {
		t.Helper()
		w := newScenario(t, open)
		w.actions = c.actions
		i := w.instance()
		reached := i.halfway(n, fault, amnesia)
		i.to(providers.Absent)
		w.left("after a provision cut short", 0)
		return reached
	})
}

// bindingAbsentFromEveryStep: so does a bind; the instance stays.
func bindingAbsentFromEveryStep(t *testing.T, open func(t *testing.T) Harness) {
	t.Helper()
	c := baseline(t, open)
	eachHalfway(t, func(t *testing.T, n int, fault Fault, amnesia bool) bool {
		t.Helper()
		w := newScenario(t, open)
		w.actions = c.actions
		i := w.instance()
		i.reach()
		b := w.binding(i)
		reached := b.halfway(n, fault, amnesia)
		b.to(providers.Absent)
		w.left("after a bind cut short", c.instance)
		w.quiet("the instance", func() { i.to(providers.Present) })
		return reached
	})
}
