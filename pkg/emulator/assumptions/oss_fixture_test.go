package assumptions_test

import (
	"errors"
	"strings"

	"github.com/aliyun/alibabacloud-oss-go-sdk-v2/oss"
)

// bucket makes a bucket, which is removed with its contents at the end.
func (e *environment) bucket() (c *oss.Client, name string) {
	e.Helper()
	c, name = e.bucketClient(), e.name()
	if _, err := c.PutBucket(e.Context(), &oss.PutBucketRequest{Bucket: oss.Ptr(name)}); err != nil {
		e.Fatal(err)
	}
	e.Cleanup(func() { e.emptied(c, name) })
	return c, name
}

// openBucket makes a bucket that takes public ACLs.
func (e *environment) openBucket() (c *oss.Client, name string) {
	e.Helper()
	c, name = e.bucket()
	e.block(c, name, false)
	return c, name
}

// block blocks public access to a bucket, or lifts the block.
func (e *environment) block(c *oss.Client, name string, block bool) {
	e.Helper()
	if _, err := c.PutBucketPublicAccessBlock(e.Context(), &oss.PutBucketPublicAccessBlockRequest{
		Bucket: oss.Ptr(name), PublicAccessBlockConfiguration: &oss.PublicAccessBlockConfiguration{BlockPublicAccess: oss.Ptr(block)},
	}); err != nil {
		e.Fatal(err)
	}
}

// answers requires the status of a request without a signature.
func (e *environment) answers(link, what string, status int) {
	e.Helper()
	if a := e.do("GET", link, what, nil); a.status != status {
		e.Errorf("%s is answered %d, want %d", what, a.status, status)
	}
}

// link returns the address of an object for requests without a signature.
func (e *environment) link(bucket, key string) string {
	if e.srv != nil {
		return e.srv.URL() + "/" + bucket + "/" + key
	}
	return "https://" + bucket + ".oss-" + e.region + ".aliyuncs.com/" + key
}

// emptied removes a bucket with its contents, if the bucket exists. The test's
// context has ended by then.
func (e *environment) emptied(c *oss.Client, name string) {
	ctx := e.afterwards()
	if versions, err := c.ListObjectVersions(ctx, &oss.ListObjectVersionsRequest{Bucket: oss.Ptr(name)}); err == nil {
		for _, v := range versions.ObjectVersions {
			_, _ = c.DeleteObject(ctx, &oss.DeleteObjectRequest{Bucket: oss.Ptr(name), Key: v.Key, VersionId: v.VersionId})
		}
		for _, v := range versions.ObjectDeleteMarkers {
			_, _ = c.DeleteObject(ctx, &oss.DeleteObjectRequest{Bucket: oss.Ptr(name), Key: v.Key, VersionId: v.VersionId})
		}
	}
	if uploads, err := c.ListMultipartUploads(ctx, &oss.ListMultipartUploadsRequest{Bucket: oss.Ptr(name)}); err == nil {
		for _, u := range uploads.Uploads {
			_, _ = c.AbortMultipartUpload(ctx, &oss.AbortMultipartUploadRequest{Bucket: oss.Ptr(name), Key: u.Key, UploadId: u.UploadId})
		}
	}
	if _, err := c.DeleteBucket(ctx, &oss.DeleteBucketRequest{Bucket: oss.Ptr(name)}); err != nil && !e.is(err, "NoSuchBucket") {
		e.Errorf("the bucket %s is left: %v", name, err)
	}
}

func (e *environment) is(err error, code string) bool {
	var refused *oss.ServiceError
	return errors.As(err, &refused) && refused.Code == code
}

// refused requires an error of OSS and returns its text.
func (e *environment) refused(err error, status int, code string) (text string) {
	e.Helper()
	var refused *oss.ServiceError
	if !errors.As(err, &refused) {
		e.Fatalf("the error is %v, want %d %s", err, status, code)
	}
	if refused.StatusCode != status || refused.Code != code {
		e.Errorf("the answer is %d %s (%s), want %d %s", refused.StatusCode, refused.Code, refused.Message, status, code)
	}
	return string(refused.Snapshot)
}

func (e *environment) put(c *oss.Client, bucket, key, content string) {
	e.Helper()
	if _, err := c.PutObject(e.Context(), &oss.PutObjectRequest{Bucket: oss.Ptr(bucket), Key: oss.Ptr(key), Body: strings.NewReader(content)}); err != nil {
		e.Fatal(err)
	}
}

func tagsOf(pairs ...string) *oss.Tagging {
	set := &oss.TagSet{}
	for i := 0; i+1 < len(pairs); i += 2 {
		set.Tags = append(set.Tags, oss.Tag{Key: oss.Ptr(pairs[i]), Value: oss.Ptr(pairs[i+1])})
	}
	return &oss.Tagging{TagSet: set}
}
