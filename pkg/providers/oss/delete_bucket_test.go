package oss

import (
	"context"
	"errors"
	"testing"

	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/alicloud"
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/providers"
)

// refusingCalls refuse every deletion of a bucket for one reason.
type refusingCalls struct {
	bucketCalls

	reason error
}

func (c refusingCalls) Delete(context.Context, string) error {
	return &alicloud.Error{Product: productName, Action: "DeleteBucket", Status: 409, Reasons: []error{c.reason}}
}

// The refusals of DeleteBucket tell users what keeps the bucket. OSS has LiveChannels,
// which the emulator lacks, under a number of their own.
func TestDeleteBucket_Refusal_HasItsSentence(t *testing.T) {
	task := func(rule providers.Deletion, emptying string) providers.Task {
		return providers.Task{Usable: true, Deletion: rule, Facts: providers.Facts{Open: map[string]string{factEmptying: emptying}}}
	}
	for name, c := range map[string]struct {
		task   providers.Task
		reason error
		class  providers.Class
		text   string
	}{
		"refuse":                    {task(providers.Refuse, ""), errNotEmpty, providers.User, textNotEmpty},
		"refuse, with LiveChannels": {task(providers.Refuse, ""), errLiveChannels, providers.User, textNotEmpty},
		"empty":                     {task(providers.Empty, inRuns), errNotEmpty, providers.Transient, textNotYetEmpty},
		"empty, with LiveChannels":  {task(providers.Empty, inRuns), errLiveChannels, providers.User, textLiveChannels},
		"expiring":                  {task(providers.Empty, byRules), errNotEmpty, providers.User, textExpiring},
		"denied":                    {task(providers.Empty, ""), providers.ErrDenied, providers.Operator, providers.Sentence(providers.ErrDenied)},
	} {
		_, err := deleteBucket(t.Context(), refusingCalls{reason: c.reason}, c.task, "b")
		if providers.ClassOf(err) != c.class || providers.Sentence(err) != c.text {
			t.Errorf("%s: %v of class %s, want class %s and %q", name, err, providers.ClassOf(err), c.class, c.text)
		}
	}
	if _, err := deleteBucket(t.Context(), refusingCalls{reason: providers.ErrNotFound}, providers.Task{}, "b"); err != nil {
		t.Errorf("a missing bucket: %v", err)
	}
	if reason := product().Codes["0015-00000303"]; !errors.Is(reason, errLiveChannels) {
		t.Errorf("the number of LiveChannels means %v", reason)
	}
}
