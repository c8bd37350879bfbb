package providertest

import (
	"fmt"
	"testing"
)

// halfway drives an actor up to its n-th call, which ends as fault says; then the
// process crashes and starts again. It reports whether there was such a call. The
// result of the call is stored before the crash, or forgotten.
func (a *actor) halfway(n int, fault Fault, forgotten bool) bool {
	a.t.Helper()
	a.breakAt, a.fault, a.crashAt = a.calls+n, fault, a.calls+n
	a.crash = func() { a.records.Faulty.FailWrite(1, !forgotten) }
	ended := a.drive(hasEnded)
	a.breakAt, a.crashAt = 0, 0
	if !ended {
		a.start()
		a.read()
	}
	return !ended
}

// eachHalfway runs test for every number of calls, ending and forgotten.
func eachHalfway(t *testing.T, test func(t *testing.T, n int, fault Fault, forgotten bool) (reached bool)) {
	t.Helper()
	for _, fault := range []Fault{None, Dropped, Lost} { // the ways in which the last call may end
		for _, forgotten := range []bool{false, true} {
			for n, more := 1, true; more && n < maxAttempts; n++ {
				name := fmt.Sprintf("call %d %s", n, fault)
				if forgotten {
					name += " and forgotten"
				}
				t.Run(name, func(t *testing.T) { more = test(t, n, fault, forgotten) })
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
	eachHalfway(t, func(t *testing.T, n int, fault Fault, forgotten bool) bool {
		t.Helper()
		w := newScenario(t, open)
		w.actions = c.actions
		i := w.instance()
		reached := i.halfway(n, fault, forgotten)
		i.remove()
		w.left("after a provision cut short", 0)
		return reached
	})
}

// bindingAbsentFromEveryStep: so does a bind; the instance stays.
func bindingAbsentFromEveryStep(t *testing.T, open func(t *testing.T) Harness) {
	t.Helper()
	c := baseline(t, open)
	eachHalfway(t, func(t *testing.T, n int, fault Fault, forgotten bool) bool {
		t.Helper()
		w := newScenario(t, open)
		w.actions = c.actions
		i := w.instance()
		i.reach()
		b := w.binding(i)
		reached := b.halfway(n, fault, forgotten)
		b.remove()
		want := c.instance
		if !reached { // it was in use
			want = c.unbound
		}
		w.left("after a bind cut short", want)
		w.quiet("the instance", i.makeAgain)
		return reached
	})
}
