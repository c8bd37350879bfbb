package oss

import (
	"context"

	"github.com/aliyun/alibabacloud-oss-go-sdk-v2/oss"

	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/alicloud"
)

// Expire sets lifecycle rules by which OSS itself removes everything: objects, which
// become old versions in a bucket with versions; old versions; delete markers that
// are left alone; and unfinished uploads (OSS API, PutBucketLifecycle). Days of an
// expiration and the removal of delete markers exclude each other in one rule, and
// two rules for the same objects need the consent to an overlap.
func (c client) Expire(ctx context.Context, bucket string) error {
	day, everything := new(int32(1)), new("")
	rule := func(id string) oss.LifecycleRule {
		return oss.LifecycleRule{ID: &id, Prefix: everything, Status: new("Enabled")}
	}
	objects, versions, uploads := rule("osb-empty-objects"), rule("osb-empty-versions"), rule("osb-empty-uploads")
	objects.Expiration = &oss.LifecycleRuleExpiration{Days: day}
	versions.Expiration = &oss.LifecycleRuleExpiration{ExpiredObjectDeleteMarker: new(true)}
	versions.NoncurrentVersionExpiration = &oss.NoncurrentVersionExpiration{NoncurrentDays: day}
	uploads.AbortMultipartUpload = &oss.LifecycleRuleAbortMultipartUpload{Days: day}
	return c.call(ctx, "PutBucketLifecycle", alicloud.Write, func(client *oss.Client) error {
		_, err := client.PutBucketLifecycle(ctx, &oss.PutBucketLifecycleRequest{
			Bucket: &bucket, AllowSameActionOverlap: new("true"),
			LifecycleConfiguration: &oss.LifecycleConfiguration{Rules: []oss.LifecycleRule{objects, versions, uploads}},
		})
		return err
	})
}
