package beliefs_test

import (
	"bytes"
	"errors"
	"io"
	"strings"
	"testing"
	"time"

	"github.com/aliyun/alibabacloud-oss-go-sdk-v2/oss"
)

// bucket makes a bucket that is removed at the end, with what is in it.
func (w *world) bucket() (c *oss.Client, name string) {
	w.Helper()
	c, name = w.bucketClient(), w.name()
	if _, err := c.PutBucket(w.Context(), &oss.PutBucketRequest{Bucket: oss.Ptr(name)}); err != nil {
		w.Fatal(err)
	}
	w.Cleanup(func() { w.emptied(c, name) })
	return c, name
}

// emptied removes a bucket with all that is in it, if it is there. The test's
// context has ended by then.
func (w *world) emptied(c *oss.Client, name string) {
	ctx := w.afterwards()
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
	if _, err := c.DeleteBucket(ctx, &oss.DeleteBucketRequest{Bucket: oss.Ptr(name)}); err != nil && !w.is(err, "NoSuchBucket") {
		w.Errorf("the bucket %s is left: %v", name, err)
	}
}

func (w *world) is(err error, code string) bool {
	var refused *oss.ServiceError
	return errors.As(err, &refused) && refused.Code == code
}

// refused wants an error of OSS and returns its text.
func (w *world) refused(err error, status int, code string) (text string) {
	w.Helper()
	var refused *oss.ServiceError
	if !errors.As(err, &refused) {
		w.Fatalf("the error is %v, want %d %s", err, status, code)
	}
	if refused.StatusCode != status || refused.Code != code {
		w.Errorf("the answer is %d %s (%s), want %d %s", refused.StatusCode, refused.Code, refused.Message, status, code)
	}
	return string(refused.Snapshot)
}

func (w *world) put(c *oss.Client, bucket, key, content string) {
	w.Helper()
	if _, err := c.PutObject(w.Context(), &oss.PutObjectRequest{Bucket: oss.Ptr(bucket), Key: oss.Ptr(key), Body: strings.NewReader(content)}); err != nil {
		w.Fatal(err)
	}
}

func tagsOf(pairs ...string) *oss.Tagging {
	set := &oss.TagSet{}
	for i := 0; i+1 < len(pairs); i += 2 {
		set.Tags = append(set.Tags, oss.Tag{Key: oss.Ptr(pairs[i]), Value: oss.Ptr(pairs[i+1])})
	}
	return &oss.Tagging{TagSet: set}
}

func TestA060ABucketWithoutTagsHasNoTagSet(t *testing.T) {
	ask(t, free, func(w *world) {
		c, name := w.bucket()
		_, err := c.GetBucketTags(w.Context(), &oss.GetBucketTagsRequest{Bucket: oss.Ptr(name)})
		w.refused(err, 404, "NoSuchTagSet")
	})
}

func TestA061ABadTagOfABucketIsInvalidTag(t *testing.T) {
	ask(t, free, func(w *world) {
		c, name := w.bucket()
		for _, key := range []string{"aliyun-x", "acs:x", "http://x", strings.Repeat("k", 65)} {
			_, err := c.PutBucketTags(w.Context(), &oss.PutBucketTagsRequest{Bucket: oss.Ptr(name), Tagging: tagsOf(key, "v")})
			w.refused(err, 400, "InvalidTag")
		}
	})
}

func TestA062OnesOwnBucketMayBePutAgain(t *testing.T) {
	ask(t, free, func(w *world) {
		c, name := w.bucket()
		if _, err := c.PutBucket(w.Context(), &oss.PutBucketRequest{Bucket: oss.Ptr(name), Acl: oss.BucketACLPrivate}); err != nil {
			t.Error(err)
		}
	})
}

func TestA063PuttingABucketAgainChangesItsACL(t *testing.T) {
	ask(t, free, func(w *world) {
		c, name := w.bucket()
		if _, err := c.PutBucket(w.Context(), &oss.PutBucketRequest{Bucket: oss.Ptr(name), Acl: oss.BucketACLPublicRead}); err != nil {
			t.Fatal(err)
		}
		acl, err := c.GetBucketAcl(w.Context(), &oss.GetBucketAclRequest{Bucket: oss.Ptr(name)})
		if err != nil || *acl.ACL != "public-read" {
			t.Errorf("the ACL is %v, %v", acl, err)
		}
	})
}

func TestA064ABucketKeepsItsStorageClass(t *testing.T) {
	ask(t, free, func(w *world) {
		c, name := w.bucket()
		_, err := c.PutBucket(w.Context(), &oss.PutBucketRequest{Bucket: oss.Ptr(name), CreateBucketConfiguration: &oss.CreateBucketConfiguration{StorageClass: oss.StorageClassIA}})
		w.refused(err, 409, "BucketAlreadyExists")
	})
}

