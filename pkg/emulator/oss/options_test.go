package oss_test

import (
	"fmt"
	"strings"
	"testing"

	sdk "github.com/aliyun/alibabacloud-oss-go-sdk-v2/oss"
	"github.com/google/go-cmp/cmp"
)

func tags(pairs ...string) *sdk.Tagging {
	set := &sdk.TagSet{}
	for i := 0; i < len(pairs); i += 2 {
		set.Tags = append(set.Tags, sdk.Tag{Key: new(pairs[i]), Value: new(pairs[i+1])})
	}
	return &sdk.Tagging{TagSet: set}
}

func setTags(t *testing.T, c *sdk.Client, bucket string, pairs ...string) {
	t.Helper()
	if _, err := c.PutBucketTags(t.Context(), &sdk.PutBucketTagsRequest{Bucket: new(bucket), Tagging: tags(pairs...)}); err != nil {
		t.Fatal(err)
	}
}

func TestBucketTags_PutGetDelete_Shown(t *testing.T) {
	e := newEnvironment(t)
	c := e.root()
	mustPutBucket(t, c, "bucket-a")
	none, err := c.GetBucketTags(t.Context(), &sdk.GetBucketTagsRequest{Bucket: new("bucket-a")})
	if err != nil || none.Tagging.TagSet == nil || len(none.Tagging.TagSet.Tags) != 0 {
		t.Errorf("tags of a new bucket: %+v, %v", none, err)
	}
	setTags(t, c, "bucket-a", "a", "1", "b", "2", "c", "")
	got, err := c.GetBucketTags(t.Context(), &sdk.GetBucketTagsRequest{Bucket: new("bucket-a")})
	if err != nil || len(got.Tagging.TagSet.Tags) != 3 || *got.Tagging.TagSet.Tags[1].Value != "2" {
		t.Errorf("tags: %+v, %v", got, err)
	}
	if diff := cmp.Diff(map[string]string{"a": "1", "b": "2", "c": ""}, e.Buckets()[0].Tags); diff != "" {
		t.Errorf("tags (-want, +got):\n%s", diff)
	}
	if _, err := c.DeleteBucketTags(t.Context(), &sdk.DeleteBucketTagsRequest{Bucket: new("bucket-a"), Tagging: new("a,c")}); err != nil {
		t.Error(err)
	}
	if diff := cmp.Diff(map[string]string{"b": "2"}, e.Buckets()[0].Tags); diff != "" {
		t.Errorf("tags left (-want, +got):\n%s", diff)
	}
	setTags(t, c, "bucket-a", "only", "one")
	if diff := cmp.Diff(map[string]string{"only": "one"}, e.Buckets()[0].Tags); diff != "" {
		t.Errorf("tags replaced (-want, +got):\n%s", diff)
	}
	if _, err := c.DeleteBucketTags(t.Context(), &sdk.DeleteBucketTagsRequest{Bucket: new("bucket-a")}); err != nil || e.Buckets()[0].Tags != nil {
		t.Errorf("tags after the deletion: %v, %v", e.Buckets()[0].Tags, err)
	}
	setTags(t, c, "bucket-a", "%@ä", "v", "test", "w", "x", "y", "tes", "z")
	for _, keys := range []string{"%@ä", "test", "absent"} {
		if _, err := c.DeleteBucketTags(t.Context(), &sdk.DeleteBucketTagsRequest{Bucket: new("bucket-a"), Tagging: new(keys)}); err != nil {
			t.Errorf("deleting %s: %v", keys, err)
		}
	}
	if diff := cmp.Diff(map[string]string{"x": "y", "tes": "z"}, e.Buckets()[0].Tags); diff != "" {
		t.Errorf("tags left by name (-want, +got):\n%s", diff)
	}

	var many []string
	for i := range 21 {
		many = append(many, fmt.Sprint("k", i), "v")
	}
	for name, bad := range map[string][]string{
		"too many": many, "no key": {"", "v"}, "key too long": {strings.Repeat("k", 65), "v"}, "value too long": {"k", strings.Repeat("v", 129)},
		"key of the cloud": {"acs:tag", "v"}, "key of the cloud in another case": {"ALIYUN-x", "v"}, "key like a URL": {"http://x", "v"}, "key twice": {"k", "1", "k", "2"},
	} {
		_, err := c.PutBucketTags(t.Context(), &sdk.PutBucketTagsRequest{Bucket: new("bucket-a"), Tagging: tags(bad...)})
		t.Run(name, func(t *testing.T) { wantCode(t, err, "InvalidTag") })
	}
	setTags(t, c, "bucket-a", many[:40]...)
}

