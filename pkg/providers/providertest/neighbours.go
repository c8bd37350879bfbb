package providertest

import (
	"strings"
	"testing"

	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/providers"
)

// bindingsAreIndependent: each has credentials of its own, and outlives the others.
func bindingsAreIndependent(t *testing.T, open func(t *testing.T) Harness) {
	t.Helper()
	c := baseline(t, open)
	w := newScenario(t, open)
	i := w.instance()
	i.reach()
	first, second := w.binding(i), w.binding(i)
	first.reach()
	second.reach()
	w.left("with two bindings", c.instance+2*(c.binding-c.instance))
	for _, name := range w.Secret {
		if first.creds[name] == second.creds[name] && !w.Capabilities.BindingMakesNothing {
			t.Errorf("both bindings have the same %s", name)
		}
	}
	first.to(providers.Absent)
	w.left("with one binding", c.binding)
	w.quiet("the other binding", func() { second.to(providers.Present) })
	second.to(providers.Absent)
	i.to(providers.Absent)
	w.left("at the end", 0)
}

// instancesAreIndependent: so are instances.
func instancesAreIndependent(t *testing.T, open func(t *testing.T) Harness) {
	t.Helper()
	c := baseline(t, open)
	w := newScenario(t, open)
	first, second := w.instance(), w.instance()
	first.reach()
	second.reach()
	w.left("with two instances", 2*c.instance)
	first.to(providers.Absent)
	w.left("with one instance", c.instance)
	w.quiet("the other instance", func() { second.to(providers.Present) })
	second.to(providers.Absent)
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
	i.begin(providers.Present)
	i.task.Was = &providers.Was{Settings: i.task.Settings, Parameters: i.task.Parameters}
	i.task.Settings, i.task.Parameters = w.Update.Settings, w.Update.Parameters
	i.plan()
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
	w.quiet("an instance that is up to date", func() { i.to(providers.Present) })
	i.task.Was = nil
	w.quiet("the instance, later", func() { i.to(providers.Present) })
	w.quiet("its binding", func() { b.to(providers.Present) })
	b.to(providers.Absent)
	i.to(providers.Absent)
	w.left("at the end", 0)
	return calls
}

// secretsStaySecret: the secrets of the harness stay out of texts, errors and open
// facts. (The broken lives search for them too.)
func secretsStaySecret(t *testing.T, open func(t *testing.T) Harness) {
	t.Helper()
	w := newScenario(t, open)
	if len(w.Secret) == 0 && !w.Capabilities.BindingMakesNothing {
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
	w.keptSecret(i, b)
}

// keptSecret checks open facts, texts and errors so far for secrets of the actors.
func (w *scenario) keptSecret(actors ...*actor) {
	w.t.Helper()
	secrets := map[string]string{}
	for _, a := range actors {
		if a.creds != nil {
			for _, name := range w.Secret {
				secrets[name] = a.creds[name]
			}
		}
		for name, value := range a.task.Facts.Secrets {
			secrets["the secret fact "+name] = value
		}
	}
	for name, value := range secrets {
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
