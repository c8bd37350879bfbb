package providertest

import (
	"encoding/json"
	"errors"
	"fmt"
	"reflect"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/providers"
)

// Ids of platforms are any string up to 63 characters.
const (
	instanceID = "1 Instance/ü%:\"{}?#"
	bindingID  = "2 Binding/ü%:\"{}?#"
	broker     = "providertest"
)

// maxAttempts ends an endless loop.
const maxAttempts = 300

// A scenario is a harness with the counters of one test.
type scenario struct {
	Harness

	t     *testing.T
	lives int
	ops   int
	calls int // mutating steps begun so far

	breakAt int      // the step to break, from 1; 0: none
	fault   Fault    // how
	actions []string // the mutating actions that there are
	said    []string // every text shown to people
}

func newScenario(t *testing.T, open func(t *testing.T) Harness) *scenario {
	t.Helper()
	return &scenario{Harness: open(t), t: t}
}

// An actor is the record of an instance or binding with the engine's loop.
type actor struct {
	*scenario

	task   providers.Task
	of     *actor
	frozen map[string]json.RawMessage
	op     string
	creds  map[string]string

	// refusals are the errors of definitely refused steps. A provider that gives
	// such a step again has no other way, and the operation fails.
	refusals map[string]error
	// lenient is for Drive: a failed Observe is repeated, and a step may make a
	// page of calls of one action. Otherwise both fail the test.
	lenient bool
	last    error
}

func (w *scenario) life() providers.Life {
	w.lives++
	return providers.Life{BrokerID: broker, Incarnation: fmt.Sprintf("%032x", w.lives)}
}

func (w *scenario) instance() *actor {
	a := &actor{scenario: w, task: providers.Task{
		Kind: providers.Instance, InstanceID: instanceID, Life: w.life(), Region: "cn-hangzhou",
		Labels:   providers.Labels{Offering: "offering", Plan: "plan", Platform: "kubernetes", Namespace: "namespace"},
		Settings: w.Instance.Settings, Parameters: w.Instance.Parameters, Deletion: w.Instance.Deletion,
	}}
	a.prepare(providers.Present)
	return a
}

func (w *scenario) binding(of *actor) *actor {
	a := &actor{scenario: w, of: of, task: providers.Task{
		Kind: providers.Binding, InstanceID: instanceID, BindingID: bindingID, Life: w.life(), Region: "cn-hangzhou",
		Labels:   of.task.Labels,
		Settings: w.Instance.Settings, Parameters: w.Binding.Parameters, Deletion: w.Instance.Deletion,
	}}
	a.prepare(providers.Present)
	return a
}

// prepare begins the first operation.
func (a *actor) prepare(goal providers.Goal) {
	a.t.Helper()
	a.begin(goal)
	a.plan()
}

// plan lets the provider prepare the task.
func (a *actor) plan() {
	a.t.Helper()
	task := a.given()
	Prepare(a.t, a.Provider, &task)
	a.task.Plan, a.task.Body = task.Plan, task.Body
}

// begin begins another operation.
func (a *actor) begin(goal providers.Goal) {
	a.ops++
	a.op = strconv.Itoa(a.ops)
	a.task.Goal, a.task.Refused = goal, nil
	a.frozen, a.refusals = map[string]json.RawMessage{}, map[string]error{}
}

// given is the task as a record gives it to Prepare and Next: a copy of
// everything, without large values.
func (a *actor) given() providers.Task {
	task := a.readable()
	task.Body = nil
	if task.Of != nil {
		task.Of.Body = nil
	}
	return task
}

// readable is given with large values, as Observe and Do get the task.
func (a *actor) readable() providers.Task {
	task := a.task
	task.Plan = slices.Clone(task.Plan)
	task.Facts = task.Facts.Merge(providers.Facts{})
	switch {
	case a.of != nil:
		of := a.of.readable()
		task.Of = &of
	case task.Of != nil:
		of := *task.Of
		task.Of = &of
	}
	return task
}

// to drives the actor to its goal.
func (a *actor) to(goal providers.Goal) {
	a.t.Helper()
	a.begin(goal)
	a.reach()
}

// reach goes on with the operation until it is done.
func (a *actor) reach() {
	a.t.Helper()
	if !a.until(func(providers.Step) bool { return false }) {
		a.t.Fatalf("%s to %s: stopped before its end", a.task.Kind, a.task.Goal)
	}
	if a.task.Goal == providers.Present {
		a.task.Usable = true
	}
}

// until drives the actor until it is done (true), or until stop says so after
// a call (false).
func (a *actor) until(stop func(providers.Step) bool) bool {
	a.t.Helper()
	for range maxAttempts {
		step := a.attempt()
		switch step.Action {
		case providers.Done:
			if a.task.Kind == providers.Binding && a.task.Goal == providers.Present {
				a.creds = step.Credentials
			}
			return true
		case providers.Wait:
			a.Cloud.Advance(20 * time.Second)
		case providers.Fail:
			a.t.Fatalf("%s to %s failed: %s: %s", a.task.Kind, a.task.Goal, step.Kind, step.Text)
		case providers.Call:
			if stop(step) {
				return false
			}
		}
	}
	a.t.Fatalf("%s to %s: not done after %d attempts", a.task.Kind, a.task.Goal, maxAttempts)
	return false
}

