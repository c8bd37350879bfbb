package providertest

import (
	"encoding/json"
	"testing"
	"time"

	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/providers"
)

// Drive brings a task to its end, as the engine does, and returns the last
// step: Done or Fail. Facts are merged into the task. A call that the cloud
// refuses as invalid or sold out ends in a Fail with the cloud's sentence,
// unless the provider knows another way. It is for a provider's own tests.
func Drive(t *testing.T, h Harness, task *providers.Task) providers.Step {
	t.Helper()
	frozen := map[string]json.RawMessage{}
	for range maxAttempts {
		seen, err := h.Provider.Observe(t.Context(), *task)
		if err != nil {
			t.Fatalf("Observe: %v", err)
		}
		task.Facts = task.Facts.Merge(seen.Facts)
		step := h.Provider.Next(*task, seen)
		switch step.Action {
		case providers.Done, providers.Fail:
			return step
		case providers.Call:
		case providers.Wait:
			h.Cloud.Advance(20 * time.Second)
			continue
		}
		if _, ok := frozen[step.Key()]; !ok {
			frozen[step.Key()] = step.Request
		}
		step.Request, step.Token = frozen[step.Key()], task.Life.Token(string(task.Goal), step.Key())
		facts, err := h.Provider.Do(t.Context(), *task, step)
		task.Facts = task.Facts.Merge(facts)
		if err == nil {
			continue
		}
		if refused(err) {
			task.Refused = append(task.Refused, step.Name)
			delete(frozen, step.Key())
			if next := h.Provider.Next(*task, seen); next.Action == providers.Call && next.Name == step.Name {
				return providers.FailStep(providers.Invalid, providers.Sentence(err))
			}
		}
		h.Cloud.Advance(20 * time.Second)
	}
	t.Fatalf("%s to %s: not done after %d attempts", task.Kind, task.Goal, maxAttempts)
	return providers.Step{}
}

// Prepare prepares a task; it fails the test where that fails.
func Prepare(t *testing.T, p providers.Provider, task *providers.Task) {
	t.Helper()
	plan, err := p.Prepare(*task)
	if err != nil {
		t.Fatalf("Prepare: %v", err)
	}
	task.Plan = plan
}
