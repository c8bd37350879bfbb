package oss

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"

	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/providers"
)

// instances is the part of the provider that makes buckets.
type instances struct{ service service }

var _ providers.Locator = instances{}

// Prepare draws the name and resolves the user's parameters.
func (i instances) Prepare(t providers.Task) (providers.Plan, error) {
	plan, err := prepareInstance(t)
	if err != nil {
		return nil, err
	}
	b, err := json.Marshal(plan)
	if err != nil {
		return nil, fmt.Errorf("oss: write the plan: %w", err)
	}
	return b, nil
}

// Observe looks at the bucket.
func (i instances) Observe(ctx context.Context, t providers.Task) (providers.Seen, error) {
	plan, err := instancePlanOf(t)
	if err != nil {
		return providers.Seen{}, err
	}
	if i.service, err = i.service.of(t); err != nil {
		return providers.Seen{}, err
	}
	missing, regionFacts, err := i.missingRegion(ctx, t, plan)
	if err != nil || missing != "" {
		return providers.Seen{State: bucketState{MissingRegion: missing}}, err
	}
	if err := i.checkUpdate(ctx, t, plan); err != nil {
		return providers.Seen{}, fmt.Errorf("oss: check the key of bucket %s: %w", plan.Bucket, err)
	}
	var seen providers.Seen
	err = i.service.withKey(ctx, t, plan, func(calls bucketCalls) (err error) {
		seen, err = observeBucket(ctx, calls, t, plan)
		return err
	})
	seen.Facts = regionFacts.Merge(seen.Facts)
	return seen, err
}

// checkUpdate checks the key of an update that changes it.
func (i instances) checkUpdate(ctx context.Context, t providers.Task, plan instancePlan) error {
	if t.Goal != providers.Present {
		return nil
	}
	_, changes, err := keyBefore(t, plan)
	if err != nil || !changes {
		return err
	}
	return i.service.checkNewKey(ctx, plan)
}

// Next decides on the next step.
func (i instances) Next(t providers.Task, seen providers.Seen) providers.Step {
	plan, err := instancePlanOf(t)
	state, ok := seen.State.(bucketState)
	if err != nil || !ok {
		return providers.FailStep(providers.Broken, providers.TextUnreadable)
	}
	return nextForBucket(t, plan, state)
}

// Do makes the call of one step.
func (i instances) Do(ctx context.Context, t providers.Task, s providers.Step) (providers.Facts, error) {
	plan, err := instancePlanOf(t)
	if err != nil {
		return providers.Facts{}, err
	}
	if i.service, err = i.service.of(t); err != nil {
		return providers.Facts{}, err
	}
	if s.Name == stepBucket { // whose account it would be in is the key's to say
		facts, err := doWithBucket(ctx, i.service.calls(i.service.clients(plan.key()), plan), t, s)
		return facts, explain(plan, err)
	}
	var facts providers.Facts
	err = i.service.withKey(ctx, t, plan, func(calls bucketCalls) (err error) {
		facts, err = doWithBucket(ctx, calls, t, s)
		return err
	})
	return facts.Merge(accessFacts(s.Name, err)), err
}

// RegionOf returns the region of the bucket, which users may choose.
func (i instances) RegionOf(t providers.Task) string {
	plan, err := instancePlanOf(t)
	if err != nil {
		return ""
	}
	return plan.Region
}

// factTaken says that OSS refused the drawn name as in use.
const factTaken = "taken"

// bucketState is the observed state of an instance.
type bucketState struct {
	There bool // a bucket of our name is there
	// MissingRegion is a sentence for the user; empty: the region exists.
	MissingRegion string
	// Foreign says that it belongs to another account, or carries the mark of
	// another incarnation, and that the record never made it. A foreign bucket is
	// left alone.
	Foreign bool
	Owner   string // account id
	ACL     string
	Blocked bool // public access
	Tags    []providers.Tag
	Told    toldOptions
	// Looked are the options that the plan asks for and that have calls of their own,
	// by parameter.
	Looked map[string]any
	// WrongKey is the failure of a plan with a KMS key that is of no use; nil: it is
	// good, or was not looked at.
	WrongKey *providers.Failure
	// Content; read only for a removal.
	Objects, Uploads bool
	// Unlisted says that the account may not list the content at the endpoint of
	// the broker. The bucket itself can be deleted once it is empty.
	Unlisted bool
}

