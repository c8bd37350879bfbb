package providertest

import (
	"fmt"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/providers"
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
func (w *scenario) live(check func(when string)) {
	w.t.Helper()
	i := w.instance()
	i.reach()
	check("instance made")
	b := w.binding(i)
	b.reach()
	check("binding made")
	b.to(providers.Absent)
	check("binding removed")
	i.to(providers.Absent)
	check("instance removed")
	w.keptSecret(b, i)
}

func baseline(t *testing.T, open func(t *testing.T) Harness) counts {
	t.Helper()
	var c counts
	w := newScenario(t, open)
	w.live(func(when string) {
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
	if (c.instance == 0) != has.InstanceMakesNothing || (c.binding == c.instance) != has.BindingMakesNothing ||
		c.binding < c.instance || c.unbound != c.instance {
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
				w.live(c.check(w))
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
	if i.task.Facts.Open[w.Resource] == "" {
		t.Errorf("the facts %v lack the resource %q", i.task.Facts.Open, w.Resource)
	}
}

// doneStaysDone: a goal that is reached is seen to be reached, and the
// credentials are the same ones.
func doneStaysDone(t *testing.T, open func(t *testing.T) Harness) {
	t.Helper()
	w := newScenario(t, open)
	i := w.instance()
	i.reach()
	w.quiet("a ready instance", func() { i.to(providers.Present) })
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
	w.quiet("a ready binding", func() { b.to(providers.Present) })
	if diff := cmp.Diff(first, b.creds); diff != "" {
		t.Errorf("credentials changed (-first, +second):\n%s", diff)
	}
	b.to(providers.Absent)
	w.quiet("an absent binding", func() { b.to(providers.Absent) })
	i.to(providers.Absent)
	w.quiet("an absent instance", func() { i.to(providers.Absent) })
	w.left("at the end", 0)
}

// absentOfNothing: an instance or binding without resources is absent at once.
func absentOfNothing(t *testing.T, open func(t *testing.T) Harness) {
	t.Helper()
	w := newScenario(t, open)
	never := w.instance()
	w.quiet("an instance that never was", func() { never.to(providers.Absent) })
	orphan := w.binding(never)
	w.quiet("a binding whose instance never was", func() { orphan.to(providers.Absent) })

	i := w.instance()
	i.reach()
	b := w.binding(i)
	w.quiet("a binding that never was", func() { b.to(providers.Absent) })
	i.to(providers.Absent)
	w.quiet("a binding whose instance is gone", func() { b.to(providers.Absent) })
}

// newLife: the ids of a platform come again, and mean something new.
func newLife(t *testing.T, open func(t *testing.T) Harness) {
	t.Helper()
	c := baseline(t, open)
	w := newScenario(t, open)
	w.live(c.check(w))
	w.live(c.check(w))
}