func TestBucketEncryption_NewObjects_Inherit(t *testing.T) {
	e := newEnvironment(t)
	c := e.root()
	mustPutBucket(t, c, "bucket-a")
	_, err := c.GetBucketEncryption(t.Context(), &sdk.GetBucketEncryptionRequest{Bucket: new("bucket-a")})
	wantCode(t, err, "NoSuchServerSideEncryptionRule")
	rule := func(algorithm, key string) *sdk.PutBucketEncryptionRequest {
		r := &sdk.ApplyServerSideEncryptionByDefault{SSEAlgorithm: new(algorithm)}
		if key != "" {
			r.KMSMasterKeyID = new(key)
		}
		return &sdk.PutBucketEncryptionRequest{Bucket: new("bucket-a"), ServerSideEncryptionRule: &sdk.ServerSideEncryptionRule{ApplyServerSideEncryptionByDefault: r}}
	}
	for code, bad := range map[string]*sdk.PutBucketEncryptionRequest{"InvalidEncryptionAlgorithmError": rule("ROT13", ""), "InvalidArgument": rule("AES256", "a-key")} {
		_, err := c.PutBucketEncryption(t.Context(), bad)
		wantCode(t, err, code)
	}
	useless := rule("AES256", "")
	useless.ServerSideEncryptionRule.ApplyServerSideEncryptionByDefault.KMSDataEncryption = new("SM4")
	if _, err := c.PutBucketEncryption(t.Context(), useless); err != nil || strings.Contains(e.Buckets()[0].Options["encryption"], "SM4") {
		t.Errorf("data encryption without KMS: %v, %s", err, e.Buckets()[0].Options["encryption"])
	}
	if _, err := c.PutBucketEncryption(t.Context(), rule("KMS", "a-key")); err != nil {
		t.Fatal(err)
	}
	got, err := c.GetBucketEncryption(t.Context(), &sdk.GetBucketEncryptionRequest{Bucket: new("bucket-a")})
	if err != nil || *got.ServerSideEncryptionRule.ApplyServerSideEncryptionByDefault.KMSMasterKeyID != "a-key" {
		t.Errorf("rule: %+v, %v", got, err)
	}
	info, err := c.GetBucketInfo(t.Context(), &sdk.GetBucketInfoRequest{Bucket: new("bucket-a")})
	if err != nil || *info.BucketInfo.SseRule.SSEAlgorithm != "KMS" {
		t.Errorf("info: %+v, %v", info, err)
	}
	made, err := put(t.Context(), c, "bucket-a", "k", "v")
	if err != nil || made.Headers.Get("x-oss-server-side-encryption") != "KMS" {
		t.Errorf("object: %+v, %v", made, err)
	}
	if _, err := c.DeleteBucketEncryption(t.Context(), &sdk.DeleteBucketEncryptionRequest{Bucket: new("bucket-a")}); err != nil {
		t.Error(err)
	}
	_, err = c.GetBucketEncryption(t.Context(), &sdk.GetBucketEncryptionRequest{Bucket: new("bucket-a")})
	wantCode(t, err, "NoSuchServerSideEncryptionRule")
}
