package oss_test

import (
	"errors"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	sdk "github.com/aliyun/alibabacloud-oss-go-sdk-v2/oss"
	"github.com/google/go-cmp/cmp"
)

func TestGetObject_StoredHeaders_Returned(t *testing.T) {
	e := newEnvironment(t)
	c := e.root()
	mustPutBucket(t, c, "bucket-a")
	made, err := c.PutObject(t.Context(), &sdk.PutObjectRequest{
		Bucket: new("bucket-a"), Key: new("k.txt"), Body: strings.NewReader("123456789"), ContentType: new("text/x-test"),
		CacheControl: new("no-cache"), Metadata: map[string]string{"author": "me"}, StorageClass: sdk.StorageClassIA,
	})
	if err != nil {
		t.Fatal(err)
	}
	// The check values of MD5 and of CRC-64/XZ.
	if *made.ETag != `"25F9E794323B453885F5181F1B624D0B"` || *made.HashCRC64 != "11051210869376104954" {
		t.Errorf("ETag %s, CRC %s", *made.ETag, *made.HashCRC64)
	}
	head, err := c.HeadObject(t.Context(), &sdk.HeadObjectRequest{Bucket: new("bucket-a"), Key: new("k.txt")})
	if err != nil {
		t.Fatal(err)
	}
	got := []string{*head.ContentType, *head.CacheControl, head.Metadata["author"], *head.StorageClass, *head.ObjectType, *head.ETag}
	want := []string{"text/x-test", "no-cache", "me", "IA", "Normal", *made.ETag}
	if diff := cmp.Diff(want, got); diff != "" || head.ContentLength != 9 {
		t.Errorf("head: %d bytes (-want, +got):\n%s", head.ContentLength, diff)
	}
	meta, err := c.GetObjectMeta(t.Context(), &sdk.GetObjectMetaRequest{Bucket: new("bucket-a"), Key: new("k.txt")})
	if err != nil || meta.ContentLength != 9 || *meta.ETag != *made.ETag {
		t.Errorf("meta: %+v, %v", meta, err)
	}
	changed, err := c.GetObject(t.Context(), &sdk.GetObjectRequest{Bucket: new("bucket-a"), Key: new("k.txt"), ResponseContentType: new("text/other")})
	if err != nil || *changed.ContentType != "text/other" {
		t.Errorf("with another type asked for: %+v, %v", changed, err)
	}
	_, err = c.HeadObject(t.Context(), &sdk.HeadObjectRequest{Bucket: new("bucket-a"), Key: new("none")})
	wantCode(t, err, "NoSuchKey")
	_, err = get(t.Context(), c, "bucket-a", "none")
	wantCode(t, err, "NoSuchKey")
}

func TestGetObject_Ranges_Returned(t *testing.T) {
	e := newEnvironment(t)
	c := e.root()
	mustPutBucket(t, c, "bucket-a")
	mustPut(t, c, "bucket-a", "k", "0123456789")
	mustPut(t, c, "bucket-a", "empty", "")
	const whole = "0123456789"
	for given, want := range map[string]struct {
		key, standard string
		status        int
		body, shown   string
	}{
		"bytes=0-3":            {"k", "", 206, "0123", "bytes 0-3/10"},
		"bytes=9-9":            {"k", "", 206, "9", "bytes 9-9/10"},
		"bytes=8-":             {"k", "", 206, "89", "bytes 8-9/10"},
		"bytes=8-10":           {"k", "", 200, whole, ""},
		"bytes=8-99":           {"k", "", 200, whole, ""},
		"bytes=-3":             {"k", "", 206, "789", "bytes 7-9/10"},
		"bytes=-10":            {"k", "", 206, whole, "bytes 0-9/10"},
		"bytes=-30":            {"k", "", 200, whole, ""},
		"bytes=5-4":            {"k", "", 200, whole, ""},
		"bytes=10-11":          {"k", "", 200, whole, ""},
		"bytes=10-":            {"k", "", 200, whole, ""},
		"bytes=x":              {"k", "", 200, whole, ""},
		"bytes=-":              {"k", "", 200, whole, ""},
		"lines=1-2":            {"k", "", 200, whole, ""},
		"bytes=1-2,4-5":        {"k", "", 206, "12", "bytes 1-2/10"},
		"bytes=-0":             {"k", "", 416, "", ""},
		"bytes=0-0":            {"empty", "", 200, "", ""},
		"bytes=-1":             {"empty", "", 200, "", ""},
		"standard bytes=8-99":  {"k", "standard", 206, "89", "bytes 8-9/10"},
		"standard bytes=-30":   {"k", "standard", 206, whole, "bytes 0-9/10"},
		"standard bytes=10-11": {"k", "standard", 416, "", ""},
		"standard bytes=10-":   {"k", "standard", 416, "", ""},
		"standard bytes=5-4":   {"k", "standard", 200, whole, ""},
		"standard bytes=0-":    {"empty", "standard", 416, "", ""},
	} {
		request := &sdk.GetObjectRequest{Bucket: new("bucket-a"), Key: new(want.key), Range: new(strings.TrimPrefix(given, "standard "))}
		if want.standard != "" {
			request.RangeBehavior = new(want.standard)
		}
		result, err := c.GetObject(t.Context(), request)
		if want.status == http.StatusRequestedRangeNotSatisfiable {
			wantCode(t, err, "InvalidRange")
			continue
		}
		if err != nil {
			t.Errorf("%s: %v", given, err)
			continue
		}
		body, err := io.ReadAll(result.Body)
		if err != nil || result.StatusCode != want.status || string(body) != want.body || result.Headers.Get("Content-Range") != want.shown {
			t.Errorf("%s: %d %q %q, %v, want %+v", given, result.StatusCode, body, result.Headers.Get("Content-Range"), err, want)
		}
	}
}

