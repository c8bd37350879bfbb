package oss

import (
	"context"

	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/providers"
)

// The steps that remove instances.
const (
	stepRetain        = "retain"
	stepDeleteObjects = "delete-objects"
	stepAbortUploads  = "abort-uploads"
	stepDeleteBucket  = "delete-bucket"
)

// textNotEmpty is the sentence for users about a bucket that keeps its instance.
const textNotEmpty = "The bucket is not empty. Remove its objects, with their old versions and unfinished uploads, then delete the instance again."

func nextToRemoveBucket(t providers.Task, plan instancePlan, s bucketState) providers.Step {
	request := bucketRequest{Bucket: plan.Bucket}
	switch {
	case !s.isOurs() || s.isRetained():
		return providers.DoneStep(nil)
	case t.Usable && t.Deletion == providers.Retain:
		var name string
		name, request.Tags = t.TagStep(stepRetain)
		request.Tags = append(request.Tags, retainedTag())
		return providers.CallStep(name, request)
	case (s.Objects || s.Uploads) && !mayEmpty(t):
		return providers.FailStep(providers.Policy, textNotEmpty)
	case s.Objects:
		return providers.CallStep(stepDeleteObjects, request)
	case s.Uploads:
		return providers.CallStep(stepAbortUploads, request)
	default:
		return providers.CallStep(stepDeleteBucket, request)
	}
}

// mayEmpty reports whether the content goes with the bucket. The data of users is in
// buckets that were ready once.
func mayEmpty(t providers.Task) bool {
	return !t.Usable || t.Deletion == providers.Empty || t.Deletion == providers.DeleteData
}

func callToRemove(ctx context.Context, calls bucketCalls, step string, r bucketRequest) (providers.Facts, error) {
	switch step {
	case stepDeleteObjects:
		return providers.Facts{}, providers.UnlessMissing(calls.DeleteObjects(ctx, r.Bucket))
	case stepAbortUploads:
		return providers.Facts{}, providers.UnlessMissing(calls.AbortUploads(ctx, r.Bucket))
	case stepDeleteBucket:
		return providers.Facts{}, providers.UnlessMissing(calls.Delete(ctx, r.Bucket))
	default:
		return providers.Facts{}, errUnknownStep
	}
}
