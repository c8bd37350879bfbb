package oss

import (
	"context"
	"errors"
	"fmt"

	"github.com/aliyun/alibabacloud-oss-go-sdk-v2/oss"

	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/alicloud"
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/providers"
)

// Sizes of pages. That of objects is the most that one call takes (OSS API,
// DeleteMultipleObjects). Uploads are aborted one by one, which must end within
// the time-out of a step.
const (
	objectsPage = 1000
	uploadsPage = 100
)

// errStuck: OSS answered with success and did nothing.
var errStuck = errors.New("nothing of the page was deleted")

// DeleteObjects deletes one page of versions and delete markers, each by its
// version. In a bucket that never had versioning all objects have the version
// "null" (OSS API, ListObjectVersions).
func (c ossClient) DeleteObjects(ctx context.Context, bucket string) error {
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

// AbortUploads aborts one page of multipart uploads, one after the other: OSS
// has no call for many.
func (c ossClient) AbortUploads(ctx context.Context, bucket string) error {
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