func TestA065APublicBucketIsNotListedByEverybody(t *testing.T) {
	ask(t, free, func(w *world) {
		c, name := w.bucket()
		if _, err := c.PutBucketAcl(w.Context(), &oss.PutBucketAclRequest{Bucket: oss.Ptr(name), Acl: oss.BucketACLPublicRead}); err != nil {
			t.Fatal(err)
		}
		w.put(c, name, "k", "x")
		host := "https://" + name + ".oss-" + w.region + ".aliyuncs.com/"
		if w.srv != nil {
			host = w.srv.URL() + "/" + name + "/"
		}
		if a := w.do("GET", host+"k", "an object", nil); a.status != 200 {
			t.Errorf("a public object is answered %d", a.status)
		}
		if a := w.do("GET", host, "the list", nil); a.status != 403 {
			t.Errorf("the list of a public bucket is answered %d", a.status)
		}
	})
}

func TestA066ABucketAnswersInItsRegionOnly(t *testing.T) {
	ask(t, free, func(w *world) {
		_, name := w.bucket()
		elsewhere := w.bucketClient(func(c *oss.Config) { c.WithRegion("cn-beijing") })
		_, err := elsewhere.GetBucketAcl(w.Context(), &oss.GetBucketAclRequest{Bucket: oss.Ptr(name)})
		if text := w.refused(err, 403, "AccessDenied"); !strings.Contains(text, "<Endpoint>oss-"+w.region+".aliyuncs.com</Endpoint>") {
			t.Errorf("the error is %s", text)
		}
	})
}

func TestA067ADeletionOfManyIsRefusedAsAWhole(t *testing.T) {
	ask(t, free, func(w *world) {
		c, name := w.bucket()
		w.put(c, name, "mine", "x")
		w.put(c, name, "theirs", "x")
		user, k := w.user("")
		w.attached(w.policy(`{"Version":"1","Statement":[{"Effect":"Allow","Action":"oss:DeleteObject","Resource":"acs:oss:*:*:`+name+`/mine"}]}`), user)
		keys := []oss.DeleteObject{{Key: oss.Ptr("mine")}, {Key: oss.Ptr("theirs")}}
		_, err := w.as(k).bucketClient().DeleteMultipleObjects(w.Context(), &oss.DeleteMultipleObjectsRequest{Bucket: oss.Ptr(name), Objects: keys})
		w.refused(err, 403, "AccessDenied")
		if _, err := c.HeadObject(w.Context(), &oss.HeadObjectRequest{Bucket: oss.Ptr(name), Key: oss.Ptr("mine")}); err != nil {
			t.Errorf("the allowed one is gone: %v", err)
		}
	})
}

func TestA068ABucketWithUploadsIsNotEmpty(t *testing.T) {
	ask(t, free, func(w *world) {
		c, name := w.bucket()
		if _, err := c.InitiateMultipartUpload(w.Context(), &oss.InitiateMultipartUploadRequest{Bucket: oss.Ptr(name), Key: oss.Ptr("k")}); err != nil {
			t.Fatal(err)
		}
		_, err := c.DeleteBucket(w.Context(), &oss.DeleteBucketRequest{Bucket: oss.Ptr(name)})
		w.refused(err, 409, "BucketNotEmpty")
	})
}

func TestA069ARangeOutsideGivesTheWholeObject(t *testing.T) {
	ask(t, free, func(w *world) {
		c, name := w.bucket()
		w.put(c, name, "k", "0123456789")
		request := &oss.GetObjectRequest{Bucket: oss.Ptr(name), Key: oss.Ptr("k"), Range: oss.Ptr("bytes=20-30")}
		got, err := c.GetObject(w.Context(), request)
		if err != nil {
			t.Fatal(err)
		}
		content, err := io.ReadAll(got.Body)
		if err != nil || got.StatusCode != 200 || string(content) != "0123456789" {
			t.Errorf("%d %q, %v", got.StatusCode, content, err)
		}
		request.RangeBehavior = oss.Ptr("standard")
		_, err = c.GetObject(w.Context(), request)
		w.refused(err, 416, "InvalidRange")
	})
}

func TestA070OverlappingLifecycleRulesAreRefused(t *testing.T) {
	ask(t, free, func(w *world) {
		c, name := w.bucket()
		rule := func(prefix string) oss.LifecycleRule {
			return oss.LifecycleRule{Prefix: oss.Ptr(prefix), Status: oss.Ptr("Enabled"), Expiration: &oss.LifecycleRuleExpiration{Days: oss.Ptr(int32(9))}}
		}
		_, err := c.PutBucketLifecycle(w.Context(), &oss.PutBucketLifecycleRequest{
			Bucket: oss.Ptr(name), LifecycleConfiguration: &oss.LifecycleConfiguration{Rules: []oss.LifecycleRule{rule("a"), rule("ab")}},
		})
		w.refused(err, 400, "InvalidArgument")
	})
}