func (s bucketState) isOurs() bool     { return s.There && !s.Foreign }
func (s bucketState) isRetained() bool { return slices.Contains(s.Tags, retainedTag()) }

func (s bucketState) isTagged(l providers.Life) bool {
	return slices.Contains(s.Tags, providers.Tag{Key: providers.TagIncarnation, Value: l.Incarnation})
}

// observeBucket looks for the bucket and its owner. In our own account the name is
// proof enough: after a lost answer to PutBucket the bucket is still untagged.
func observeBucket(ctx context.Context, calls bucketLooks, t providers.Task, plan instancePlan) (providers.Seen, error) {
	state, err := lookAtBucket(ctx, calls, t, plan)
	if err == nil {
		state.WrongKey, err = lookAtKey(ctx, calls, t, plan, state)
	}
	if err != nil {
		return providers.Seen{}, fmt.Errorf("oss: look at bucket %s: %w", plan.Bucket, err)
	}
	if state.Foreign && wasMade(t) {
		return providers.Seen{}, fmt.Errorf("%w: bucket %s was made for incarnation %s, and now belongs to another account or has the tag of another incarnation", providers.ErrForeign, plan.Bucket, t.Life.Incarnation)
	}
	seen := providers.Seen{Exists: state.isOurs() && !state.isRetained(), State: state}
	if state.isOurs() {
		seen.Facts = bucketFacts(plan.Bucket)
		if plan.AccessKeyID != "" && state.Owner != "" {
			seen.Facts.Open[factOwner] = state.Owner
		}
		if t.Goal == providers.Absent && (state.Objects || state.Uploads) && mayEmpty(t) {
			seen.Facts = seen.Facts.Merge(providers.Facts{Open: lookAgain(t)})
		}
	}
	return seen, nil
}

// wasMade reports whether the record has the bucket as made.
func wasMade(t providers.Task) bool { return t.Usable || t.Facts.Open[factBucket] != "" }

func lookAtBucket(ctx context.Context, calls bucketLooks, t providers.Task, plan instancePlan) (bucketState, error) {
	info, err := calls.Info(ctx, plan.Bucket)
	switch {
	case errors.Is(err, providers.ErrNotFound):
		return bucketState{}, nil
	case errors.Is(err, providers.ErrDenied):
		// The bucket is another account's, or ours and the operator's policy
		// refuses the call. The list of our own buckets tells. For an unlisted
		// bucket, factTaken tells whether OSS refused its name.
		listed, listErr := calls.IsListed(ctx, plan.Bucket)
		if listErr != nil {
			return bucketState{}, listErr
		}
		if listed {
			return bucketState{}, err
		}
		taken := t.Goal == providers.Absent || t.Facts.Open[factTaken] != ""
		return bucketState{There: taken, Foreign: taken}, nil
	case err != nil:
		return bucketState{}, err
	}
	state := bucketState{There: true, Owner: info.Owner, ACL: info.ACL, Blocked: isBlocked(t.Facts, info.Blocked), Told: info.Told}
	if plan.AccessKeyID == "" && t.Owner != "" && info.Owner != "" && info.Owner != t.Owner {
		state.Foreign = true
		return state, nil
	}
	state.Tags, err = calls.Tags(ctx, plan.Bucket)
	if err := providers.UnlessMissing(err); err != nil {
		return bucketState{}, err
	}
	for _, tag := range state.Tags {
		if tag.Key == providers.TagIncarnation && tag.Value != t.Life.Incarnation {
			state.Foreign = true
		}
	}
	if t.Goal == providers.Present && !state.Foreign {
		if !state.isTagged(t.Life) { // which comes first
			return state, nil
		}
		return state, lookAtOptions(ctx, calls, plan, &state)
	}
	if t.Goal != providers.Absent || state.Foreign || state.isRetained() {
		return state, nil
	}
	state.Objects, state.Uploads, err = calls.Holds(ctx, plan.Bucket)
	switch {
	case errors.Is(err, providers.ErrNotFound): // deleted just now
		return bucketState{}, nil
	case errors.Is(err, providers.ErrPublicEndpoint):
		state.Unlisted, err = true, nil
	}
	return state, err
}
