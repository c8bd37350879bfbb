package oss_test

import (
	"bytes"
	"errors"
	"fmt"
	"strings"
	"testing"

	sdk "github.com/aliyun/alibabacloud-oss-go-sdk-v2/oss"
	"github.com/google/go-cmp/cmp"
)

// An upload is a multipart upload under way.
type upload struct {
	c   *sdk.Client
	key string
	id  string
}

func begin(t *testing.T, c *sdk.Client, key string) *upload {
	t.Helper()
	begun, err := c.InitiateMultipartUpload(t.Context(), &sdk.InitiateMultipartUploadRequest{
		Bucket: new("bucket-a"), Key: new(key), Metadata: map[string]string{"n": "1"},
	})
	if err != nil {
		t.Fatal(err)
	}
	if *begun.Key != key || *begun.Bucket != "bucket-a" {
		t.Errorf("begun: %+v", begun)
	}
	return &upload{c, key, *begun.UploadId}
}

// part uploads a part of so many bytes and returns it for the completion.
func (u *upload) part(t *testing.T, number int32, size int) sdk.UploadPart {
	t.Helper()
	done, err := u.c.UploadPart(t.Context(), &sdk.UploadPartRequest{
		Bucket: new("bucket-a"), Key: new(u.key), UploadId: new(u.id), PartNumber: number, Body: bytes.NewReader(make([]byte, size)),
	})
	if err != nil {
		t.Fatal(err)
	}
	return sdk.UploadPart{PartNumber: number, ETag: done.ETag}
}

func (u *upload) complete(t *testing.T, parts ...sdk.UploadPart) (*sdk.CompleteMultipartUploadResult, error) {
	t.Helper()
	return u.c.CompleteMultipartUpload(t.Context(), &sdk.CompleteMultipartUploadRequest{
		Bucket: new("bucket-a"), Key: new(u.key), UploadId: new(u.id), CompleteMultipartUpload: &sdk.CompleteMultipartUpload{Parts: parts},
	})
}

func TestMultipart_Parts_MakeOneObject(t *testing.T) {
	e := newEnvironment(t)
	c := e.root()
	mustPutBucket(t, c, "bucket-a")
	u := begin(t, c, "dir/ä")
	two := u.part(t, 2, 10)
	one := u.part(t, 1, 100<<10)
	u.part(t, 3, 10) // left out
	listed, err := c.ListParts(t.Context(), &sdk.ListPartsRequest{Bucket: new("bucket-a"), Key: new(u.key), UploadId: new(u.id), MaxParts: 2})
	if err != nil || len(listed.Parts) != 2 || listed.Parts[0].PartNumber != 1 || !listed.IsTruncated || listed.NextPartNumberMarker != 2 {
		t.Errorf("parts: %+v, %v", listed, err)
	}
	for name, bad := range map[string]struct {
		parts []sdk.UploadPart
		code  string
	}{
		"twice":       {[]sdk.UploadPart{one, one}, "InvalidPartOrder"},
		"unknown":     {[]sdk.UploadPart{one, {PartNumber: 9, ETag: one.ETag}}, "InvalidPart"},
		"other ETag":  {[]sdk.UploadPart{{PartNumber: 1, ETag: two.ETag}}, "InvalidPart"},
		"small parts": {[]sdk.UploadPart{two, u.part(t, 4, 10)}, "EntityTooSmall"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := u.complete(t, bad.parts...)
			wantCode(t, err, bad.code)
		})
	}
	done, err := u.complete(t, one, two)
	if err != nil {
		t.Fatal(err)
	}
	head, err := c.HeadObject(t.Context(), &sdk.HeadObjectRequest{Bucket: new("bucket-a"), Key: new(u.key)})
	if err != nil || head.ContentLength != 100<<10+10 || *head.ETag != *done.ETag || *head.ObjectType != "Multipart" || head.Metadata["n"] != "1" {
		t.Errorf("object: %+v, %v", head, err)
	}
	if got := e.Buckets()[0]; got.Uploads != 0 || got.Objects != 1 {
		t.Errorf("bucket: %+v", got)
	}
	_, err = u.complete(t, one, two)
	wantCode(t, err, "NoSuchUpload")
}

func TestSDKUploader_LargeObject_Uploaded(t *testing.T) {
	e := newEnvironment(t)
	c := e.root()
	mustPutBucket(t, c, "bucket-a")
	content := bytes.Repeat([]byte("0123456789"), 50<<10)
	uploader := c.NewUploader(func(o *sdk.UploaderOptions) { o.PartSize = 128 << 10; o.ParallelNum = 3 })
	if _, err := uploader.UploadFrom(t.Context(), &sdk.PutObjectRequest{Bucket: new("bucket-a"), Key: new("k")}, bytes.NewReader(content)); err != nil {
		t.Fatal(err)
	}
	if got, err := get(t.Context(), c, "bucket-a", "k"); err != nil || got != string(content) {
		t.Errorf("%d bytes, %v, want %d", len(got), err, len(content))
	}
}