func TestGetObject_Conditions_Decide(t *testing.T) {
	e := newEnvironment(t)
	c := e.root()
	mustPutBucket(t, c, "bucket-a")
	made, err := put(t.Context(), c, "bucket-a", "k", "v")
	if err != nil {
		t.Fatal(err)
	}
	past, future := time.Now().Add(-time.Hour).UTC().Format(http.TimeFormat), time.Now().Add(time.Hour).UTC().Format(http.TimeFormat)
	for name, c2 := range map[string]struct {
		set    func(*sdk.GetObjectRequest)
		status int
	}{
		"the ETag fits":         {func(r *sdk.GetObjectRequest) { r.IfMatch = made.ETag }, 200},
		"another ETag":          {func(r *sdk.GetObjectRequest) { r.IfMatch = new("x") }, 412},
		"not this ETag":         {func(r *sdk.GetObjectRequest) { r.IfNoneMatch = made.ETag }, 304},
		"not another ETag":      {func(r *sdk.GetObjectRequest) { r.IfNoneMatch = new("x") }, 200},
		"changed since long":    {func(r *sdk.GetObjectRequest) { r.IfModifiedSince = new(past) }, 200},
		"not changed since":     {func(r *sdk.GetObjectRequest) { r.IfModifiedSince = new(future) }, 304},
		"unchanged since":       {func(r *sdk.GetObjectRequest) { r.IfUnmodifiedSince = new(future) }, 200},
		"not unchanged so long": {func(r *sdk.GetObjectRequest) { r.IfUnmodifiedSince = new(past) }, 412},
	} {
		t.Run(name, func(t *testing.T) {
			request := &sdk.GetObjectRequest{Bucket: new("bucket-a"), Key: new("k")}
			c2.set(request)
			status := http.StatusOK
			if _, err := c.GetObject(t.Context(), request); err != nil {
				var answer *sdk.ServiceError
				if !errors.As(err, &answer) {
					t.Fatal(err)
				}
				status = answer.StatusCode
			}
			if status != c2.status {
				t.Errorf("status %d, want %d", status, c2.status)
			}
		})
	}
}

