package oss

import (
	"context"
	"errors"

	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/providers"
)

// The steps that remove instances.
const (
	stepRetain        = "retain"
	stepDeleteObjects = "delete-objects"
	stepAbortUploads  = "abort-uploads"
	stepExpireContent = "expire-content"
	stepDeleteBucket  = "delete-bucket"
)

// Sentences for users about a bucket that keeps its instance.
const (
	textNotEmpty     = "The bucket is not empty. Remove its objects, with their old versions and unfinished uploads, then delete the instance again."
	textLiveChannels = "The bucket has LiveChannels. Delete them in the console of OSS; the broker then deletes the bucket by itself."
	textNotYetEmpty  = "OSS says that the bucket is not empty yet. If this lasts, delete its LiveChannels and access points in the console of OSS; the broker then deletes the bucket by itself."
)

// factContent is "some" once OSS refused to delete the bucket for its content.
const factContent = "content"

func nextToRemoveBucket(t providers.Task, plan instancePlan, s bucketState) providers.Step {
	request := bucketRequest{Bucket: plan.Bucket}
	switch {
	case s.isOurs() && s.isRetained():
		step := providers.DoneStep(nil)
		step.Kept = plan.Bucket
		return step
	case !s.isOurs():
		return providers.DoneStep(nil)
	case t.Usable && t.Deletion == providers.Retain:
		var name string
		name, request.Tags = t.TagStep(stepRetain)
		request.Tags = append(request.Tags, retainedTag())
		return providers.CallStep(name, request)
	case s.Unlisted && mayEmpty(t) && t.Facts.Open[factContent] != "" && !isExpiring(t):
		return providers.CallStep(stepExpireContent, request)
	case (s.Objects || s.Uploads) && !mayEmpty(t):
		return providers.FailStep(providers.Policy, textNotEmpty)
	case s.Objects:
		return repeatable(providers.CallStep(stepDeleteObjects, request))
	case s.Uploads:
		return repeatable(providers.CallStep(stepAbortUploads, request))
	default:
		return providers.CallStep(stepDeleteBucket, request)
	}
}

// repeatable marks a run of pages: two runs over one bucket remove what there is.
func repeatable(s providers.Step) providers.Step {
	s.Repeatable = true
	return s
}

// mayEmpty reports whether the content goes with the bucket. The data of users is in
// buckets that were ready once.
func mayEmpty(t providers.Task) bool {
	return !t.Usable || t.Deletion == providers.Empty || t.Deletion == providers.DeleteData
}

func callToRemove(ctx context.Context, calls bucketCalls, t providers.Task, step string, r bucketRequest) (providers.Facts, error) {
	switch step {
	case stepDeleteObjects:
		return emptyOfObjects(ctx, calls, t, r.Bucket)
	case stepAbortUploads:
		return emptyOfUploads(ctx, calls, t, r.Bucket)
	case stepExpireContent:
		return expireContent(ctx, calls, r.Bucket)
	case stepDeleteBucket:
		return deleteBucket(ctx, calls, t, r.Bucket)
	default:
		return providers.Facts{}, errUnknownStep
	}
}

// deleteBucket lets OSS say whether the bucket is empty. Where it is not, the
// operation fails if the plan keeps the content; else its removal goes on.
func deleteBucket(ctx context.Context, calls bucketCalls, t providers.Task, bucket string) (providers.Facts, error) {
	err := providers.UnlessMissing(calls.Delete(ctx, bucket))
	hasChannels := errors.Is(err, errLiveChannels)
	switch {
	case !hasChannels && !errors.Is(err, errNotEmpty):
		return providers.Facts{}, err
	case !mayEmpty(t):
		return providers.Facts{}, &providers.Failure{Kind: providers.Policy, Text: textNotEmpty, Cause: err}
	case hasChannels:
		return providers.Facts{}, &providers.Failure{Kind: providers.Policy, Text: textLiveChannels, Cause: err}
	case isExpiring(t):
		return stillExpiring(t), invalid(textExpiring, err)
	}
	return providers.Facts{Open: map[string]string{factContent: "some"}}, providers.WithSentence(err, textNotYetEmpty)
}
