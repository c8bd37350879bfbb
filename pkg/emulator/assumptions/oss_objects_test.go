package assumptions_test

import (
	"bytes"
	"strings"
	"testing"
	"time"

	"github.com/aliyun/alibabacloud-oss-go-sdk-v2/oss"
)

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

func TestA083_ForeignBucket_IsDeniedAndFreeNameMissing(t *testing.T) {
	verify(t, free, func(e *environment) {
		foreign := "test" // taken for sure on the real cloud
		if e.srv != nil {
			e.srv.OSS().AddForeignBucket(foreign, "2000000000000002")
		}
		c := e.bucketClient()
		_, err := c.GetBucketInfo(e.Context(), &oss.GetBucketInfoRequest{Bucket: oss.Ptr(foreign)})
		e.refused(err, 403, "AccessDenied")
		_, err = c.GetBucketInfo(e.Context(), &oss.GetBucketInfoRequest{Bucket: oss.Ptr(e.name())})
		e.refused(err, 404, "NoSuchBucket")
	})
}
