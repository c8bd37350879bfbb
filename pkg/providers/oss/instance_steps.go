package oss

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"

	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/providers"
)

// The steps that make and change instances. A step that is repeated in an operation
// has the same request each time.
const (
	stepBucket  = "bucket"
	stepTags    = "tags"
	stepACL     = "acl"
	stepBlock   = "block-public-access"
	stepUnblock = "allow-public-access"
)

// bucketRequest is the request of every step; a step reads the members it needs.
type bucketRequest struct {
	Bucket       string          `json:"bucket"`
	ACL          string          `json:"acl,omitempty"`
	StorageClass string          `json:"storage_class,omitempty"`
	Tags         []providers.Tag `json:"tags,omitempty"`
	// Of a new bucket, where the plan asks for them.
	Redundancy    string `json:"redundancy,omitempty"`
	ResourceGroup string `json:"resource_group,omitempty"`
	// Option is the value of the option that the step sets.
	Option json.RawMessage `json:"option,omitempty"`
}

// Sentences for users.
const (
	textForeignBucket = "The name that was drawn for the bucket is in use elsewhere. Delete this instance and make another."
	textRefusedBucket = "OSS refuses a bucket with this Region, Acl, StorageClass, Redundancy and ResourceGroupId. Choose others."
	textRefused       = "The cloud refuses a request of the broker. Ask the operator of the broker."
)

func nextForBucket(t providers.Task, plan instancePlan, s bucketState) providers.Step {
	if t.Goal == providers.Absent {
		return nextToRemoveBucket(t, plan, s)
	}
	request := bucketRequest{Bucket: plan.Bucket}
	var step providers.Step
	switch {
	case s.MissingRegion != "":
		return providers.FailStep(providers.Invalid, s.MissingRegion)
	case s.Foreign:
		return providers.FailStep(providers.Broken, textForeignBucket)
	case !s.There && (t.Usable || t.Was != nil): // an empty bucket in its place would lose data silently
		return providers.FailStep(providers.Broken, textBucketGone)
	case s.WrongKey != nil:
		return providers.FailStep(s.WrongKey.Kind, s.WrongKey.Text)
	case !s.There:
		request.ACL, request.StorageClass = plan.firstACL(), plan.StorageClass
		request.Redundancy, request.ResourceGroup = textOf(plan.Options["Redundancy"]), textOf(plan.Options["ResourceGroupId"])
		step = providers.CallStep(stepBucket, request)
	case !s.isTagged(t.Life):
		var name string
		name, request.Tags = t.TagStep(stepTags)
		step = providers.CallStep(name, request)
	default:
		if step, ok := nextForAccess(t, plan, s); ok {
			return step
		}
		if step, ok := nextForOptions(t, plan, s); ok {
			return step
		}
		return providers.DoneStep(nil)
	}
	return unlessRefused(t, step)
}

// unlessRefused returns the step, or the failure if the cloud has definitely refused
// it: the step is the only way to the goal.
func unlessRefused(t providers.Task, step providers.Step) providers.Step {
	if !slices.Contains(t.Refused, step.Name) {
		return step
	}
	switch step.Name {
	case stepBucket:
		return providers.FailStep(providers.Invalid, textRefusedBucket)
	case stepACL, stepUnblock:
		return providers.FailStep(providers.Invalid, textRefusedACL)
	}
	return providers.FailStep(providers.Broken, textRefused)
}

func doWithBucket(ctx context.Context, calls bucketCalls, t providers.Task, s providers.Step) (providers.Facts, error) {
	var r bucketRequest
	if err := providers.Decode(s.Request, "request of step "+s.Name, &r); err != nil {
		return providers.Facts{}, err
	}
	facts, err := callForBucket(ctx, calls, t, s.Name, r)
	if err != nil {
		return facts, fmt.Errorf("oss: %s of %s: %w", s.Name, r.Bucket, err)
	}
	return facts, nil
}

func callForBucket(ctx context.Context, calls bucketCalls, t providers.Task, step string, r bucketRequest) (providers.Facts, error) {
	if providers.IsTagStep(step, stepTags) || providers.IsTagStep(step, stepRetain) {
		return providers.TagsRefused(step, providers.Facts{}, addTags(ctx, calls, r))
	}
	if isOption, err := setOption(ctx, calls, step, r); isOption {
		return providers.Facts{}, err
	}
	switch step {
	case stepBucket:
		err := calls.Put(ctx, r)
		if errors.Is(err, providers.ErrExists) {
			return providers.Facts{Open: map[string]string{factTaken: "true"}}, err
		}
		if err != nil {
			return providers.Facts{}, err
		}
		return bucketFacts(r.Bucket), nil
	case stepACL:
		return providers.Facts{}, calls.PutACL(ctx, r.Bucket, r.ACL)
	case stepBlock, stepUnblock:
		return providers.Facts{}, calls.BlockPublicAccess(ctx, r.Bucket, step == stepBlock)
	default:
		return callToRemove(ctx, calls, t, step, r)
	}
}

// errUnknownStep is a mistake of the broker: Next gives other steps. Records keep
// the requests of steps; the steps themselves come from Next.
var errUnknownStep = errors.New("there is no such step")

// addTags adds to the tags that people have put on the bucket.
func addTags(ctx context.Context, calls bucketCalls, r bucketRequest) error {
	tags, err := calls.Tags(ctx, r.Bucket)
	if err := providers.UnlessMissing(err); err != nil {
		return err
	}
	for _, tag := range r.Tags {
		tags = slices.DeleteFunc(tags, func(old providers.Tag) bool { return old.Key == tag.Key })
	}
	return calls.PutTags(ctx, r.Bucket, append(tags, r.Tags...))
}

// factBucket is the name of the bucket, among the facts of an instance.
const factBucket = "bucket"

func bucketFacts(bucket string) providers.Facts {
	return providers.Facts{Open: map[string]string{factBucket: bucket}}
}
