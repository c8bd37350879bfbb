package rds

import (
	"context"
	"errors"

	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/providers"
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/providers/effect"
)

// awake is a binding kind for servers that may be stopped, locked or at work. Where the
// kind inside is refused for the state of its server, awake looks at the instance: it
// starts a stopped one, waits for one at work, and tells of a locked one. A binding of
// a running server costs no further call.
type awake struct {
	providers.Provider // the kind inside

	instances instances
}

var _ providers.Wrapper = awake{}

// Unwrap returns the kind inside.
func (a awake) Unwrap() providers.Provider { return a.Provider }

// factRefused of a binding is "state" after the kind inside was refused for the state
// of the server.
const (
	factRefused    = "refused_for"
	refusedByState = "state"
)

// An oddServer is the observed state of a server that takes no work of a binding.
type oddServer struct {
	instance dbInstance
	asked    string
}

// Observe looks as the kind inside does, and at the instance where the kind is refused
// for its state.
func (a awake) Observe(ctx context.Context, t providers.Task) (providers.Seen, error) {
	if t.Of == nil {
		return a.Provider.Observe(ctx, t)
	}
	if t.Facts.Open[factRefused] == "" {
		seen, err := a.Provider.Observe(ctx, t)
		if err == nil || !errors.Is(err, providers.ErrWrongState) && !errors.Is(err, providers.ErrUnreachable) {
			return seen, err
		}
		odd, lookErr := a.lookAt(ctx, t)
		if lookErr != nil || odd == nil {
			return seen, errors.Join(err, lookErr)
		}
		return *odd, nil
	}
	odd, err := a.lookAt(ctx, t)
	if err != nil {
		return providers.Seen{}, err
	}
	if odd != nil {
		return *odd, nil
	}
	seen, err := a.Provider.Observe(ctx, t)
	seen.Facts = open(factRefused, "").Merge(seen.Facts)
	return seen, err
}

// lookAt looks at the instance of a binding; nil says that it takes work, or is missing.
func (a awake) lookAt(ctx context.Context, t providers.Task) (*providers.Seen, error) {
	plan, err := instancePlanOf(*t.Of)
	if err != nil {
		return nil, err
	}
	at, err := a.instances.reach(*t.Of)
	if err != nil {
		return nil, err
	}
	found, _, err := findInstance(ctx, at.client(), *t.Of, plan)
	if err != nil {
		return nil, sentences().Of(err)
	}
	if found == nil || found.Status == running && !found.isLocked() {
		return nil, nil //nolint:nilnil // nil: the kind inside goes on
	}
	if err := found.overdue(); err != nil {
		return nil, err
	}
	asked, facts := effect.Asked(t)
	return &providers.Seen{
		Exists: t.Goal == providers.Absent, Facts: facts, State: oddServer{instance: *found, asked: asked},
	}, nil
}

// Next starts the server, waits for it, or decides as the kind inside.
func (a awake) Next(t providers.Task, seen providers.Seen) providers.Step {
	odd, ok := seen.State.(oddServer)
	if !ok {
		return a.Provider.Next(t, seen)
	}
	i := odd.instance
	switch {
	case i.Status == stopped:
		return nextToStart(odd.asked, i.ID)
	case i.Status == running && i.isFull() && t.Goal == providers.Present:
		return providers.FailStep(providers.Invalid, textFull)
	}
	return providers.WaitStep("server", providers.Slow, textOf(i))
}

// Do starts the server, or makes the call of the kind inside.
func (a awake) Do(ctx context.Context, t providers.Task, s providers.Step) (providers.Facts, error) {
	if s.Name != stepStart {
		facts, err := a.Provider.Do(ctx, t, s)
		if errors.Is(err, providers.ErrWrongState) {
			facts = facts.Merge(open(factRefused, refusedByState))
		}
		return facts, err
	}
	at, err := a.instances.reach(*t.Of)
	if err != nil {
		return providers.Facts{}, err
	}
	facts, err := doStart(ctx, at.client(), s)
	if err != nil {
		return facts, sentences().Of(err)
	}
	return effect.Made(facts.Merge(open(factRefused, refusedByState)), s.Name), nil
}
