package providertest

import (
	"maps"
	"strings"
	"testing"
)

// bindingsAreIndependent: each has credentials of its own, and outlives the others.
func bindingsAreIndependent(t *testing.T, open func(t *testing.T) Harness) {
	t.Helper()
	c := baseline(t, open)
	w := newScenario(t, open)
	i := w.instance()
	i.reach()
	first, second := w.binding(i), w.binding(i.elsewhere()) // of the same id
	first.reach()
	second.reach()
	w.left("with two bindings", c.instance+2*(c.binding-c.instance))
	for _, name := range w.Secret {
		if first.creds[name] == second.creds[name] && !w.Capabilities.BindingMakesNothing {
			t.Errorf("both bindings have the same %s", name)
		}
	}
	first.remove()
	w.left("with one binding", c.unbound+c.binding-c.instance)
	w.quiet("the other binding", second.makeAgain)
	second.remove()
	i.remove()
	w.left("at the end", 0)
}

// instancesAreIndependent: so are instances.
func instancesAreIndependent(t *testing.T, open func(t *testing.T) Harness) {
	t.Helper()
	c := baseline(t, open)
	w := newScenario(t, open)
	first, second := w.instance(), w.instance() // of the same id
	first.reach()
	second.reach()
	w.left("with two instances", 2*c.instance)
	first.remove()
	w.left("with one instance", c.instance)
	w.quiet("the other instance", second.makeAgain)
	second.remove()
	w.left("at the end", 0)
}

// updateBroken: an update keeps names and bindings, and ends well however its
// calls break.
func updateBroken(t *testing.T, open func(t *testing.T) Harness) {
	t.Helper()
	c := baseline(t, open)
	smooth := newScenario(t, open)
	calls := smooth.update(0, c)
	for _, fault := range allFaults() {
		for n := 1; n <= calls; n++ {
			w := newScenario(t, open)
			w.fault, w.actions = fault, smooth.Cloud.Mutations()
			w.update(n, c)
		}
	}
}

// update breaks the n-th call of an update, if n > 0, and returns the number of
// calls.
func (w *scenario) update(n int, c counts) int {
	w.t.Helper()
	i := w.instance()
	i.reach()
	b := w.binding(i)
	b.reach()
	i.update(*w.Update)
	before := w.calls
	if n > 0 {
		w.breakAt = before + n
	}
	i.reach()
	calls := w.calls - before
	if calls == 0 {
		w.t.Error("the update made no call")
	}
	w.left("after an update", c.binding)
	w.quiet("an instance that is up to date", i.endAgain)
	w.quiet("the instance, later", i.makeAgain)
	w.quiet("its binding", b.makeAgain)
	b.remove()
	i.remove()
	w.left("at the end", 0)
	return calls
}

// secretsStaySecret: the secrets of the harness stay out of texts, errors and open
// facts. (The broken lives search for them too.)
func secretsStaySecret(t *testing.T, open func(t *testing.T) Harness) {
	t.Helper()
	w := newScenario(t, open)
	if len(w.Secret) == 0 && !w.Capabilities.BindingMakesNothing && !w.Capabilities.NoSecrets {
		t.Fatal("the harness names no secret credentials")
	}
	i := w.instance()
	i.reach()
	b := w.binding(i)
	b.reach()
	for _, name := range w.Secret {
		if b.creds[name] == "" {
			t.Errorf("the secret credential %s is empty", name)
		}
	}
	if w.Capabilities.NoSecrets && len(w.secrets)+len(w.Secret) > 0 {
		t.Errorf("the bindings have secrets, though the service has none: %d sealed facts, %v", len(w.secrets), w.Secret)
	}
	w.keptSecret(i, b)
}

// keptSecret checks open facts, texts and errors so far for secrets of the actors.
func (w *scenario) keptSecret(actors ...*actor) {
	w.t.Helper()
	secrets := map[string]string{} // names, by value
	maps.Copy(secrets, w.secrets)
	for _, a := range actors {
		for _, name := range w.Secret {
			secrets[a.creds[name]] = name
		}
	}
	for value, name := range secrets {
		for _, text := range w.said {
			if value != "" && strings.Contains(text, value) {
				w.t.Errorf("%s shows in %q", name, strings.ReplaceAll(text, value, "***"))
			}
		}
	}
}

// namesFromLives: ids of the platform stay out of names in the cloud, since they may
// be any text.
func namesFromLives(t *testing.T, open func(t *testing.T) Harness) {
	t.Helper()
	w := newScenario(t, open)
	i := w.instance()
	i.reach()
	w.binding(i).reach()
	for _, thing := range w.Cloud.Left() {
		for _, id := range []string{instanceID, bindingID} {
			if strings.Contains(thing, id) {
				t.Errorf("an id of the platform shows in %q", thing)
			}
		}
	}
}
