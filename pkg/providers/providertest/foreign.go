package providertest

import (
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/providers"
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/store"
)

// foreignResource: the open facts of an instance and a binding are those of another
// record, such as after an edit of the store. The resources of that record stay as
// they are. No operation succeeds by them, and none counts them as gone; once the
// facts are repaired, a retry goes on.
func foreignResource(t *testing.T, open func(t *testing.T) Harness) {
	t.Helper()
	w := newScenario(t, open)
	victim := w.instance()
	victim.reach()
	victimBinding := w.binding(victim)
	victimBinding.reach()
	before := w.Cloud.Left()

	own := w.instance()
	own.reach()
	ownBinding := w.binding(own)
	ownBinding.reach()
	repaired := []func(){own.takeFacts(victim), ownBinding.takeFacts(victimBinding)}
	other, unbound := own.elsewhere(), own.elsewhere() // without bindings
	all := w.Cloud.Left()

	w.foreign = true
	late := w.binding(other)
	late.meetsForeign("a bind")
	late.avoids(victim.record.Facts[w.Resource])
	ownBinding.beginRemoval()
	ownBinding.meetsForeign("an unbind")
	if w.Update != nil {
		own.update(*w.Update)
		own.meetsForeign("an update")
	}
	if !w.Capabilities.SealedIDs {
		unbound.beginRemoval()
		unbound.heldBack("a deprovision")
		w.same("with foreign ids", all)
		for _, repair := range repaired {
			repair()
		}
		other.takeFacts(own)
		unbound.takeFacts(own)
		w.foreign = false
		late.retry()
		late.reach()
		own.retry()
		ownBinding.settle()
		own.reach()
	}
	late.remove()
	own.remove()
	if !w.Capabilities.SealedIDs {
		unbound.retry()
		unbound.settle()
	}
	w.same("after the repair", before)
	w.quiet("the other instance", victim.makeAgain)
	w.quiet("its binding", victimBinding.makeAgain)
	victimBinding.remove()
	victim.remove()
	w.left("at the end", 0)
}

// lostFacts: the open facts are gone, or name a resource that is missing. Resources
// are found again by their marks, so that nothing is left over.
func lostFacts(t *testing.T, open func(t *testing.T) Harness) {
	t.Helper()
	for name, fact := range map[string]string{"gone": "", "of nothing": "rm-0missing0"} {
		t.Run(name, func(t *testing.T) {
			w := newScenario(t, open)
			i := w.instance()
			i.reach()
			b := w.binding(i)
			b.reach()
			for _, a := range []*actor{i, b} {
				a.record = a.force(a.key, func(r *store.Record) error {
					r.Facts = nil
					if fact != "" && w.Resource != "" && a == i {
						r.Facts = map[string]string{w.Resource: fact}
					}
					return nil
				})
			}
			b.remove()
			i.remove()
			w.left("at the end", 0)
		})
	}
}

// unmarkedResource: the resource of an instance has lost our marks. It is left
// alone, and is not counted as deleted.
func unmarkedResource(t *testing.T, open func(t *testing.T) Harness) {
	t.Helper()
	w := newScenario(t, open)
	i := w.instance()
	i.reach()
	restore := w.Unmark(t, i.record.Facts[w.Resource])
	before := w.Cloud.Left()
	w.foreign = true
	if w.Update != nil {
		i.update(*w.Update)
		i.heldBack("an update")
	}
	i.beginRemoval()
	i.heldBack("a deprovision")
	w.same("without our marks", before)
	w.foreign = false
	restore()
	i.retry()
	i.reach()
	w.left("at the end", 0)
}

// takeFacts replaces the open facts by those of another record. repair undoes it.
func (a *actor) takeFacts(from *actor) (repair func()) {
	a.t.Helper()
	was, facts := maps.Clone(a.record.Facts), maps.Clone(from.record.Facts)
	set := func(to map[string]string) {
		a.record = a.force(a.key, func(r *store.Record) error {
			r.Facts = to
			return nil
		})
	}
	set(facts)
	return func() { set(was) }
}

// meetsForeign drives an operation whose record names foreign resources: it ends
// well with its own ones, where all ids are sealed, and is held back otherwise.
func (a *actor) meetsForeign(what string) {
	a.t.Helper()
	if a.Capabilities.SealedIDs {
		a.reach()
		return
	}
	a.heldBack(what)
}

// avoids checks that the credentials do not lead to another resource.
func (a *actor) avoids(resource string) {
	a.t.Helper()
	for name, value := range a.creds {
		if resource != "" && strings.Contains(value, resource) {
			a.t.Errorf("the credential %s leads to the other resource %s", name, resource)
		}
	}
}

// foreignPasses is the number of passes for which an operation must be held back.
const foreignPasses = 8

// heldBack checks that an operation waits for the operator: no call is made, and
// the user sees one sentence.
func (a *actor) heldBack(what string) {
	a.t.Helper()
	said := map[string]bool{}
	a.quiet(what, func() {
		for range foreignPasses {
			next, err := a.passes.Run(a.t.Context(), a.Cloud.Now(), a.key)
			if err != nil || next.IsZero() {
				a.t.Fatalf("%s: the pass ended with %v and the next attempt at %v", what, err, next)
			}
			a.read()
			op := a.record.Operation
			if op.Attempt == 0 && op.State == store.Pending {
				continue // the pass queued the instance for its tenant
			}
			said[op.Description] = true
			if op.State.Finished() || a.record.Settled || op.CauseKind != string(providers.Operator) || op.Description == "" {
				a.t.Fatalf("%s with a foreign resource: %s (%s): %s", what, op.State, op.CauseKind, op.Description)
			}
			if wait := next.Sub(a.Cloud.Now()); wait > 0 {
				a.Cloud.Advance(wait)
			}
		}
	})
	if len(said) != 1 {
		a.t.Errorf("%s: the user sees %q", what, slices.Sorted(maps.Keys(said)))
	}
}

// retry asks for the unfinished operations again, as the operator does.
func (a *actor) retry() {
	a.t.Helper()
	if err := a.passes.Retry(a.t.Context(), a.key.InstanceID); err != nil {
		a.t.Fatal(err)
	}
	a.read()
}

// settle drives the record to its end.
func (a *actor) settle() {
	a.t.Helper()
	if !a.drive(isSettled) {
		a.t.Fatalf("%s: the process crashed before its end", a.key)
	}
}

// same checks that the same things exist as before.
func (w *scenario) same(when string, want []string) {
	w.t.Helper()
	if diff := cmp.Diff(want, w.Cloud.Left()); diff != "" {
		w.t.Errorf("%s: other things exist (-want, +there):\n%s", when, diff)
	}
}
