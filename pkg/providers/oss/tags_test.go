package oss_test

import (
	"testing"

	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/providers"
)

// Tags that only inform are left out once the cloud refuses them.
func TestBucket_RefusedTags_AreLeftOut(t *testing.T) {
	w := newFixture(t)
	task := w.instance("")
	task.Deletion = providers.Retain
	w.cloud.Fail("oss:PutBucketTags", "InvalidTag", 1)
	w.make(task)
	tags := w.cloud.Dump().Buckets[0].Tags
	if tags[providers.TagIncarnation] != task.Life.Incarnation || len(tags) != 3 {
		t.Errorf("the tags are %v, want the marks alone", tags)
	}
	w.remove(task)
	if tags := w.cloud.Dump().Buckets[0].Tags; tags["osb-retained"] != "true" || len(tags) != 4 {
		t.Errorf("the tags of the retained bucket are %v", tags)
	}
}

// A removal goes on too, where the tags are refused then.
func TestRetain_RefusedTags_AreLeftOut(t *testing.T) {
	w := newFixture(t)
	task := w.instance("")
	task.Deletion = providers.Retain
	w.make(task)
	w.cloud.Fail("oss:PutBucketTags", "InvalidTag", 1)
	w.remove(task)
	if tags := w.cloud.Dump().Buckets[0].Tags; tags["osb-retained"] != "true" {
		t.Errorf("the tags of the retained bucket are %v", tags)
	}
}

// A bucket without tags is an empty list; the error of S3 is taken likewise.
func TestBucket_NoTagSet_ReadAsNoTags(t *testing.T) {
	w := newFixture(t)
	task := w.instance("")
	w.cloud.Fail("oss:GetBucketTags", "NoSuchTagSet", 2)
	w.make(task)
	if tags := w.cloud.Dump().Buckets[0].Tags; tags[providers.TagIncarnation] != task.Life.Incarnation {
		t.Errorf("the tags are %v", tags)
	}
}
