package providertest

import (
	"fmt"
	"strings"
	"testing"

	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/providers"
)

// A scenario is a harness with the counters and the findings of one test.
type scenario struct {
	Harness

	t     *testing.T
	lives int
	calls int // mutating steps begun so far

	breakAt int      // the step to break, from 1; 0: none
	fault   Fault    // how
	actions []string // the mutating actions that there are
	crashAt int      // the step after which crash is called; 0: none
	crash   func()

	// lenient is for Drive: an Observe may fail, and a step may make a page of
	// calls of one action. Otherwise both fail the test.
	lenient bool
	// foreign allows the error ErrForeign of an Observe.
	foreign bool

	unseen  error             // of an Observe that must not fail
	said    []string          // every text shown to people
	secrets map[string]string // every secret fact, to its name
	facts   providers.Facts   // all that calls and observations returned
	asked   providers.Task    // of the last Next
	decided providers.Step    // the last step
}

func newScenario(t *testing.T, open func(t *testing.T) Harness) *scenario {
	t.Helper()
	return &scenario{Harness: open(t), t: t, secrets: map[string]string{}}
}

// life returns a fresh incarnation.
func (w *scenario) life() providers.Life {
	w.lives++
	return providers.Life{BrokerID: broker, Incarnation: fmt.Sprintf("%032x", w.lives)}
}

// learn keeps the facts of a call or an observation.
func (w *scenario) learn(facts providers.Facts) {
	w.facts = w.facts.Merge(facts)
	for name, value := range facts.Open {
		w.said = append(w.said, name+"="+value)
	}
	for name, value := range facts.Secrets {
		w.secrets[value] = "the secret fact " + name
	}
}

// quiet checks that f makes only reads.
func (w *scenario) quiet(what string, f func()) {
	w.t.Helper()
	before := len(w.Cloud.Mutations())
	f()
	if made := w.Cloud.Mutations()[before:]; len(made) > 0 {
		w.t.Errorf("%s made mutating calls: %q", what, made)
	}
}

// left checks how many things exist.
func (w *scenario) left(when string, want int) {
	w.t.Helper()
	if left := w.Cloud.Left(); len(left) != want {
		w.t.Errorf("%s: %d things exist, want %d:\n%s", when, len(left), want, strings.Join(left, "\n"))
	}
}