func TestPutObject_BadRequest_Refused(t *testing.T) {
	e := newEnvironment(t)
	c := e.root()
	mustPutBucket(t, c, "bucket-a")
	mustPut(t, c, "bucket-a", "there", "v")
	object := func(key string, set func(*sdk.PutObjectRequest)) error {
		request := &sdk.PutObjectRequest{Bucket: new("bucket-a"), Key: new(key), Body: strings.NewReader("v")}
		if set != nil {
			set(request)
		}
		_, err := c.PutObject(t.Context(), request)
		return err
	}
	for name, check := range map[string]struct {
		err  error
		code string
	}{
		"key too long":          {object(strings.Repeat("k", 1024), nil), "InvalidObjectName"},
		"key with a slash":      {object("/k", nil), "InvalidObjectName"},
		"key with a backslash":  {object(`\k`, nil), "InvalidObjectName"},
		"another digest":        {object("k", func(r *sdk.PutObjectRequest) { r.ContentMD5 = new("1B2M2Y8AsgTpgAmY7PhCfg==") }), "InvalidDigest"},
		"no overwriting":        {object("there", func(r *sdk.PutObjectRequest) { r.ForbidOverwrite = new("true") }), "FileAlreadyExists"},
		"unknown storage class": {object("k", func(r *sdk.PutObjectRequest) { r.StorageClass = "Cheap" }), "InvalidArgument"},
		"unknown encryption":    {object("k", func(r *sdk.PutObjectRequest) { r.ServerSideEncryption = new("ROT13") }), "InvalidEncryptionAlgorithmError"},
	} {
		t.Run(name, func(t *testing.T) { wantCode(t, check.err, check.code) })
	}
	if err := object(strings.Repeat("k", 1023), func(r *sdk.PutObjectRequest) { r.ForbidOverwrite = new("true") }); err != nil {
		t.Errorf("an object at the limit: %v", err)
	}
	if got := e.Buckets()[0].Objects; got != 2 {
		t.Errorf("%d objects, want 2", got)
	}
	_, err := put(t.Context(), c, "bucket-b", "k", "v")
	wantCode(t, err, "NoSuchBucket")
}

func TestGetObject_Archived_Refused(t *testing.T) {
	e := newEnvironment(t)
	c := e.root()
	if _, err := c.PutBucket(t.Context(), &sdk.PutBucketRequest{Bucket: new("bucket-a"),
		CreateBucketConfiguration: &sdk.CreateBucketConfiguration{StorageClass: sdk.StorageClassColdArchive}}); err != nil {
		t.Fatal(err)
	}
	mustPut(t, c, "bucket-a", "k", "v")
	_, err := get(t.Context(), c, "bucket-a", "k")
	wantCode(t, err, "InvalidObjectState")
	if head, err := c.HeadObject(t.Context(), &sdk.HeadObjectRequest{Bucket: new("bucket-a"), Key: new("k")}); err != nil || *head.StorageClass != "ColdArchive" {
		t.Errorf("head: %+v, %v", head, err)
	}
}

func TestCopyObject_Source_Copied(t *testing.T) {
	e := newEnvironment(t)
	c := e.root()
	mustPutBucket(t, c, "bucket-a")
	mustPutBucket(t, c, "bucket-b")
	mustPutBucket(t, e.client(keyID, secret, sdk.SignatureVersionV4, func(c *sdk.Config) { c.WithRegion("cn-beijing") }), "far-away")
	if _, err := c.PutObject(t.Context(), &sdk.PutObjectRequest{Bucket: new("bucket-a"), Key: new("dir/ä b"), Body: strings.NewReader("v"), Metadata: map[string]string{"n": "1"}}); err != nil {
		t.Fatal(err)
	}
	request := func(directive string) *sdk.CopyObjectRequest {
		return &sdk.CopyObjectRequest{Bucket: new("bucket-b"), Key: new("c"), SourceBucket: new("bucket-a"), SourceKey: new("dir/ä b"),
			Metadata: map[string]string{"n": "2"}, MetadataDirective: new(directive)}
	}
	for directive, want := range map[string]string{"COPY": "1", "REPLACE": "2"} {
		if _, err := c.CopyObject(t.Context(), request(directive)); err != nil {
			t.Fatal(err)
		}
		head, err := c.HeadObject(t.Context(), &sdk.HeadObjectRequest{Bucket: new("bucket-b"), Key: new("c")})
		if err != nil || head.Metadata["n"] != want {
			t.Errorf("%s: %+v, %v", directive, head, err)
		}
	}
	if got, err := get(t.Context(), c, "bucket-b", "c"); err != nil || got != "v" {
		t.Errorf("copy: %q, %v", got, err)
	}
	_, err := c.CopyObject(t.Context(), request("MOVE"))
	wantCode(t, err, "InvalidArgument")
	missing := request("COPY")
	missing.SourceKey = new("none")
	_, err = c.CopyObject(t.Context(), missing)
	wantCode(t, err, "NoSuchKey")
	missing.SourceBucket = new("none")
	_, err = c.CopyObject(t.Context(), missing)
	wantCode(t, err, "NoSuchBucket")
	unlike := request("COPY")
	unlike.IfMatch = new("x")
	_, err = c.CopyObject(t.Context(), unlike)
	wantCode(t, err, "PreconditionFailed")
	far := request("COPY")
	far.SourceBucket, far.SourceKey = new("far-away"), new("k")
	_, err = c.CopyObject(t.Context(), far)
	wantCode(t, err, "AccessDenied")
}