func TestMultipart_Uploads_ListedAndAborted(t *testing.T) {
	e := newEnvironment(t)
	c := e.root()
	mustPutBucket(t, c, "bucket-a")
	want := map[string]string{}
	for _, key := range []string{"a", "a", "b c", "d"} {
		u := begin(t, c, key)
		want[u.id] = key
	}
	got := map[string]string{}
	pages := c.NewListMultipartUploadsPaginator(&sdk.ListMultipartUploadsRequest{Bucket: new("bucket-a"), MaxUploads: 1})
	for pages.HasNext() {
		page, err := pages.NextPage(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		for _, u := range page.Uploads {
			got[*u.UploadId] = *u.Key
		}
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("uploads (-want, +got):\n%s", diff)
	}
	for id, key := range got {
		request := &sdk.AbortMultipartUploadRequest{Bucket: new("bucket-a"), Key: new("another key"), UploadId: new(id)}
		_, err := c.AbortMultipartUpload(t.Context(), request)
		wantCode(t, err, "NoSuchUpload")
		request.Key = new(key)
		if _, err := c.AbortMultipartUpload(t.Context(), request); err != nil {
			t.Error(err)
		}
		_, err = c.AbortMultipartUpload(t.Context(), request)
		wantCode(t, err, "NoSuchUpload")
	}
	if n := e.Buckets()[0].Uploads; n != 0 {
		t.Errorf("%d uploads left", n)
	}
}

func TestMultipart_BadPartNumber_Refused(t *testing.T) {
	e := newEnvironment(t)
	c := e.root()
	mustPutBucket(t, c, "bucket-a")
	u := begin(t, c, "k")
	for _, number := range []int{-1, 10001} {
		_, err := c.UploadPart(t.Context(), &sdk.UploadPartRequest{
			Bucket: new("bucket-a"), Key: new("k"), UploadId: new(u.id), PartNumber: int32(number), Body: bytes.NewReader(nil),
		})
		t.Run(fmt.Sprint(number), func(t *testing.T) { wantCode(t, err, "InvalidArgument") })
	}
}

func TestUpload_Sequential_TakesPartsInOrder(t *testing.T) {
	e := newEnvironment(t)
	c := e.root()
	mustPutBucket(t, c, "bucket-a")
	upload, err := c.InitiateMultipartUpload(t.Context(), &sdk.InitiateMultipartUploadRequest{
		Bucket: new("bucket-a"), Key: new("m"), RequestCommon: sdk.RequestCommon{Parameters: map[string]string{"sequential": ""}},
	})
	if err != nil {
		t.Fatal(err)
	}
	_, none, err := send(t, c, call{method: "GET", bucket: "bucket-a", key: "m", query: map[string]string{"uploadId": *upload.UploadId}})
	if err != nil || !strings.Contains(none, "<NextPartNumberMarker></NextPartNumberMarker>") {
		t.Errorf("a list without parts: %s, %v", none, err)
	}
	part := func(number int32) error {
		_, err := c.UploadPart(t.Context(), &sdk.UploadPartRequest{
			Bucket: new("bucket-a"), Key: new("m"), UploadId: upload.UploadId, PartNumber: number, Body: strings.NewReader("x"),
		})
		return err
	}
	early := part(2)
	wantCode(t, early, "PartNotSequential")
	if refused := new(sdk.ServiceError); !errors.As(early, &refused) || refused.StatusCode != 400 { // oss2 reads the status
		t.Errorf("the refusal is %v", early)
	}
	if err := errors.Join(part(1), part(1)); err != nil {
		t.Fatal(err)
	}
	if _, err := c.CompleteMultipartUpload(t.Context(), &sdk.CompleteMultipartUploadRequest{Bucket: new("bucket-a"), Key: new("m"), UploadId: upload.UploadId, CompleteAll: new("yes")}); err != nil {
		t.Fatal(err)
	}
	head, err := c.HeadObject(t.Context(), &sdk.HeadObjectRequest{Bucket: new("bucket-a"), Key: new("m")})
	if err != nil || head.ContentMD5 == nil {
		t.Errorf("head %+v, %v: want a Content-MD5 after a sequential upload", head, err)
	}
}

func TestCompleteUpload_ACLHeader_SetsACL(t *testing.T) {
	e := newEnvironment(t)
	c := e.root()
	mustPutBucket(t, c, "bucket-a")
	upload, err := c.InitiateMultipartUpload(t.Context(), &sdk.InitiateMultipartUploadRequest{Bucket: new("bucket-a"), Key: new("m")})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := c.UploadPart(t.Context(), &sdk.UploadPartRequest{
		Bucket: new("bucket-a"), Key: new("m"), UploadId: upload.UploadId, PartNumber: 1, Body: strings.NewReader("x"),
	}); err != nil {
		t.Fatal(err)
	}
	if _, err := c.CompleteMultipartUpload(t.Context(), &sdk.CompleteMultipartUploadRequest{
		Bucket: new("bucket-a"), Key: new("m"), UploadId: upload.UploadId, CompleteAll: new("yes"), Acl: sdk.ObjectACLPrivate,
	}); err != nil {
		t.Fatal(err)
	}
	acl, err := c.GetObjectAcl(t.Context(), &sdk.GetObjectAclRequest{Bucket: new("bucket-a"), Key: new("m")})
	if err != nil || *acl.ACL != "private" {
		t.Errorf("the ACL is %+v, %v", acl, err)
	}
}
