package oss_test

import (
	"strings"
	"testing"

	sdk "github.com/aliyun/alibabacloud-oss-go-sdk-v2/oss"
	"github.com/google/go-cmp/cmp"
)

func TestBucketStat_Classes_CountedApart(t *testing.T) {
	e := newEnvironment(t)
	c := e.root()
	mustPutBucket(t, c, "bucket-a")
	for i, class := range []sdk.StorageClassType{"Standard", "IA", "Archive", "ColdArchive", "DeepColdArchive"} {
		for n := range i + 1 {
			if _, err := c.PutObject(t.Context(), &sdk.PutObjectRequest{
				Bucket: new("bucket-a"), Key: new(string(class) + strings.Repeat("x", n)), Body: strings.NewReader("12345"), StorageClass: class,
			}); err != nil {
				t.Fatal(err)
			}
		}
	}
	r, err := c.GetBucketStat(t.Context(), &sdk.GetBucketStatRequest{Bucket: new("bucket-a")})
	if err != nil {
		t.Fatal(err)
	}
	const least = 64 << 10
	want := []int64{15, 75, 5, 1, 2 * least, 10, 2, 3 * least, 15, 3, 4 * least, 20, 4, 5 * least, 25, 5}
	got := []int64{
		r.ObjectCount, r.Storage, r.StandardStorage, r.StandardObjectCount,
		r.InfrequentAccessStorage, r.InfrequentAccessRealStorage, r.InfrequentAccessObjectCount,
		r.ArchiveStorage, r.ArchiveRealStorage, r.ArchiveObjectCount,
		r.ColdArchiveStorage, r.ColdArchiveRealStorage, r.ColdArchiveObjectCount,
		r.DeepColdArchiveStorage, r.DeepColdArchiveRealStorage, r.DeepColdArchiveObjectCount,
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("figures (-want, +got):\n%s", diff)
	}
}

func TestUploads_Encryption_SetByFirstRequest(t *testing.T) {
	e := newEnvironment(t)
	c := e.root()
	mustPutBucket(t, c, "bucket-a")
	begun, err := c.InitiateMultipartUpload(t.Context(), &sdk.InitiateMultipartUploadRequest{
		Bucket: new("bucket-a"), Key: new("k"), ServerSideEncryption: new("KMS"), ServerSideDataEncryption: new("SM4"),
	})
	if err != nil {
		t.Fatal(err)
	}
	encrypted := func(h map[string][]string, where string) {
		t.Helper()
		key := h["X-Oss-Server-Side-Encryption-Key-Id"]
		if len(key) != 1 || key[0] == "" || h["X-Oss-Server-Side-Encryption"][0] != "KMS" || h["X-Oss-Server-Side-Data-Encryption"][0] != "SM4" {
			t.Errorf("%s has the headers %v", where, h)
		}
	}
	encrypted(begun.Headers, "the first answer")
	part := &sdk.UploadPartRequest{Bucket: new("bucket-a"), Key: new("k"), UploadId: begun.UploadId, PartNumber: 1, Body: strings.NewReader("x")}
	part.Headers = map[string]string{"x-oss-server-side-encryption": "KMS"}
	_, err = c.UploadPart(t.Context(), part)
	wantCode(t, err, "InvalidArgument")
	part.Headers, part.Body = nil, strings.NewReader("x")
	stored, err := c.UploadPart(t.Context(), part)
	if err != nil {
		t.Fatal(err)
	}
	encrypted(stored.Headers, "the part's answer")
	complete := &sdk.CompleteMultipartUploadRequest{
		Bucket: new("bucket-a"), Key: new("k"), UploadId: begun.UploadId,
		CompleteMultipartUpload: &sdk.CompleteMultipartUpload{Parts: []sdk.UploadPart{{PartNumber: 1, ETag: stored.ETag}}},
	}
	complete.Headers = map[string]string{"x-oss-server-side-encryption": "KMS"}
	_, err = c.CompleteMultipartUpload(t.Context(), complete)
	wantCode(t, err, "InvalidArgument")
	complete.Headers = nil
	done, err := c.CompleteMultipartUpload(t.Context(), complete)
	if err != nil {
		t.Fatal(err)
	}
	encrypted(done.Headers, "the last answer")
}

func TestCopyAndPut_UselessMembers_AsTheCloud(t *testing.T) {
	e := newEnvironment(t)
	c := e.root()
	mustPutBucket(t, c, "bucket-a")
	made, err := c.PutObject(t.Context(), &sdk.PutObjectRequest{Bucket: new("bucket-a"), Key: new("k"), ServerSideDataEncryption: new("SM4")})
	if err != nil || made.Headers.Get("x-oss-server-side-data-encryption") != "" {
		t.Errorf("a data encryption alone: %+v, %v", made, err)
	}
	_, _, err = send(t, c, call{method: "PUT", bucket: "bucket-a", key: "copy", header: map[string]string{"x-oss-copy-source": "/bucket-a/k?versionId="}})
	wantCode(t, err, "InvalidArgument")
}
