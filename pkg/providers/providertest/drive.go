package providertest

import (
	"bytes"
	"context"
	"fmt"
	"maps"
	"testing"

	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/providers"
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/store"
)

// Drive brings a task to its end, by the engine, and returns the last step: Done or
// Fail. It is for a provider's own tests, and checks the contract as the suite
// does. Facts and refused steps are merged into the task. A definitely refused call
// ends in a Fail with the cloud's sentence, unless the provider has a fallback.
func Drive(t *testing.T, h Harness, task *providers.Task) providers.Step {
	t.Helper()
	w := &scenario{Harness: h, t: t, lenient: true, secrets: map[string]string{}}
	p := w.process(task.Life.BrokerID)
	if task.Of != nil {
		p.ready(*task.Of)
	}
	a := &actor{process: p, key: keyOf(*task)}
	bodies := p.store(*task)
	a.record = p.force(a.key, func(r *store.Record) error { return p.describe(r, *task, bodies) })
	defer func() { task.Facts, task.Refused = task.Facts.Merge(w.facts), w.asked.Refused }()
	a.drive(hasEnded)
	op := a.record.Operation
	if op.State == store.Succeeded || w.decided.Action == providers.Fail {
		return w.decided
	}
	return providers.FailStep(providers.Invalid, op.Description)
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
		if len(content) >= store.MaxBody { // sealing adds some bytes
			t.Errorf("the value %q has %d bytes, fewer than %d are kept", name, len(content), store.MaxBody)
		}
	}
	return bodies
}