func TestA071AnObjectWithoutTagsHasAnEmptyTagSet(t *testing.T) {
	ask(t, free, func(w *world) {
		c, name := w.bucket()
		w.put(c, name, "k", "x")
		got, err := c.GetObjectTagging(w.Context(), &oss.GetObjectTaggingRequest{Bucket: oss.Ptr(name), Key: oss.Ptr("k")})
		if err != nil || len(got.Tags) != 0 {
			t.Errorf("tags %v, %v", got, err)
		}
	})
}

func TestA072ACopiedPartHasItsETagInTheHeaderToo(t *testing.T) {
	ask(t, free, func(w *world) {
		c, name := w.bucket()
		w.put(c, name, "source", strings.Repeat("x", 200<<10))
		begun, err := c.InitiateMultipartUpload(w.Context(), &oss.InitiateMultipartUploadRequest{Bucket: oss.Ptr(name), Key: oss.Ptr("k")})
		if err != nil {
			t.Fatal(err)
		}
		got, err := c.UploadPartCopy(w.Context(), &oss.UploadPartCopyRequest{
			Bucket: oss.Ptr(name), Key: oss.Ptr("k"), SourceKey: oss.Ptr("source"), UploadId: begun.UploadId, PartNumber: 1,
		})
		if err != nil || got.Headers.Get("ETag") == "" || got.Headers.Get("ETag") != *got.ETag {
			t.Errorf("header %v, body %v, %v", got.Headers, got.ETag, err)
		}
	})
}

func TestA073WhereAccessIsBlockedNoACLIsPublic(t *testing.T) {
	ask(t, free, func(w *world) {
		c, name := w.bucket()
		if _, err := c.PutBucketPublicAccessBlock(w.Context(), &oss.PutBucketPublicAccessBlockRequest{
			Bucket: oss.Ptr(name), PublicAccessBlockConfiguration: &oss.PublicAccessBlockConfiguration{BlockPublicAccess: oss.Ptr(true)},
		}); err != nil {
			t.Fatal(err)
		}
		_, err := c.PutBucketAcl(w.Context(), &oss.PutBucketAclRequest{Bucket: oss.Ptr(name), Acl: oss.BucketACLPublicRead})
		w.refused(err, 403, "AccessDenied")
	})
}

func TestA074ALinkIsCheckedWhenItIsRead(t *testing.T) {
	ask(t, free, func(w *world) {
		c, name := w.bucket()
		link := func(key, target string) {
			if _, err := c.PutSymlink(w.Context(), &oss.PutSymlinkRequest{Bucket: oss.Ptr(name), Key: oss.Ptr(key), Target: oss.Ptr(target)}); err != nil {
				t.Fatal(err)
			}
		}
		link("link", "none")
		link("second", "link")
		_, err := c.GetObject(w.Context(), &oss.GetObjectRequest{Bucket: oss.Ptr(name), Key: oss.Ptr("link")})
		w.refused(err, 404, "SymlinkTargetNotExist")
		_, err = c.GetObject(w.Context(), &oss.GetObjectRequest{Bucket: oss.Ptr(name), Key: oss.Ptr("second")})
		w.refused(err, 400, "InvalidTargetType")
	})
}

func TestA075ADeletedObjectOfAVersionedBucketIsMarked(t *testing.T) {
	ask(t, free, func(w *world) {
		c, name := w.bucket()
		if _, err := c.PutBucketVersioning(w.Context(), &oss.PutBucketVersioningRequest{
			Bucket: oss.Ptr(name), VersioningConfiguration: &oss.VersioningConfiguration{Status: oss.VersionEnabled},
		}); err != nil {
			t.Fatal(err)
		}
		w.put(c, name, "k", "x")
		done, err := c.DeleteObject(w.Context(), &oss.DeleteObjectRequest{Bucket: oss.Ptr(name), Key: oss.Ptr("k")})
		if err != nil || !done.DeleteMarker {
			t.Errorf("%+v, %v", done, err)
		}
		_, err = c.GetObject(w.Context(), &oss.GetObjectRequest{Bucket: oss.Ptr(name), Key: oss.Ptr("k"), VersionId: done.VersionId})
		w.refused(err, 405, "MethodNotAllowed")
	})
}

func TestA076AnArchivedObjectIsNotRead(t *testing.T) {
	ask(t, free, func(w *world) {
		c, name := w.bucket()
		if _, err := c.PutObject(w.Context(), &oss.PutObjectRequest{Bucket: oss.Ptr(name), Key: oss.Ptr("k"), StorageClass: oss.StorageClassArchive, Body: bytes.NewReader([]byte("x"))}); err != nil {
			t.Fatal(err)
		}
		_, err := c.GetObject(w.Context(), &oss.GetObjectRequest{Bucket: oss.Ptr(name), Key: oss.Ptr("k")})
		w.refused(err, 403, "InvalidObjectState")
	})
}

