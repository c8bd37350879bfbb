package assumptions_test

import (
	"bytes"
	"errors"
	"io"
	"strings"
	"testing"
	"time"

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

func TestA060_BucketWithoutTags_NoSuchTagSet(t *testing.T) {
	verify(t, free, func(e *environment) {
		c, name := e.bucket()
		_, err := c.GetBucketTags(e.Context(), &oss.GetBucketTagsRequest{Bucket: oss.Ptr(name)})
		e.refused(err, 404, "NoSuchTagSet")
	})
}

func TestA061_BadBucketTag_InvalidTag(t *testing.T) {
	verify(t, free, func(e *environment) {
		c, name := e.bucket()
		for _, key := range []string{"aliyun-x", "acs:x", "http://x", strings.Repeat("k", 65)} {
			_, err := c.PutBucketTags(e.Context(), &oss.PutBucketTagsRequest{Bucket: oss.Ptr(name), Tagging: tagsOf(key, "v")})
			e.refused(err, 400, "InvalidTag")
		}
	})
}

func TestA062_OwnBucket_PutAgainSucceeds(t *testing.T) {
	verify(t, free, func(e *environment) {
		c, name := e.bucket()
		if _, err := c.PutBucket(e.Context(), &oss.PutBucketRequest{Bucket: oss.Ptr(name), Acl: oss.BucketACLPrivate}); err != nil {
			t.Error(err)
		}
	})
}

func TestA063_PutBucketAgain_ChangesACL(t *testing.T) {
	verify(t, free, func(e *environment) {
		c, name := e.bucket()
		if _, err := c.PutBucket(e.Context(), &oss.PutBucketRequest{Bucket: oss.Ptr(name), Acl: oss.BucketACLPublicRead}); err != nil {
			t.Fatal(err)
		}
		acl, err := c.GetBucketAcl(e.Context(), &oss.GetBucketAclRequest{Bucket: oss.Ptr(name)})
		if err != nil || *acl.ACL != "public-read" {
			t.Errorf("the ACL is %v, %v", acl, err)
		}
	})
}

func TestA064_PutBucketOtherStorageClass_Conflict(t *testing.T) {
	verify(t, free, func(e *environment) {
		c, name := e.bucket()
		_, err := c.PutBucket(e.Context(), &oss.PutBucketRequest{Bucket: oss.Ptr(name), CreateBucketConfiguration: &oss.CreateBucketConfiguration{StorageClass: oss.StorageClassIA}})
		e.refused(err, 409, "BucketAlreadyExists")
	})
}

func TestA065_PublicBucket_AnonymousListRefused(t *testing.T) {
	verify(t, free, func(e *environment) {
		c, name := e.bucket()
		if _, err := c.PutBucketAcl(e.Context(), &oss.PutBucketAclRequest{Bucket: oss.Ptr(name), Acl: oss.BucketACLPublicRead}); err != nil {
			t.Fatal(err)
		}
		e.put(c, name, "k", "x")
		host := "https://" + name + ".oss-" + e.region + ".aliyuncs.com/"
		if e.srv != nil {
			host = e.srv.URL() + "/" + name + "/"
		}
		if a := e.do("GET", host+"k", "an object", nil); a.status != 200 {
			t.Errorf("a public object is answered %d", a.status)
		}
		if a := e.do("GET", host, "the list", nil); a.status != 403 {
			t.Errorf("the list of a public bucket is answered %d", a.status)
		}
	})
}

func TestA066_BucketOfOtherRegion_NamesItsEndpoint(t *testing.T) {
	verify(t, free, func(e *environment) {
		_, name := e.bucket()
		elsewhere := e.bucketClient(func(c *oss.Config) { c.WithRegion("cn-beijing") })
		_, err := elsewhere.GetBucketAcl(e.Context(), &oss.GetBucketAclRequest{Bucket: oss.Ptr(name)})
		if text := e.refused(err, 403, "AccessDenied"); !strings.Contains(text, "<Endpoint>oss-"+e.region+".aliyuncs.com</Endpoint>") {
			t.Errorf("the error is %s", text)
		}
	})
}

func TestA067_MultiDelete_RefusedAsAWhole(t *testing.T) {
	verify(t, free, func(e *environment) {
		c, name := e.bucket()
		e.put(c, name, "mine", "x")
		e.put(c, name, "theirs", "x")
		user, k := e.user("")
		e.attached(e.policy(`{"Version":"1","Statement":[{"Effect":"Allow","Action":"oss:DeleteObject","Resource":"acs:oss:*:*:`+name+`/mine"}]}`), user)
		keys := []oss.DeleteObject{{Key: oss.Ptr("mine")}, {Key: oss.Ptr("theirs")}}
		_, err := e.as(k).bucketClient().DeleteMultipleObjects(e.Context(), &oss.DeleteMultipleObjectsRequest{Bucket: oss.Ptr(name), Objects: keys})
		e.refused(err, 403, "AccessDenied")
		if _, err := c.HeadObject(e.Context(), &oss.HeadObjectRequest{Bucket: oss.Ptr(name), Key: oss.Ptr("mine")}); err != nil {
			t.Errorf("the allowed one is gone: %v", err)
		}
	})
}

func TestA068_BucketWithUploads_NotEmpty(t *testing.T) {
	verify(t, free, func(e *environment) {
		c, name := e.bucket()
		if _, err := c.InitiateMultipartUpload(e.Context(), &oss.InitiateMultipartUploadRequest{Bucket: oss.Ptr(name), Key: oss.Ptr("k")}); err != nil {
			t.Fatal(err)
		}
		_, err := c.DeleteBucket(e.Context(), &oss.DeleteBucketRequest{Bucket: oss.Ptr(name)})
		e.refused(err, 409, "BucketNotEmpty")
	})
}

func TestA069_RangeOutsideObject_ReturnsWholeObject(t *testing.T) {
	verify(t, free, func(e *environment) {
		c, name := e.bucket()
		e.put(c, name, "k", "0123456789")
		request := &oss.GetObjectRequest{Bucket: oss.Ptr(name), Key: oss.Ptr("k"), Range: oss.Ptr("bytes=20-30")}
		got, err := c.GetObject(e.Context(), request)
		if err != nil {
			t.Fatal(err)
		}
		content, err := io.ReadAll(got.Body)
		if err != nil || got.StatusCode != 200 || string(content) != "0123456789" {
			t.Errorf("%d %q, %v", got.StatusCode, content, err)
		}
		request.RangeBehavior = oss.Ptr("standard")
		_, err = c.GetObject(e.Context(), request)
		e.refused(err, 416, "InvalidRange")
	})
}

func TestA070_OverlappingLifecycleRules_Refused(t *testing.T) {
	verify(t, free, func(e *environment) {
		c, name := e.bucket()
		rule := func(prefix string) oss.LifecycleRule {
			return oss.LifecycleRule{Prefix: oss.Ptr(prefix), Status: oss.Ptr("Enabled"), Expiration: &oss.LifecycleRuleExpiration{Days: oss.Ptr(int32(9))}}
		}
		_, err := c.PutBucketLifecycle(e.Context(), &oss.PutBucketLifecycleRequest{
			Bucket: oss.Ptr(name), LifecycleConfiguration: &oss.LifecycleConfiguration{Rules: []oss.LifecycleRule{rule("a"), rule("ab")}},
		})
		e.refused(err, 400, "InvalidArgument")
	})
}

func TestA071_ObjectWithoutTags_EmptyTagSet(t *testing.T) {
	verify(t, free, func(e *environment) {
		c, name := e.bucket()
		e.put(c, name, "k", "x")
		got, err := c.GetObjectTagging(e.Context(), &oss.GetObjectTaggingRequest{Bucket: oss.Ptr(name), Key: oss.Ptr("k")})
		if err != nil || len(got.Tags) != 0 {
			t.Errorf("tags %v, %v", got, err)
		}
	})
}

func TestA072_UploadPartCopy_ETagInHeaderAndBody(t *testing.T) {
	verify(t, free, func(e *environment) {
		c, name := e.bucket()
		e.put(c, name, "source", strings.Repeat("x", 200<<10))
		begun, err := c.InitiateMultipartUpload(e.Context(), &oss.InitiateMultipartUploadRequest{Bucket: oss.Ptr(name), Key: oss.Ptr("k")})
		if err != nil {
			t.Fatal(err)
		}
		got, err := c.UploadPartCopy(e.Context(), &oss.UploadPartCopyRequest{
			Bucket: oss.Ptr(name), Key: oss.Ptr("k"), SourceKey: oss.Ptr("source"), UploadId: begun.UploadId, PartNumber: 1,
		})
		if err != nil || got.Headers.Get("ETag") == "" || got.Headers.Get("ETag") != *got.ETag {
			t.Errorf("header %v, body %v, %v", got.Headers, got.ETag, err)
		}
	})
}

func TestA073_BlockPublicAccess_RefusesPublicACL(t *testing.T) {
	verify(t, free, func(e *environment) {
		c, name := e.bucket()
		if _, err := c.PutBucketPublicAccessBlock(e.Context(), &oss.PutBucketPublicAccessBlockRequest{
			Bucket: oss.Ptr(name), PublicAccessBlockConfiguration: &oss.PublicAccessBlockConfiguration{BlockPublicAccess: oss.Ptr(true)},
		}); err != nil {
			t.Fatal(err)
		}
		_, err := c.PutBucketAcl(e.Context(), &oss.PutBucketAclRequest{Bucket: oss.Ptr(name), Acl: oss.BucketACLPublicRead})
		e.refused(err, 403, "AccessDenied")
	})
}

func TestA074_Symlink_TargetCheckedOnRead(t *testing.T) {
	verify(t, free, func(e *environment) {
		c, name := e.bucket()
		link := func(key, target string) {
			if _, err := c.PutSymlink(e.Context(), &oss.PutSymlinkRequest{Bucket: oss.Ptr(name), Key: oss.Ptr(key), Target: oss.Ptr(target)}); err != nil {
				t.Fatal(err)
			}
		}
		link("link", "none")
		link("second", "link")
		_, err := c.GetObject(e.Context(), &oss.GetObjectRequest{Bucket: oss.Ptr(name), Key: oss.Ptr("link")})
		e.refused(err, 404, "SymlinkTargetNotExist")
		_, err = c.GetObject(e.Context(), &oss.GetObjectRequest{Bucket: oss.Ptr(name), Key: oss.Ptr("second")})
		e.refused(err, 400, "InvalidTargetType")
	})
}

func TestA075_VersionedDelete_CreatesDeleteMarker(t *testing.T) {
	verify(t, free, func(e *environment) {
		c, name := e.bucket()
		if _, err := c.PutBucketVersioning(e.Context(), &oss.PutBucketVersioningRequest{
			Bucket: oss.Ptr(name), VersioningConfiguration: &oss.VersioningConfiguration{Status: oss.VersionEnabled},
		}); err != nil {
			t.Fatal(err)
		}
		e.put(c, name, "k", "x")
		done, err := c.DeleteObject(e.Context(), &oss.DeleteObjectRequest{Bucket: oss.Ptr(name), Key: oss.Ptr("k")})
		if err != nil || !done.DeleteMarker {
			t.Errorf("%+v, %v", done, err)
		}
		_, err = c.GetObject(e.Context(), &oss.GetObjectRequest{Bucket: oss.Ptr(name), Key: oss.Ptr("k"), VersionId: done.VersionId})
		e.refused(err, 405, "MethodNotAllowed")
	})
}

func TestA076_ArchivedObject_ReadRefused(t *testing.T) {
	verify(t, free, func(e *environment) {
		c, name := e.bucket()
		if _, err := c.PutObject(e.Context(), &oss.PutObjectRequest{Bucket: oss.Ptr(name), Key: oss.Ptr("k"), StorageClass: oss.StorageClassArchive, Body: bytes.NewReader([]byte("x"))}); err != nil {
			t.Fatal(err)
		}
		_, err := c.GetObject(e.Context(), &oss.GetObjectRequest{Bucket: oss.Ptr(name), Key: oss.Ptr("k")})
		e.refused(err, 403, "InvalidObjectState")
	})
}

func TestA077_OSSOldDate_RequestTimeTooSkewed(t *testing.T) {
	verify(t, free, func(e *environment) {
		host := "https://oss-" + e.region + ".aliyuncs.com/"
		if e.srv != nil {
			host = e.srv.URL() + "/"
		}
		a := e.do("GET", host, "the list", map[string][]string{
			"Date": {time.Now().Add(-time.Hour).UTC().Format("Mon, 02 Jan 2006 15:04:05 GMT")}, "Authorization": {"OSS " + e.key.id + ":x"},
		})
		if a.status != 403 || !strings.Contains(a.body, "<Code>RequestTimeTooSkewed</Code>") {
			t.Errorf("an old signature is answered %d %s", a.status, a.body)
		}
	})
}

func TestA078_List_AtMost1000Keys(t *testing.T) {
	verify(t, free, func(e *environment) {
		c, name := e.bucket()
		_, err := c.ListObjectsV2(e.Context(), &oss.ListObjectsV2Request{Bucket: oss.Ptr(name), MaxKeys: 1001})
		e.refused(err, 400, "InvalidArgument")
	})
}

func TestA079_DeleteMissingObject_Succeeds(t *testing.T) {
	verify(t, free, func(e *environment) {
		c, name := e.bucket()
		if _, err := c.DeleteObject(e.Context(), &oss.DeleteObjectRequest{Bucket: oss.Ptr(name), Key: oss.Ptr("none")}); err != nil {
			t.Error(err)
		}
	})
}

func TestA080_SmallPart_EntityTooSmall(t *testing.T) {
	verify(t, free, func(e *environment) {
		c, name := e.bucket()
		begun, err := c.InitiateMultipartUpload(e.Context(), &oss.InitiateMultipartUploadRequest{Bucket: oss.Ptr(name), Key: oss.Ptr("k")})
		if err != nil {
			t.Fatal(err)
		}
		var parts []oss.UploadPart
		for number := range int32(2) {
			part, err := c.UploadPart(e.Context(), &oss.UploadPartRequest{
				Bucket: oss.Ptr(name), Key: oss.Ptr("k"), UploadId: begun.UploadId, PartNumber: number + 1, Body: strings.NewReader("small"),
			})
			if err != nil {
				t.Fatal(err)
			}
			parts = append(parts, oss.UploadPart{PartNumber: number + 1, ETag: part.ETag})
		}
		_, err = c.CompleteMultipartUpload(e.Context(), &oss.CompleteMultipartUploadRequest{
			Bucket: oss.Ptr(name), Key: oss.Ptr("k"), UploadId: begun.UploadId, CompleteMultipartUpload: &oss.CompleteMultipartUpload{Parts: parts},
		})
		e.refused(err, 400, "EntityTooSmall")
	})
}

func TestA081_ForbidOverwrite_IgnoredWithVersioning(t *testing.T) {
	verify(t, free, func(e *environment) {
		c, name := e.bucket()
		again := func() error {
			_, err := c.PutObject(e.Context(), &oss.PutObjectRequest{Bucket: oss.Ptr(name), Key: oss.Ptr("k"), ForbidOverwrite: oss.Ptr("true")})
			return err
		}
		e.put(c, name, "k", "x")
		e.refused(again(), 409, "FileAlreadyExists")
		if _, err := c.PutBucketVersioning(e.Context(), &oss.PutBucketVersioningRequest{
			Bucket: oss.Ptr(name), VersioningConfiguration: &oss.VersioningConfiguration{Status: oss.VersionEnabled},
		}); err != nil {
			t.Fatal(err)
		}
		if err := again(); err != nil {
			t.Error(err)
		}
	})
}

func TestA082_AbsentBucketOption_NotFound(t *testing.T) {
	verify(t, free, func(e *environment) {
		c, name := e.bucket()
		_, err := c.GetBucketLifecycle(e.Context(), &oss.GetBucketLifecycleRequest{Bucket: oss.Ptr(name)})
		e.refused(err, 404, "NoSuchLifecycle")
		_, err = c.GetBucketCors(e.Context(), &oss.GetBucketCorsRequest{Bucket: oss.Ptr(name)})
		e.refused(err, 404, "NoSuchCORSConfiguration")
		_, err = c.GetBucketEncryption(e.Context(), &oss.GetBucketEncryptionRequest{Bucket: oss.Ptr(name)})
		e.refused(err, 404, "NoSuchServerSideEncryptionRule")
	})
}
