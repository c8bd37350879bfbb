package providertest

import (
	"context"
	"slices"
	"testing"
	"time"

	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/lifecycle"
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/providers"
)

// A templated provider makes one thing from a template, a large value of its plan.
type templated struct {
	t    *testing.T
	made []string
}

var _ providers.BodyPlanner = (*templated)(nil)

func (*templated) Prepare(providers.Task) (providers.Plan, error) { return providers.Plan(`{}`), nil }

func (*templated) PlanBodies(t providers.Task, _ providers.Plan) (map[string][]byte, error) {
	return map[string][]byte{"template": []byte("template of " + t.InstanceID)}, nil
}

func (p *templated) Observe(ctx context.Context, t providers.Task) (providers.Seen, error) {
	_, err := t.Body(ctx, "template")
	return providers.Seen{Exists: len(p.made) > 0}, err
}

func (p *templated) Next(t providers.Task, seen providers.Seen) providers.Step {
	if t.Body != nil {
		p.t.Error("Next can read bodies")
	}
	if seen.Exists {
		return providers.DoneStep(nil)
	}
	return providers.CallStep("create", "template")
}

func (p *templated) Do(ctx context.Context, t providers.Task, _ providers.Step) (providers.Facts, error) {
	if _, err := t.Body(ctx, "other"); providers.ClassOf(err) != providers.Operator {
		p.t.Errorf("a value that the plan lacks: %v", err)
	}
	content, err := t.Body(ctx, "template")
	p.made = append(p.made, string(content))
	return providers.Facts{}, err
}

// A quietCloud has no faults and counts nothing.
type quietCloud struct{}

func (quietCloud) Break(Fault, []string) {}
func (quietCloud) Mend()                 {}
func (quietCloud) Mutations() []string   { return nil }
func (quietCloud) Advance(time.Duration) {}
func (quietCloud) Now() time.Time        { return time.Now() }
func (quietCloud) Owner() string         { return "owner" }
func (quietCloud) Left() []string        { return nil }

func TestDrive_PlanWithBodies_ReadsThemByName(t *testing.T) {
	p := &templated{t: t}
	task := providers.Task{Kind: providers.Instance, Goal: providers.Present, InstanceID: "i", Life: providers.Life{BrokerID: "b", Incarnation: lifecycle.NewIncarnation()}}
	Prepare(t, p, &task)
	if step := Drive(t, Harness{Provider: p, Cloud: quietCloud{}}, &task); step.Action != providers.Done {
		t.Errorf("it ended with %+v", step)
	}
	if !slices.Equal(p.made, []string{"template of i"}) {
		t.Errorf("made %q", p.made)
	}
}
