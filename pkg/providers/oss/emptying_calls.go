package oss

import (
	"context"
	"errors"
	"time"

	"github.com/aliyun/alibabacloud-oss-go-sdk-v2/oss"

	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/alicloud"
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/providers"
)

// contentLooks are the calls to OSS that tell of the content of a bucket.
type contentLooks interface {
	// Holds reports whether the bucket holds objects (versions or delete markers)
	// and unfinished multipart uploads.
	Holds(ctx context.Context, bucket string) (objects, uploads bool, err error)
	// Count returns about how many versions and delete markers the bucket holds.
	Count(ctx context.Context, bucket string) (int64, error)
}

// bucketRemovals are the calls to OSS that remove buckets and their content.
type bucketRemovals interface {
	// RemoveObjects and RemoveUploads begin no page after a time.
	RemoveObjects(ctx context.Context, bucket string, until time.Time) (removal, error)
	RemoveUploads(ctx context.Context, bucket string, until time.Time) (removal, error)
	// Expire replaces the lifecycle rules of the bucket by rules that remove its
	// content.
	Expire(ctx context.Context, bucket string) error
	// Delete removes an empty bucket.
	Delete(ctx context.Context, bucket string) error
}

func (c client) Holds(ctx context.Context, bucket string) (objects, uploads bool, err error) {
	versions, _, err := c.versions(ctx, bucket, place{}, 1)
	if err != nil {
		return false, false, err
	}
	pending, _, err := c.uploads(ctx, bucket, place{}, 1)
	return len(versions) > 0, len(pending) > 0, err
}

func (c client) Count(ctx context.Context, bucket string) (count int64, err error) {
	err = c.call(ctx, "GetBucketStat", alicloud.Read, func(client *oss.Client) error {
		r, err := client.GetBucketStat(ctx, &oss.GetBucketStatRequest{Bucket: &bucket})
		if err == nil {
			count = r.ObjectCount + r.DeleteMarkerCount
		}
		return err
	})
	return count, err
}

func (c client) Delete(ctx context.Context, bucket string) error {
	return c.call(ctx, "DeleteBucket", alicloud.Write, func(client *oss.Client) error {
		_, err := client.DeleteBucket(ctx, &oss.DeleteBucketRequest{Bucket: &bucket})
		return err
	})
}

// Sizes of pages. That of objects is the most that one call takes (OSS API,
// DeleteMultipleObjects). Uploads are aborted one by one.
const (
	objectsPage = 1000
	uploadsPage = 100
)

// versions returns a page of the versions and delete markers of a bucket. Objects
// from before versioning have the version "null" (OSS API, ListObjectVersions).
func (c client) versions(ctx context.Context, bucket string, from place, size int32) (page []oss.ObjectIdentifier, next place, err error) {
	err = c.call(ctx, "ListObjectVersions", alicloud.Read, func(client *oss.Client) error {
		r, err := client.ListObjectVersions(ctx, &oss.ListObjectVersionsRequest{
			Bucket: &bucket, MaxKeys: size, KeyMarker: from.keyMarker(), VersionIdMarker: from.idMarker(),
		})
		if err != nil {
			return err
		}
		for _, v := range r.ObjectVersions {
			page = append(page, oss.ObjectIdentifier{Key: v.Key, VersionId: v.VersionId})
		}
		for _, m := range r.ObjectDeleteMarkers {
			page = append(page, oss.ObjectIdentifier{Key: m.Key, VersionId: m.VersionId})
		}
		next = placeAfter(r.IsTruncated, r.NextKeyMarker, r.NextVersionIdMarker)
		return nil
	})
	return page, next, err
}

// uploads returns a page of the unfinished multipart uploads of a bucket.
func (c client) uploads(ctx context.Context, bucket string, from place, size int32) (page []oss.Upload, next place, err error) {
	err = c.call(ctx, "ListMultipartUploads", alicloud.Read, func(client *oss.Client) error {
		r, err := client.ListMultipartUploads(ctx, &oss.ListMultipartUploadsRequest{
			Bucket: &bucket, MaxUploads: size, KeyMarker: from.keyMarker(), UploadIdMarker: from.idMarker(),
		})
		if err != nil {
			return err
		}
		page, next = r.Uploads, placeAfter(r.IsTruncated, r.NextKeyMarker, r.NextUploadIdMarker)
		return nil
	})
	return page, next, err
}

// RemoveObjects deletes versions and delete markers, each by its version.
func (c client) RemoveObjects(ctx context.Context, bucket string, until time.Time) (r removal, err error) {
	defer func() { c.emptying.count(removedObjects, r) }()
	return removePages(until,
		func(from place) ([]oss.ObjectIdentifier, place, error) {
			return c.versions(ctx, bucket, from, objectsPage)
		},
		func(page []oss.ObjectIdentifier) (removal, error) {
			return c.removeVersions(ctx, bucket, page, new(maxRefusals))
		},
	)
}

// maxRefusals bounds the search for the versions of a page that OSS keeps.
const maxRefusals = 24

// removeVersions deletes a page of versions. OSS may refuse a page for one version
// that it keeps (A465), so a refused page is halved until those versions stand
// alone, for as many refusals as are left.
func (c client) removeVersions(ctx context.Context, bucket string, page []oss.ObjectIdentifier, refusals *int) (removal, error) {
	removed, err := c.deleteMany(ctx, bucket, page)
	if !errors.Is(err, errImmutable) {
		return removal{Removed: removed, Kept: len(page) - removed}, err
	}
	*refusals--
	if len(page) == 1 || *refusals < 0 {
		return removal{Kept: len(page)}, nil
	}
	var total removal
	for _, half := range [][]oss.ObjectIdentifier{page[:len(page)/2], page[len(page)/2:]} {
		r, err := c.removeVersions(ctx, bucket, half, refusals)
		total.add(r)
		if err != nil {
			return total, err
		}
	}
	return total, nil
}

func (c client) deleteMany(ctx context.Context, bucket string, page []oss.ObjectIdentifier) (removed int, err error) {
	err = c.call(ctx, "DeleteMultipleObjects", alicloud.Write, func(client *oss.Client) error {
		r, err := client.DeleteMultipleObjects(ctx, &oss.DeleteMultipleObjectsRequest{Bucket: &bucket, Delete: &oss.Delete{Objects: page}})
		if err == nil {
			removed = len(r.DeletedObjects)
		}
		return err
	})
	return removed, err
}

// RemoveUploads aborts unfinished multipart uploads with their parts.
func (c client) RemoveUploads(ctx context.Context, bucket string, until time.Time) (r removal, err error) {
	defer func() { c.emptying.count(removedUploads, r) }()
	return removePages(until,
		func(from place) ([]oss.Upload, place, error) { return c.uploads(ctx, bucket, from, uploadsPage) },
		func(page []oss.Upload) (total removal, err error) {
			for _, upload := range page {
				err := c.call(ctx, "AbortMultipartUpload", alicloud.Write, func(client *oss.Client) error {
					_, err := client.AbortMultipartUpload(ctx, &oss.AbortMultipartUploadRequest{Bucket: &bucket, Key: upload.Key, UploadId: upload.UploadId})
					return err
				})
				if err := providers.UnlessMissing(err); err != nil {
					return total, err
				}
				total.Removed++
				if time.Now().After(until) {
					break
				}
			}
			return total, nil
		},
	)
}
