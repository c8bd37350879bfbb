package providertest

import (
	"testing"
	"time"

	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/providers"
)

// Drive brings a task to its end and returns the last step: Done or Fail. It is for
// a provider's own tests, and checks the contract as the suite does. Facts are
// merged into the task. A definitely refused call ends in a Fail with the cloud's
// sentence, unless the provider knows another way.
func Drive(t *testing.T, h Harness, task *providers.Task) providers.Step {
	t.Helper()
	a := &actor{scenario: &scenario{Harness: h, t: t}, task: *task, lenient: true}
	a.begin(task.Goal)
	defer func() { *task = a.task }()
	for range maxAttempts {
		switch step := a.attempt(); step.Action {
		case providers.Done, providers.Fail:
			return step
		case providers.Wait:
			a.Cloud.Advance(20 * time.Second)
		case providers.Call:
		}
	}
	t.Fatalf("%s to %s: not done after %d attempts; the last error is: %v", task.Kind, task.Goal, maxAttempts, a.last)
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
