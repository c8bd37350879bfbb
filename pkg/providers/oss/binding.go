package oss

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/providers"
)

// A bindingKind makes the bindings of one kind. Its Prepare writes a plan that is a
// JSON object.
type bindingKind interface {
	providers.Provider
	providers.Undoer
}

// bindings is the part of the provider that makes bindings: each by the kind that
// its parameters chose, which its plan keeps. A bind to an instance of before blocks
// public access to its bucket first, any other bind before its credentials count.
type bindings struct {
	service service
	kinds   map[string]bindingKind
}

var _ providers.Undoer = bindings{}

// bindings returns the part for bindings with all kinds.
func (s service) bindings() providers.Provider {
	return bindings{service: s, kinds: map[string]bindingKind{
		kindRAM:  s.userBindings(),
		kindRole: s.roleBindings(),
	}}
}

// bindingPlan has the members that the plan of every kind has beside its own.
type bindingPlan struct {
	// Kind is empty in plans of before: kindRAM.
	Kind string `json:"kind,omitempty"`
	// Guarded says that public access is blocked first. Plans of before lack it.
	Guarded bool `json:"guarded"`
}

// bindingPlanOf reads the common members of a binding's plan.
func bindingPlanOf(t providers.Task) (bindingPlan, error) {
	var plan bindingPlan
	err := providers.Decode(t.Plan, "plan of the binding", &plan)
	return plan, err
}

// errNoInstance is the cause of a failure: the record of the binding's instance is
// missing.
var errNoInstance = errors.New("oss: a binding without an instance")

// errUnknownKind is the cause of a failure: a record of a later program.
var errUnknownKind = errors.New("oss: a binding of an unknown kind")

// kindOf returns the kind that the plan of a binding names.
func (b bindings) kindOf(t providers.Task) (bindingKind, bindingPlan, error) {
	plan, err := bindingPlanOf(t)
	if err != nil {
		return nil, plan, err
	}
	if plan.Kind == "" {
		plan.Kind = kindRAM
	}
	kind, ok := b.kinds[plan.Kind]
	if !ok {
		return nil, plan, providers.Unreadable(fmt.Errorf("%w: %q", errUnknownKind, plan.Kind))
	}
	return kind, plan, nil
}

// Prepare adds the common members to the plan of the kind.
func (b bindings) Prepare(t providers.Task) (providers.Plan, error) {
	given, err := bindParametersOf(t.Parameters)
	if err != nil {
		return nil, err
	}
	if _, _, err := endpointOf(t); err != nil {
		return nil, err
	}
	name, err := chooseKind(given, t.Settings)
	if err != nil {
		return nil, err
	}
	kind, ok := b.kinds[name]
	if !ok {
		return nil, invalid("Kind must be one of the kinds of bindings that the catalog lists.", nil)
	}
	plan, err := kind.Prepare(t)
	if err != nil {
		return nil, err
	}
	members := map[string]json.RawMessage{}
	common, err := json.Marshal(bindingPlan{Kind: name, Guarded: true})
	if err != nil {
		return nil, fmt.Errorf("oss: write the plan: %w", err)
	}
	for _, part := range []providers.Plan{plan, common} {
		if err := providers.Decode(part, "plan of the binding", &members); err != nil {
			return nil, err
		}
	}
	whole, err := json.Marshal(members)
	if err != nil {
		return nil, fmt.Errorf("oss: write the plan: %w", err)
	}
	return whole, nil
}

// Observe looks as the kind does, and at the bucket: before anything exists, or with
// the new key before it is handed out.
func (b bindings) Observe(ctx context.Context, t providers.Task) (providers.Seen, error) {
	kind, plan, err := b.kindOf(t)
	if err != nil {
		return providers.Seen{}, err
	}
	seen, err := kind.Observe(ctx, t)
	if err != nil || !plan.Guarded {
		return seen, err
	}
	return b.guard(ctx, t, plan.Kind, seen)
}

// Next blocks public access first.
func (b bindings) Next(t providers.Task, seen providers.Seen) providers.Step {
	kind, _, err := b.kindOf(t)
	if err != nil {
		return providers.FailStep(providers.Broken, providers.TextUnreadable)
	}
	if step, ok := nextForGuard(t, &seen); ok {
		return step
	}
	return kind.Next(t, seen)
}

// Do blocks public access with the instance's key, and makes the other calls as the
// kind does.
func (b bindings) Do(ctx context.Context, t providers.Task, s providers.Step) (providers.Facts, error) {
	kind, _, err := b.kindOf(t)
	if err != nil {
		return providers.Facts{}, err
	}
	if s.Name == stepBlock {
		return b.block(ctx, t, s)
	}
	return kind.Do(ctx, t, s)
}

// Undo removes what an unrecorded call of the kind made.
func (b bindings) Undo(ctx context.Context, t providers.Task, s providers.Step, made providers.Facts) error {
	kind, _, err := b.kindOf(t)
	if err != nil {
		return err
	}
	return kind.Undo(ctx, t, s, made)
}
