package oss

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/providers"
)

// bucketCalls is what instances ask of OSS.
type bucketCalls interface {
	bucketLooks
	bucketChanges
}

type bucketLooks interface {
	// Info returns ErrNotFound where there is no such bucket, and ErrDenied
	// where it is another account's.
	Info(ctx context.Context, bucket string) (bucketInfo, error)
	// IsListed says whether the caller's own account has the bucket.
	IsListed(ctx context.Context, bucket string) (bool, error)
	Tags(ctx context.Context, bucket string) ([]providers.Tag, error)
	// Holds says what is in the bucket: versions of objects or delete markers,
	// and unfinished multipart uploads.
	Holds(ctx context.Context, bucket string) (objects, uploads bool, err error)
}

type bucketChanges interface {
	Put(ctx context.Context, r bucketRequest) error
	PutACL(ctx context.Context, bucket, acl string) error
	// PutTags replaces all tags.
	PutTags(ctx context.Context, bucket string, tags []providers.Tag) error
	// DeleteObjects and AbortUploads remove one page each.
	DeleteObjects(ctx context.Context, bucket string) error
	AbortUploads(ctx context.Context, bucket string) error
	// Delete removes an empty bucket.
	Delete(ctx context.Context, bucket string) error
}

// bucketInfo is what GetBucketInfo says.
type bucketInfo struct {
	Owner string // account id
	ACL   string
}

// bucketRequest is the request of all steps of instances; a step reads what it
// needs.
type bucketRequest struct {
	Bucket       string          `json:"bucket"`
	ACL          string          `json:"acl,omitempty"`
	StorageClass string          `json:"storage_class,omitempty"`
	Tags         []providers.Tag `json:"tags,omitempty"`
}

// instancePlan is the plan of an instance. It holds the user's secret key
// where one was given.
type instancePlan struct {
	Bucket          string           `json:"bucket"`
	Region          string           `json:"region"`
	ACL             string           `json:"acl"`
	StorageClass    string           `json:"storage_class"`
	AccessKeyID     string           `json:"access_key_id,omitempty"`
	AccessKeySecret providers.Secret `json:"access_key_secret,omitempty"`
}

// instancePlanOf reads the plan of the task's instance.
func instancePlanOf(t providers.Task) (instancePlan, error) {
	var plan instancePlan
	if t.Kind == providers.Binding {
		if t.Of == nil {
			return plan, providers.Unreadable(errors.New("oss: a binding of no instance"))
		}
		t = *t.Of
	}
	err := providers.Decode(t.Plan, "plan of the instance", &plan)
	return plan, err
}

func prepareInstance(t providers.Task) (instancePlan, error) {
	given, err := parametersOf(t.Parameters)
	if err != nil {
		return instancePlan{}, err
	}
	s, err := settingsOf(t.Settings)
	if err != nil {
		return instancePlan{}, err
	}
	plan := instancePlan{
		Bucket:          bucketName(t.Life),
		Region:          cmp.Or(given.Region, t.Region),
		ACL:             cmp.Or(given.ACL, s.ACL),
		StorageClass:    cmp.Or(given.StorageClass, s.StorageClass),
		AccessKeyID:     given.AccessKeyID,
		AccessKeySecret: given.AccessKeySecret,
	}
	if t.Was == nil {
		return plan, nil
	}
	return prepareUpdate(t, given, plan)
}

// prepareUpdate keeps all of the plan of before but the ACL: nothing else of a
// bucket can change.
func prepareUpdate(t providers.Task, given parameters, wanted instancePlan) (instancePlan, error) {
	var plan instancePlan
	if err := providers.Decode(t.Plan, "plan of the instance", &plan); err != nil {
		return plan, err
	}
	for _, fixed := range []struct{ name, given, have string }{
		{"Region", given.Region, plan.Region},
		{"StorageClass", given.StorageClass, plan.StorageClass},
		{"AccessKeyId", given.AccessKeyID, plan.AccessKeyID},
		{"AccessKeySecret", given.AccessKeySecret.Reveal(), plan.AccessKeySecret.Reveal()},
	} {
		if fixed.given != "" && fixed.given != fixed.have {
			return plan, providers.Failf(providers.Invalid, "%s is fixed when the bucket is made. Make another instance instead.", fixed.name)
		}
	}
	plan.ACL = wanted.ACL
	return plan, nil
}

// factTaken says that OSS refused our name for the bucket as in use.
const factTaken = "taken"

// bucketState is what was seen of an instance.
type bucketState struct {
	There bool // a bucket of our name is there
	// Foreign says that it is not ours: another account's, or marked as of
	// another incarnation. It is never touched.
	Foreign bool
	ACL     string
	Tags    []providers.Tag
	// What it holds; looked at only where the goal is that it is gone.
	Objects, Uploads bool
}

func (s bucketState) isOurs() bool     { return s.There && !s.Foreign }
func (s bucketState) isRetained() bool { return slices.Contains(s.Tags, retainedTag()) }

func (s bucketState) isTagged(l providers.Life) bool {
	return slices.Contains(s.Tags, providers.Tag{Key: providers.TagIncarnation, Value: l.Incarnation})
}

// observeBucket looks whether the bucket is there and ours. In our own account
// the name is proof enough: where the answer to PutBucket was lost there is
// a bucket without tags.
func observeBucket(ctx context.Context, calls bucketLooks, t providers.Task, plan instancePlan) (providers.Seen, error) {
	state, err := lookAtBucket(ctx, calls, t, plan)
	if err != nil {
		return providers.Seen{}, fmt.Errorf("oss: look at bucket %s: %w", plan.Bucket, err)
	}
	seen := providers.Seen{Exists: state.isOurs() && !state.isRetained(), State: state}
	if state.isOurs() {
		seen.Facts = bucketFacts(plan.Bucket)
	}
	return seen, nil
}

func lookAtBucket(ctx context.Context, calls bucketLooks, t providers.Task, plan instancePlan) (bucketState, error) {
	info, err := calls.Info(ctx, plan.Bucket)
	switch {
	case errors.Is(err, providers.ErrNotFound):
		return bucketState{}, nil
	case errors.Is(err, providers.ErrDenied):
		// Either the bucket is another account's, or the operator has not
		// allowed us to look at ours. The list of our own buckets tells, and
		// for one that is not in it, whether OSS let us make it.
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
	state := bucketState{There: true, ACL: info.ACL}
	if plan.AccessKeyID == "" && t.Account != "" && info.Owner != "" && info.Owner != t.Account {
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
	if t.Goal != providers.Absent || state.Foreign || state.isRetained() {
		return state, nil
	}
	state.Objects, state.Uploads, err = calls.Holds(ctx, plan.Bucket)
	if errors.Is(err, providers.ErrNotFound) { // deleted just now
		return bucketState{}, nil
	}
	return state, err
}
