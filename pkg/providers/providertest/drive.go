package providertest

import (
	"bytes"
	"context"
	"fmt"
	"maps"
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

// Prepare prepares a task, with the large values of its plan. It fails the test if
// the provider returns an error.
func Prepare(t *testing.T, p providers.Provider, task *providers.Task) {
	t.Helper()
	plan, err := p.Prepare(*task)
	if err != nil {
		t.Fatalf("Prepare(%s to %s): %v", task.Kind, task.Goal, err)
	}
	bodies := planBodies(t, p, *task, plan)
	task.Plan, task.Body = plan, func(_ context.Context, name string) ([]byte, error) {
		content, ok := bodies[name]
		if !ok {
			return nil, providers.Unreadable(fmt.Errorf("the plan has no large value %q", name))
		}
		return content, nil
	}
}

// maxBody is store.MaxBody; providers import no store.
const maxBody = 768 << 10

// planBodies returns the large values of a plan, and checks that PlanBodies is
// pure and that a store keeps the values.
func planBodies(t *testing.T, p providers.Provider, task providers.Task, plan providers.Plan) map[string][]byte {
	t.Helper()
	planner, ok := providers.As[providers.BodyPlanner](p, task.Kind)
	if !ok {
		return nil
	}
	bodies, err := planner.PlanBodies(task, plan)
	if err != nil {
		t.Fatalf("PlanBodies(%s to %s): %v", task.Kind, task.Goal, err)
	}
	again, err := planner.PlanBodies(task, plan)
	if err != nil || !maps.EqualFunc(bodies, again, bytes.Equal) {
		t.Errorf("PlanBodies is not pure: its second result differs (%v)", err)
	}
	for name, content := range bodies {
		if len(content) >= maxBody { // sealing adds some bytes
			t.Errorf("the value %q has %d bytes, fewer than %d are kept", name, len(content), maxBody)
		}
	}
	return bodies
}
