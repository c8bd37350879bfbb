package oss_test

import (
	"errors"
	"strings"
	"testing"

	sdk "github.com/aliyun/alibabacloud-oss-go-sdk-v2/oss"
)

func appendTo(t *testing.T, c *sdk.Client, key, content string, position int64, header map[string]string) (*sdk.AppendObjectResult, error) {
	t.Helper()
	return c.AppendObject(t.Context(), &sdk.AppendObjectRequest{
		Bucket: new("bucket-a"), Key: new(key), Body: strings.NewReader(content), Position: new(position), RequestCommon: sdk.RequestCommon{Headers: header},
	})
}

func TestAppendObject_Positions_LengthOnly(t *testing.T) {
	e := newEnvironment(t)
	c := e.root()
	mustPutBucket(t, c, "bucket-a")
	wantLength := func(err error, length string) {
		t.Helper()
		wantCode(t, err, "PositionNotEqualToLength")
		var refused *sdk.ServiceError
		if errors.As(err, &refused); refused == nil || refused.StatusCode != 409 || refused.Headers.Get("x-oss-next-append-position") != length {
			t.Errorf("refusal: %+v, want the length %s", refused, length)
		}
	}
	_, err := appendTo(t, c, "k", "x", 3, nil)
	wantLength(err, "0")
	first, err := appendTo(t, c, "k", "hello", 0, map[string]string{
		"x-oss-tagging": "a=1", "x-oss-meta-m": "v", "Content-Type": "text/plain", "x-oss-server-side-encryption": "KMS",
	})
	if err != nil || first.NextPosition != 5 || first.HashCRC64 == nil || *first.ServerSideEncryption != "KMS" || *first.ServerSideEncryptionKeyId == "" {
		t.Fatalf("first: %+v, %v", first, err)
	}
	before := e.state(t)
	_, err = appendTo(t, c, "k", "x", 5, map[string]string{"x-oss-forbid-overwrite": "true"})
	e.wantNothing(t, err, "an addition that may not overwrite", before)
	for _, position := range []int64{0, 4, 6} {
		_, err := appendTo(t, c, "k", "x", position, nil)
		wantLength(err, "5")
	}
	second, err := appendTo(t, c, "k", " world", 5, map[string]string{"x-oss-tagging": "a=1&a=2", "x-oss-meta-m": "other"})
	if err != nil || second.NextPosition != 11 {
		t.Fatalf("second: %+v, %v", second, err)
	}
	state, err := e.Snapshot()
	if err != nil || e.Restore(state) != nil {
		t.Fatal("the state is not restored", err)
	}
	content, err := get(t.Context(), c, "bucket-a", "k")
	head, errHead := c.HeadObject(t.Context(), &sdk.HeadObjectRequest{Bucket: new("bucket-a"), Key: new("k")})
	if err != nil || errHead != nil || content != "hello world" {
		t.Fatalf("content %q, %v, %v", content, err, errHead)
	}
	if *head.ObjectType != "Appendable" || head.Headers.Get("x-oss-next-append-position") != "11" || *head.HashCRC64 != *second.HashCRC64 ||
		head.Metadata["m"] != "v" || *head.ContentType != "text/plain" || head.TaggingCount != 1 || head.ContentMD5 != nil || *head.ETag != second.Headers.Get("ETag") {
		t.Errorf("head: %+v", head)
	}
	list, err := c.ListObjectsV2(t.Context(), &sdk.ListObjectsV2Request{Bucket: new("bucket-a")})
	if err != nil || *list.Contents[0].Type != "Appendable" {
		t.Errorf("list: %+v, %v", list, err)
	}
	if _, err = c.CopyObject(t.Context(), &sdk.CopyObjectRequest{Bucket: new("bucket-a"), Key: new("copy"), SourceKey: new("k")}); err != nil { // A239
		t.Error(err)
	}

	mustPut(t, c, "bucket-a", "normal", "x")
	_, err = appendTo(t, c, "normal", "x", 1, nil)
	wantCode(t, err, "ObjectNotAppendable")
	_, err = appendTo(t, c, "new", "x", 0, map[string]string{"x-oss-storage-class": "ColdArchive"})
	wantCode(t, err, "InvalidArgument")
	for position, code := range map[string]string{"": "MissingArgument", "x": "InvalidArgument", "-1": "InvalidArgument"} {
		_, _, err = send(t, c, call{method: "POST", bucket: "bucket-a", key: "new", query: map[string]string{"append": "", "position": position}, body: "x"})
		wantCode(t, err, code)
	}
}

func TestAppendObject_VersionedBucket_CurrentVersionGrows(t *testing.T) {
	e := newEnvironment(t)
	c := e.root()
	mustPutBucket(t, c, "bucket-a")
	if _, err := c.PutBucketVersioning(t.Context(), &sdk.PutBucketVersioningRequest{Bucket: new("bucket-a"), VersioningConfiguration: &sdk.VersioningConfiguration{Status: sdk.VersionEnabled}}); err != nil {
		t.Fatal(err)
	}
	first, err := appendTo(t, c, "k", "one", 0, nil)
	if err != nil || first.VersionId == nil {
		t.Fatalf("first: %+v, %v", first, err)
	}
	if second, err := appendTo(t, c, "k", "two", 3, nil); err != nil || *second.VersionId != *first.VersionId {
		t.Errorf("second: %+v, %v", second, err)
	}
	if got := e.Buckets()[0]; got.Versions != 1 {
		t.Errorf("%d versions, want 1", got.Versions)
	}
	mustPut(t, c, "bucket-a", "k", "normal")
	_, err = appendTo(t, c, "k", "x", 6, nil)
	wantCode(t, err, "ObjectNotAppendable")
	if _, err := c.DeleteObject(t.Context(), &sdk.DeleteObjectRequest{Bucket: new("bucket-a"), Key: new("k")}); err != nil {
		t.Fatal(err)
	}
	_, err = appendTo(t, c, "k", "x", 6, nil)
	wantCode(t, err, "PositionNotEqualToLength")
	if _, err = appendTo(t, c, "k", "x", 0, nil); err != nil { // A262
		t.Error(err)
	}
	if got := e.Buckets()[0]; got.Versions != 4 {
		t.Errorf("%d versions, want 4", got.Versions)
	}
}
