package providertest

import (
	"fmt"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// counts are the numbers of resources in the course of a life without faults.
type counts struct {
	instance int // an instance is there
	binding  int // and a binding
	unbound  int // the binding is gone
	calls    int
	actions  []string
}

// live makes an instance and a binding and removes both.
func (p *process) live(check func(when string)) {
	p.t.Helper()
	i := p.instance()
	i.reach()
	check("instance made")
	b := p.binding(i)
	b.reach()
	check("binding made")
	b.remove()
	check("binding removed")
	i.remove()
	check("instance removed")
	p.keptSecret(b, i)
}

func baseline(t *testing.T, open func(t *testing.T) Harness) counts {
	t.Helper()
	var c counts
	w := newScenario(t, open)
	w.process(broker).live(func(when string) {
		n := len(w.Cloud.Left())
		switch when {
		case "instance made":
			c.instance = n
		case "binding made":
			c.binding = n
		case "binding removed":
			c.unbound = n
		default:
			w.left(when, 0)
		}
	})
	c.calls = w.calls
	c.actions = w.Cloud.Mutations()
	slices.Sort(c.actions)
	c.actions = slices.Compact(c.actions)
	return c
}

// check compares a life with the baseline.
func (c counts) check(w *scenario) func(string) {
	return func(when string) {
		w.t.Helper()
		w.left(when, map[string]int{"instance made": c.instance, "binding made": c.binding, "binding removed": c.unbound}[when])
	}
}

// wholeLife: everything is made once, and removed.
func wholeLife(t *testing.T, open func(t *testing.T) Harness) {
	t.Helper()
	c := baseline(t, open)
	has := open(t).Capabilities
	unbound := c.instance
	if has.BindingLeavesOne {
		unbound++
	}
	if (c.instance == 0) != has.InstanceMakesNothing || (c.binding == c.instance) != has.BindingMakesNothing ||
		c.binding < c.instance || c.unbound != unbound {
		t.Errorf("things that exist: %d with an instance, %d with a binding, %d after it", c.instance, c.binding, c.unbound)
	}
}

// wholeLifeBroken: each mutating call meets each fault once, and the end is
// the same.
func wholeLifeBroken(t *testing.T, open func(t *testing.T) Harness) {
	t.Helper()
	c := baseline(t, open)
	for _, fault := range allFaults() {
		for n := 1; n <= c.calls; n++ {
			t.Run(fmt.Sprintf("%s/%d", fault, n), func(t *testing.T) {
				w := newScenario(t, open)
				w.breakAt, w.fault, w.actions = n, fault, c.actions
				w.process(broker).live(c.check(w))
				if w.calls < n {
					t.Errorf("only %d calls were made", w.calls)
				}
			})
		}
	}
}

// resourceIsTold: the facts of an instance have the id of its resource, under the
// name in the service's descriptor.
func resourceIsTold(t *testing.T, open func(t *testing.T) Harness) {
	t.Helper()
	w := newScenario(t, open)
	i := w.instance()
	i.reach()
	if i.record.Facts[w.Resource] == "" {
		t.Errorf("the facts %v lack the resource %q", i.record.Facts, w.Resource)
	}
}

// doneStaysDone: a goal that is reached is seen to be reached, and the
// credentials are the same ones.
func doneStaysDone(t *testing.T, open func(t *testing.T) Harness) {
	t.Helper()
	w := newScenario(t, open)
	i := w.instance()
	i.reach()
	w.quiet("a ready instance", i.makeAgain)
	b := w.binding(i)
	b.reach()
	first := b.creds
	if len(first) == 0 {
		t.Fatal("the binding has no credentials")
	}
	for name, value := range first {
		if value == "" {
			t.Errorf("the credential %s is empty", name)
		}
	}
	w.quiet("a ready binding", b.makeAgain)
	if diff := cmp.Diff(first, b.creds); diff != "" {
		t.Errorf("credentials changed (-first, +second):\n%s", diff)
	}
	b.remove()
	w.quiet("an absent binding", b.endAgain)
	i.remove()
	w.quiet("an absent instance", i.endAgain)
	w.left("at the end", 0)
}

// absentOfNothing: an instance or binding without resources is absent at once.
func absentOfNothing(t *testing.T, open func(t *testing.T) Harness) {
	t.Helper()
	w := newScenario(t, open)
	never := w.instance()
	w.quiet("an instance that never was", never.remove)
	failed := w.instance()
	w.quiet("an instance whose provision failed", failed.cleanUp)
	orphan := w.binding(failed)
	w.quiet("a binding whose instance never was", orphan.remove)

	i := w.instance()
	i.reach()
	b := w.binding(i)
	w.quiet("a binding that never was", b.remove)
	late := w.binding(i.elsewhere())
	i.remove()
	w.quiet("a binding whose instance is gone", late.remove)
}

// newLife: the ids of a platform come again, and mean something new.
func newLife(t *testing.T, open func(t *testing.T) Harness) {
	t.Helper()
	c := baseline(t, open)
	w := newScenario(t, open)
	p := w.process(broker)
	p.live(c.check(w))
	p.live(c.check(w))
}
