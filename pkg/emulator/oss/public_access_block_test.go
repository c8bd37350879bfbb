package oss_test

import (
	"testing"

	sdk "github.com/aliyun/alibabacloud-oss-go-sdk-v2/oss"
)

func TestAccountBlock_PutAndDelete_ForAllBuckets(t *testing.T) {
	e := newEnvironment(t)
	c := e.root()
	mustPutBucket(t, c, "bucket-a")
	want := func(block bool) {
		t.Helper()
		got, err := c.GetPublicAccessBlock(t.Context(), &sdk.GetPublicAccessBlockRequest{})
		if err != nil || *got.PublicAccessBlockConfiguration.BlockPublicAccess != block {
			t.Errorf("block %+v, %v, want %v", got, err, block)
		}
	}
	open := func(bucket string) error {
		_, err := c.PutBucketAcl(t.Context(), &sdk.PutBucketAclRequest{Bucket: new(bucket), Acl: sdk.BucketACLPublicRead})
		return err
	}
	want(false)
	if _, err := c.PutPublicAccessBlock(t.Context(), &sdk.PutPublicAccessBlockRequest{PublicAccessBlockConfiguration: &sdk.PublicAccessBlockConfiguration{BlockPublicAccess: new(true)}}); err != nil {
		t.Fatal(err)
	}
	mustPutBucket(t, c, "bucket-b")
	state, err := e.Snapshot()
	if err != nil || e.Restore(state) != nil {
		t.Fatal("the state is not restored", err)
	}
	want(true)
	for _, bucket := range []string{"bucket-a", "bucket-b"} {
		wantCode(t, open(bucket), "AccessDenied")
	}
	if _, err := c.DeletePublicAccessBlock(t.Context(), &sdk.DeletePublicAccessBlockRequest{}); err != nil {
		t.Fatal(err)
	}
	want(false)
	if err := open("bucket-a"); err != nil {
		t.Error(err)
	}
}

func TestListBuckets_Tagging_AllTagsCount(t *testing.T) {
	e := newEnvironment(t)
	c := e.root()
	mustPutBucket(t, c, "bucket-a")
	mustPutBucket(t, c, "bucket-b")
	setTags(t, c, "bucket-a", "k", "v", "l", "w")
	setTags(t, c, "bucket-b", "k", "v")
	for tagging, want := range map[string]int{`"k":"v"`: 2, `k:v`: 2, `"k":"v","l":"w"`: 1, `"k":"x"`: 0} {
		list, err := c.ListBuckets(t.Context(), &sdk.ListBucketsRequest{Tagging: new(tagging)})
		if err != nil || len(list.Buckets) != want {
			t.Errorf("%s: %+v, %v, want %d", tagging, list, err, want)
		}
	}
}
