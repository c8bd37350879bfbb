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
		e.block(c, name, true)
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

func TestA084_BlockedPublicACL_ComesBackWhenLifted(t *testing.T) {
	verify(t, free, func(e *environment) {
		c, name := e.openBucket()
		e.put(c, name, "private", "x")
		if _, err := c.PutObject(e.Context(), &oss.PutObjectRequest{
			Bucket: oss.Ptr(name), Key: oss.Ptr("public"), Acl: oss.ObjectACLPublicRead, Body: strings.NewReader("x"),
		}); err != nil {
			t.Fatal(err)
		}
		for _, step := range []struct {
			block          bool
			public, closed int
		}{{false, 200, 403}, {true, 403, 403}, {false, 200, 403}} {
			e.block(c, name, step.block)
			e.answers(e.link(name, "public"), "a public object", step.public)
			e.answers(e.link(name, "private"), "a private object", step.closed)
		}
	})
}

func TestA086_BlockedBucket_RefusesPublicObjects(t *testing.T) {
	verify(t, free, func(e *environment) {
		c, name := e.bucket()
		e.block(c, name, true)
		put := func(key string, acl oss.ObjectACLType) error {
			_, err := c.PutObject(e.Context(), &oss.PutObjectRequest{Bucket: oss.Ptr(name), Key: oss.Ptr(key), Acl: acl, Body: strings.NewReader("x")})
			return err
		}
		for _, acl := range []oss.ObjectACLType{oss.ObjectACLPrivate, oss.ObjectACLDefault} {
			if err := put("k", acl); err != nil {
				t.Errorf("an object with the ACL %s: %v", acl, err)
			}
		}
		e.refused(put("k", oss.ObjectACLPublicRead), 403, "AccessDenied")
		_, err := c.PutObjectAcl(e.Context(), &oss.PutObjectAclRequest{Bucket: oss.Ptr(name), Key: oss.Ptr("k"), Acl: oss.ObjectACLPublicRead})
		e.refused(err, 403, "AccessDenied")
		_, err = c.CopyObject(e.Context(), &oss.CopyObjectRequest{Bucket: oss.Ptr(name), Key: oss.Ptr("copy"), SourceKey: oss.Ptr("k"), Acl: oss.ObjectACLPublicRead})
		e.refused(err, 403, "AccessDenied")
		_, err = c.InitiateMultipartUpload(e.Context(), &oss.InitiateMultipartUploadRequest{
			Bucket: oss.Ptr(name), Key: oss.Ptr("parts"), RequestCommon: oss.RequestCommon{Headers: map[string]string{"x-oss-object-acl": "public-read"}},
		})
		if err == nil { // OSS may look at the ACL when the upload is completed
			e.answers(e.link(name, "parts"), "an upload", 403)
		}
	})
}

func TestA087_NewBucket_BlocksPublicAccess(t *testing.T) {
	verify(t, free, func(e *environment) {
		c, name := e.bucket()
		info, err := c.GetBucketInfo(e.Context(), &oss.GetBucketInfoRequest{Bucket: oss.Ptr(name)})
		if err != nil || !oss.ToBool(info.BucketInfo.BlockPublicAccess) {
			t.Errorf("a new bucket is not blocked: %+v, %v", info, err)
		}
		_, err = c.PutBucketAcl(e.Context(), &oss.PutBucketAclRequest{Bucket: oss.Ptr(name), Acl: oss.BucketACLPublicRead})
		if text := e.refused(err, 403, "AccessDenied"); !strings.Contains(strings.ToLower(text), "put public bucket acl") {
			t.Errorf("the refusal says %s", text)
		}
	})
}

func TestA088_ObjectACLHeader_NeedsPutObjectAlone(t *testing.T) {
	verify(t, free, func(e *environment) {
		root, name := e.openBucket()
		_, k := e.user("oss:PutObject")
		c := e.as(k).bucketClient()
		e.eventually("the key puts objects", func() bool {
			_, err := c.PutObject(e.Context(), &oss.PutObjectRequest{Bucket: oss.Ptr(name), Key: oss.Ptr("k"), Acl: oss.ObjectACLPublicRead, Body: strings.NewReader("x")})
			return err == nil
		})
		acl, err := root.GetObjectAcl(e.Context(), &oss.GetObjectAclRequest{Bucket: oss.Ptr(name), Key: oss.Ptr("k")})
		if err != nil || oss.ToString(acl.ACL) != "public-read" {
			t.Errorf("the ACL of the object is %+v, %v", acl, err)
		}
	})
}
