package oss

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/providers"
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/providers/ramuser"
)

// A guarded is the state of a binding after a look at the bucket of its instance, where
// the bucket is in the way.
type guarded struct {
	bucket guardState
	state  any // of the kind
}

// A guardState is why a binding cannot be made as it is.
type guardState int

const (
	exposed guardState = iota // public access to the private bucket is not blocked
	gone                      // the bucket was deleted
)

// textBucketGone is the sentence for a bind or an update without the bucket.
const textBucketGone = "The bucket of this instance does not exist any more: it was deleted outside of the broker. Delete the instance with its bindings, and make another."

// guard looks at the bucket before anything of a binding exists. The look with a new
// key, which comes before the key is handed out, tells the same: an undisturbed bind of
// kind "ram" to an instance that was made with the block leaves it to that.
func (b bindings) guard(ctx context.Context, t providers.Task, kind string, seen providers.Seen) (providers.Seen, error) {
	if t.Goal != providers.Present || t.Of == nil || isBlocked(t.Facts, nil) {
		return seen, nil
	}
	if info, isTold := toldOf(seen); isTold {
		return guardKey(t, info, seen)
	}
	if seen.Exists || len(t.Made) > 0 || kind == kindRAM && isFirstLook(t) && isMadeBlocked(*t.Of) {
		return seen, nil
	}
	isExposed, err := b.service.isExposed(ctx, *t.Of)
	switch {
	case errors.Is(err, providers.ErrNotFound):
		seen.State = guarded{gone, seen.State}
	case err != nil:
		return seen, fmt.Errorf("oss: look at the bucket before a bind: %w", err)
	case isExposed && !slices.Contains(t.Refused, stepBlock):
		seen.State = guarded{exposed, seen.State}
	}
	return seen, nil
}

// toldOf returns what OSS told the new key of a binding in this look.
func toldOf(seen providers.Seen) (info bucketInfo, ok bool) {
	state, isUser := seen.State.(ramuser.State)
	if !isUser {
		return info, false
	}
	info, ok = state.Told.(bucketInfo)
	return info, ok
}

// guardKey has public access blocked before the new key is handed out. The key is
// tried again after that, so that a recorded check stands for both.
func guardKey(t providers.Task, info bucketInfo, seen providers.Seen) (providers.Seen, error) {
	plan, err := planForBindings(*t.Of)
	if err != nil {
		return seen, err
	}
	if isExposedBy(*t.Of, plan, info) && !slices.Contains(t.Refused, stepBlock) {
		seen.State, seen.Facts = guarded{exposed, seen.State}, ramuser.WithoutCheck(seen.Facts)
	}
	return seen, nil
}

// isFirstLook reports whether no call of the binding was ever made.
func isFirstLook(t providers.Task) bool {
	return t.Begun != nil && len(t.Begun) == 0 && t.Was == nil && !t.Usable && t.Facts.IsZero()
}

// isMadeBlocked reports whether an instance was made or updated by a broker that
// blocks public access to private buckets.
func isMadeBlocked(instance providers.Task) bool {
	plan, err := instancePlanOf(instance)
	return err == nil && plan.Guarded
}

// nextForGuard returns the step that blocks public access, or the failure without a
// bucket; ok is false where the kind decides. It gives seen back the state of the
// kind.
func nextForGuard(t providers.Task, seen *providers.Seen) (step providers.Step, ok bool) {
	state, isGuarded := seen.State.(guarded)
	if !isGuarded {
		return step, false
	}
	seen.State = state.state
	if t.Goal != providers.Present || t.Of == nil {
		return step, false
	}
	if state.bucket == gone {
		return providers.FailStep(providers.Invalid, textBucketGone), true
	}
	plan, err := instancePlanOf(*t.Of)
	if err != nil || slices.Contains(t.Refused, stepBlock) {
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