var stepNames = regexp.MustCompile(`^[a-z-]+$`)

// attempt is one attempt of the engine. It checks the contract on the way.
func (a *actor) attempt() providers.Step {
	a.t.Helper()
	before := len(a.Cloud.Mutations())
	seen, err := a.Provider.Observe(a.t.Context(), a.readable())
	if err != nil {
		if a.last = err; !a.lenient {
			a.t.Fatalf("Observe(%s to %s): %v", a.task.Kind, a.task.Goal, err)
		}
		return providers.Step{Action: providers.Wait}
	}
	if made := a.Cloud.Mutations()[before:]; len(made) > 0 {
		a.t.Errorf("Observe made mutating calls: %q", made)
	}
	a.learn(seen.Facts)
	task := a.given()
	step := a.Provider.Next(task, seen)
	if again := a.Provider.Next(task, seen); !reflect.DeepEqual(step, again) {
		a.t.Errorf("Next is not pure: first %s %s, then %s %s", step.Action, step.Name, again.Action, again.Name)
	}
	if !reflect.DeepEqual(a.given(), task) {
		a.t.Errorf("Next changed its task:\n%s", cmp.Diff(a.given(), task))
	}
	a.said = append(a.said, step.Text)
	if step.Action != providers.Done && step.Action != providers.Call && step.Text == "" {
		a.t.Errorf("the %s step %q has no text", step.Action, step.Name)
	}
	if step.Action == providers.Done && a.task.Goal == providers.Absent && seen.Exists {
		a.t.Error("absent is Done while something exists")
	}
	if step.Action != providers.Call {
		return step
	}
	if err := a.refusals[step.Name]; err != nil && a.task.Goal == providers.Present {
		return providers.FailStep(providers.Invalid, providers.Sentence(err))
	}
	a.call(step)
	return step
}

// call makes the call of a step, with the request of the first time.
func (a *actor) call(step providers.Step) {
	a.t.Helper()
	if !stepNames.MatchString(step.Name) || !json.Valid(step.Request) {
		a.t.Errorf("step %q: the name must be of [a-z-]+ and the request must be JSON", step.Name)
	}
	if frozen, ok := a.frozen[step.Key()]; ok {
		step.Request = frozen
	}
	a.frozen[step.Key()] = step.Request
	step.Token = a.task.Life.Token(a.op, step.Key())
	a.calls++
	broken := a.calls == a.breakAt
	if broken {
		a.Cloud.Break(a.fault, a.actions)
	}
	before := len(a.Cloud.Mutations())
	facts, err := a.Provider.Do(a.t.Context(), a.readable(), step)
	if broken {
		a.Cloud.Mend()
	}
	made := a.Cloud.Mutations()[before:]
	if a.lenient {
		made = slices.Compact(made)
	}
	if len(made) > 1 {
		a.t.Errorf("step %s made more than one mutating call: %q", step.Name, made)
	}
	a.learn(facts)
	if err == nil {
		if broken && a.fault != None {
			a.t.Logf("step %s hid the fault %q", step.Name, a.fault)
		}
		return
	}
	a.last = err
	a.said = append(a.said, err.Error(), providers.Sentence(err))
	a.checkError(step, facts, err, broken)
	a.Cloud.Advance(20 * time.Second)
}

func (a *actor) checkError(step providers.Step, facts providers.Facts, err error, broken bool) {
	a.t.Helper()
	lost := a.fault == Dropped || a.fault == Lost || a.fault == LateError
	switch {
	case broken && lost && !errors.Is(err, providers.ErrOutcomeUnknown):
		a.t.Errorf("step %s with the fault %q: the outcome must be unknown: %v", step.Name, a.fault, err)
	case broken && (a.fault == Dropped || a.fault == Refused) && !facts.IsZero():
		a.t.Errorf("step %s had no effect and yet gave facts: %v", step.Name, facts.Open)
	case broken && a.fault == Refused && !errors.Is(err, providers.ErrThrottled):
		a.t.Errorf("step %s with the fault %q: must be throttled: %v", step.Name, a.fault, err)
	case broken:
	case refused(err):
		a.task.Refused = append(a.task.Refused, step.Name)
		a.refusals[step.Name] = err
		delete(a.frozen, step.Key())
	}
}

func (a *actor) learn(facts providers.Facts) {
	a.task.Facts = a.task.Facts.Merge(facts)
	for name, value := range facts.Open {
		a.said = append(a.said, name+"="+value)
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

// refused reports whether the cloud has definitely refused a call, and would again.
func refused(err error) bool {
	return errors.Is(err, providers.ErrInvalid) || errors.Is(err, providers.ErrSoldOut)
}
