package providertest

import (
	"context"
	"encoding/json"
	"errors"
	"maps"
	"reflect"
	"regexp"
	"slices"

	"github.com/google/go-cmp/cmp"

	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/providers"
)

// A watched provider is the harness's provider in the hands of the engine. Each
// method is checked against the contract, and a chosen call breaks.
type watched struct {
	providers.Provider

	scenario *scenario
}

// Observe implements providers.Provider: it only reads.
func (p watched) Observe(ctx context.Context, task providers.Task) (providers.Seen, error) {
	w := p.scenario
	before := len(w.Cloud.Mutations())
	seen, err := p.Provider.Observe(ctx, task)
	if made := w.Cloud.Mutations()[before:]; len(made) > 0 {
		w.t.Errorf("Observe made mutating calls: %q", made)
	}
	isAllowed := w.lenient || w.foreign && errors.Is(err, providers.ErrForeign)
	if err != nil && !isAllowed {
		w.unseen = err
		w.t.Errorf("Observe(%s to %s): %v", task.Kind, task.Goal, err)
	}
	if err == nil {
		w.learn(seen.Facts)
	}
	return seen, err
}

var stepNames = regexp.MustCompile(`^[a-z-]+$`)

// Next implements providers.Provider: it is pure, and its step is complete.
func (p watched) Next(task providers.Task, seen providers.Seen) providers.Step {
	w := p.scenario
	given := copyOf(task)
	step := p.Provider.Next(task, seen)
	if again := p.Provider.Next(task, seen); !reflect.DeepEqual(step, again) {
		w.t.Errorf("Next is not pure: first %s %s, then %s %s", step.Action, step.Name, again.Action, again.Name)
	}
	if !reflect.DeepEqual(given, task) {
		w.t.Errorf("Next changed its task:\n%s", cmp.Diff(given, task))
	}
	w.said = append(w.said, step.Text)
	switch {
	case step.Action == providers.Call && (!stepNames.MatchString(step.Name) || !json.Valid(step.Request)):
		w.t.Errorf("step %q: the name must be of [a-z-]+ and the request must be JSON", step.Name)
	case (step.Action == providers.Wait || step.Action == providers.Fail) && step.Text == "":
		w.t.Errorf("the %s step %q has no text", step.Action, step.Name)
	case step.Action == providers.Done && task.Goal == providers.Absent && seen.Exists:
		w.t.Error("absent is Done while something exists")
	}
	w.asked, w.decided = task, step
	return step
}

// Do implements providers.Provider: it makes one mutating call.
func (p watched) Do(ctx context.Context, task providers.Task, step providers.Step) (providers.Facts, error) {
	w := p.scenario
	w.calls++
	broken := w.calls == w.breakAt
	if broken {
		w.Cloud.Break(w.fault, w.actions)
	}
	before := len(w.Cloud.Mutations())
	facts, err := p.Provider.Do(ctx, task, step)
	if broken {
		w.Cloud.Mend()
	}
	made := w.Cloud.Mutations()[before:]
	if w.lenient {
		made = slices.Compact(made)
	}
	if len(made) > 1 {
		w.t.Errorf("step %s made more than one mutating call: %q", step.Name, made)
	}
	w.learn(facts)
	switch {
	case err != nil:
		w.said = append(w.said, err.Error(), providers.Sentence(err))
		if broken {
			p.checkError(step, facts, err)
		}
	case broken && w.fault != None:
		w.t.Logf("step %s hid the fault %q", step.Name, w.fault)
	}
	if w.calls == w.crashAt {
		w.crash()
	}
	return facts, err
}

// checkError checks the class of the error of a broken call.
func (p watched) checkError(step providers.Step, facts providers.Facts, err error) {
	w := p.scenario
	lost := w.fault == Dropped || w.fault == Lost || w.fault == LateError
	switch {
	case lost && !errors.Is(err, providers.ErrOutcomeUnknown):
		w.t.Errorf("step %s with the fault %q: the outcome must be unknown: %v", step.Name, w.fault, err)
	case (w.fault == Dropped || w.fault == Refused) && !facts.IsZero():
		w.t.Errorf("step %s had no effect and yet gave facts: %v", step.Name, facts.Open)
	case w.fault == Refused && !errors.Is(err, providers.ErrThrottled):
		w.t.Errorf("step %s with the fault %q: must be throttled: %v", step.Name, w.fault, err)
	}
}

// copyOf returns a copy of a task that shares no memory with it.
func copyOf(task providers.Task) providers.Task {
	task.Settings, task.Parameters = slices.Clone(task.Settings), slices.Clone(task.Parameters)
	task.Plan, task.Refused = slices.Clone(task.Plan), slices.Clone(task.Refused)
	task.Facts = providers.Facts{Open: maps.Clone(task.Facts.Open), Secrets: maps.Clone(task.Facts.Secrets)}
	if task.Was != nil {
		task.Was = &providers.Was{Settings: slices.Clone(task.Was.Settings), Parameters: slices.Clone(task.Was.Parameters)}
	}
	if task.Of != nil {
		of := copyOf(*task.Of)
		task.Of = &of
	}
	return task
}