func TestA077ASignatureOfOSSIsGoodForAQuarterOfAnHour(t *testing.T) {
	ask(t, free, func(w *world) {
		host := "https://oss-" + w.region + ".aliyuncs.com/"
		if w.srv != nil {
			host = w.srv.URL() + "/"
		}
		a := w.do("GET", host, "the list", map[string][]string{
			"Date": {time.Now().Add(-time.Hour).UTC().Format("Mon, 02 Jan 2006 15:04:05 GMT")}, "Authorization": {"OSS " + w.key.id + ":x"},
		})
		if a.status != 403 || !strings.Contains(a.body, "<Code>RequestTimeTooSkewed</Code>") {
			t.Errorf("an old signature is answered %d %s", a.status, a.body)
		}
	})
}

func TestA078AListHasAThousandKeysAtMost(t *testing.T) {
	ask(t, free, func(w *world) {
		c, name := w.bucket()
		_, err := c.ListObjectsV2(w.Context(), &oss.ListObjectsV2Request{Bucket: oss.Ptr(name), MaxKeys: 1001})
		w.refused(err, 400, "InvalidArgument")
	})
}

func TestA079DeletingWhatIsNotThereSucceeds(t *testing.T) {
	ask(t, free, func(w *world) {
		c, name := w.bucket()
		if _, err := c.DeleteObject(w.Context(), &oss.DeleteObjectRequest{Bucket: oss.Ptr(name), Key: oss.Ptr("none")}); err != nil {
			t.Error(err)
		}
	})
}

func TestA080APartIsAHundredKilobytesAtLeast(t *testing.T) {
	ask(t, free, func(w *world) {
		c, name := w.bucket()
		begun, err := c.InitiateMultipartUpload(w.Context(), &oss.InitiateMultipartUploadRequest{Bucket: oss.Ptr(name), Key: oss.Ptr("k")})
		if err != nil {
			t.Fatal(err)
		}
		var parts []oss.UploadPart
		for number := range int32(2) {
			part, err := c.UploadPart(w.Context(), &oss.UploadPartRequest{
				Bucket: oss.Ptr(name), Key: oss.Ptr("k"), UploadId: begun.UploadId, PartNumber: number + 1, Body: strings.NewReader("small"),
			})
			if err != nil {
				t.Fatal(err)
			}
			parts = append(parts, oss.UploadPart{PartNumber: number + 1, ETag: part.ETag})
		}
		_, err = c.CompleteMultipartUpload(w.Context(), &oss.CompleteMultipartUploadRequest{
			Bucket: oss.Ptr(name), Key: oss.Ptr("k"), UploadId: begun.UploadId, CompleteMultipartUpload: &oss.CompleteMultipartUpload{Parts: parts},
		})
		w.refused(err, 400, "EntityTooSmall")
	})
}

func TestA081AForbiddenOverwriteCountsWithoutVersionsOnly(t *testing.T) {
	ask(t, free, func(w *world) {
		c, name := w.bucket()
		again := func() error {
			_, err := c.PutObject(w.Context(), &oss.PutObjectRequest{Bucket: oss.Ptr(name), Key: oss.Ptr("k"), ForbidOverwrite: oss.Ptr("true")})
			return err
		}
		w.put(c, name, "k", "x")
		w.refused(again(), 409, "FileAlreadyExists")
		if _, err := c.PutBucketVersioning(w.Context(), &oss.PutBucketVersioningRequest{
			Bucket: oss.Ptr(name), VersioningConfiguration: &oss.VersioningConfiguration{Status: oss.VersionEnabled},
		}); err != nil {
			t.Fatal(err)
		}
		if err := again(); err != nil {
			t.Error(err)
		}
	})
}

func TestA082WhatABucketDoesNotHaveIsNotFound(t *testing.T) {
	ask(t, free, func(w *world) {
		c, name := w.bucket()
		_, err := c.GetBucketLifecycle(w.Context(), &oss.GetBucketLifecycleRequest{Bucket: oss.Ptr(name)})
		w.refused(err, 404, "NoSuchLifecycle")
		_, err = c.GetBucketCors(w.Context(), &oss.GetBucketCorsRequest{Bucket: oss.Ptr(name)})
		w.refused(err, 404, "NoSuchCORSConfiguration")
		_, err = c.GetBucketEncryption(w.Context(), &oss.GetBucketEncryptionRequest{Bucket: oss.Ptr(name)})
		w.refused(err, 404, "NoSuchServerSideEncryptionRule")
	})
}
