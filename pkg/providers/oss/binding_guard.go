package oss

import (
	"context"
	"fmt"
	"slices"

	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/providers"
)

// An exposed is the state of a binding of which nothing exists yet, while public
// access to the private bucket of its instance is not blocked.
type exposed struct{ state any } // of the kind

// guard looks at the bucket before anything of a binding exists.
func (b bindings) guard(ctx context.Context, t providers.Task, seen providers.Seen) (providers.Seen, error) {
	if seen.Exists || t.Goal != providers.Present || t.Of == nil ||
		isBlocked(t.Facts, false) || slices.Contains(t.Refused, stepBlock) {
		return seen, nil
	}
	isExposed, err := b.service.isExposed(ctx, *t.Of)
	if err != nil {
		return seen, fmt.Errorf("oss: look at the bucket before a bind: %w", err)
	}
	if isExposed {
		seen.State = exposed{seen.State}
	}
	return seen, nil
}

// nextForGuard returns the step that blocks public access; ok is false where the
// kind decides. It gives seen back the state of the kind.
func nextForGuard(t providers.Task, seen *providers.Seen) (step providers.Step, ok bool) {
	state, isExposed := seen.State.(exposed)
	if !isExposed {
		return step, false
	}
	seen.State = state.state
	if t.Of == nil || slices.Contains(t.Refused, stepBlock) {
		return step, false
	}
	plan, err := instancePlanOf(*t.Of)
	if err != nil {
		return step, false
	}
	return providers.CallStep(stepBlock, bucketRequest{Bucket: plan.Bucket}), true
}

// block blocks public access with the instance's key.
func (b bindings) block(ctx context.Context, t providers.Task, s providers.Step) (providers.Facts, error) {
	if t.Of == nil {
		return providers.Facts{}, providers.Unreadable(errNoInstance)
	}
	plan, err := planForBindings(*t.Of)
	if err != nil {
		return providers.Facts{}, err
	}
	if b.service, err = b.service.of(*t.Of); err != nil {
		return providers.Facts{}, err
	}
	err = b.service.withKey(ctx, *t.Of, plan, func(calls bucketCalls) error {
		_, err := doWithBucket(ctx, calls, *t.Of, s)
		return err
	})
	return accessFacts(s.Name, err), err
}
