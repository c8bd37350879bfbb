package oss

import (
	"context"
	"errors"
	"fmt"

	"github.com/aliyun/alibabacloud-oss-go-sdk-v2/oss"

	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/alicloud"
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/providers"
)

// contentLooks are the calls to OSS that tell of the content of a bucket.
type contentLooks interface {
	// Holds reports whether the bucket holds objects (versions or delete markers)
	// and unfinished multipart uploads.
	Holds(ctx context.Context, bucket string) (objects, uploads bool, err error)
}

// bucketRemovals are the calls to OSS that remove buckets and their content.
type bucketRemovals interface {
	// DeleteObjects and AbortUploads remove one page each.
	DeleteObjects(ctx context.Context, bucket string) error
	AbortUploads(ctx context.Context, bucket string) error
	// Delete removes an empty bucket.
	Delete(ctx context.Context, bucket string) error
}

func (c client) Holds(ctx context.Context, bucket string) (objects, uploads bool, err error) {
	err = c.call(ctx, "ListObjectVersions", alicloud.Read, func(client *oss.Client) error {
		r, err := client.ListObjectVersions(ctx, &oss.ListObjectVersionsRequest{Bucket: &bucket, MaxKeys: 1})
		objects = err == nil && len(r.ObjectVersions)+len(r.ObjectDeleteMarkers) > 0
		return err
	})
	if err != nil {
		return false, false, err
	}
	err = c.call(ctx, "ListMultipartUploads", alicloud.Read, func(client *oss.Client) error {
		r, err := client.ListMultipartUploads(ctx, &oss.ListMultipartUploadsRequest{Bucket: &bucket, MaxUploads: 1})
		uploads = err == nil && len(r.Uploads) > 0
		return err
	})
	return objects, uploads, err
}

func (c client) Delete(ctx context.Context, bucket string) error {
	return c.call(ctx, "DeleteBucket", alicloud.Write, func(client *oss.Client) error {
		_, err := client.DeleteBucket(ctx, &oss.DeleteBucketRequest{Bucket: &bucket})
		return err
	})
}

// Sizes of pages. That of objects is the most that one call takes (OSS API,
// DeleteMultipleObjects). Uploads are aborted one by one, which must end within
// the time-out of a step.
const (
	objectsPage = 1000
	uploadsPage = 100
)

// errStuck: OSS answered with success, and the page is still full.
var errStuck = errors.New("OSS answered with success and deleted nothing: look for a retention policy of the bucket")

// DeleteObjects deletes one page of versions and delete markers, each by its
// version. Objects from before versioning have the version "null" (OSS API,
// ListObjectVersions).
func (c client) DeleteObjects(ctx context.Context, bucket string) error {
	var page []oss.ObjectIdentifier
	err := c.call(ctx, "ListObjectVersions", alicloud.Read, func(client *oss.Client) error {
		r, err := client.ListObjectVersions(ctx, &oss.ListObjectVersionsRequest{Bucket: &bucket, MaxKeys: objectsPage})
		if err != nil {
			return err
		}
		for _, v := range r.ObjectVersions {
			page = append(page, oss.ObjectIdentifier{Key: v.Key, VersionId: v.VersionId})
		}
		for _, m := range r.ObjectDeleteMarkers {
			page = append(page, oss.ObjectIdentifier{Key: m.Key, VersionId: m.VersionId})
		}
		return nil
	})
	if err != nil || len(page) == 0 {
		return err
	}
	return c.call(ctx, "DeleteMultipleObjects", alicloud.Write, func(client *oss.Client) error {
		r, err := client.DeleteMultipleObjects(ctx, &oss.DeleteMultipleObjectsRequest{Bucket: &bucket, Delete: &oss.Delete{Objects: page}})
		if err == nil && len(r.DeletedObjects) == 0 {
			return errStuck
		}
		return err
	})
}

// AbortUploads aborts one page of multipart uploads, one after the other, as the API
// of OSS requires.
func (c client) AbortUploads(ctx context.Context, bucket string) error {
	var page []oss.Upload
	err := c.call(ctx, "ListMultipartUploads", alicloud.Read, func(client *oss.Client) error {
		r, err := client.ListMultipartUploads(ctx, &oss.ListMultipartUploadsRequest{Bucket: &bucket, MaxUploads: uploadsPage})
		if err == nil {
			page = r.Uploads
		}
		return err
	})
	if err != nil {
		return err
	}
	for _, upload := range page {
		err := c.call(ctx, "AbortMultipartUpload", alicloud.Write, func(client *oss.Client) error {
			_, err := client.AbortMultipartUpload(ctx, &oss.AbortMultipartUploadRequest{Bucket: &bucket, Key: upload.Key, UploadId: upload.UploadId})
			return err
		})
		if err := providers.UnlessMissing(err); err != nil {
			return fmt.Errorf("upload %s: %w", oss.ToString(upload.UploadId), err)
		}
	}
	return nil
}
