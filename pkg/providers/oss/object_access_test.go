package oss_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"

	sdk "github.com/aliyun/alibabacloud-oss-go-sdk-v2/oss"
)

// A deed is a call of an application on an object, or on the bucket.
type deed struct {
	name string
	// by names the accesses that allow the call, by their first letters: b for
	// readwrite, r for readonly, w for writeonly.
	by string
	// whole says that the call tells of all objects, so that a prefix forbids it.
	whole bool
	// except is the code of a refusal for another reason.
	except string
	do     func(ctx context.Context, a app, key string) error
}

// deeds are all calls that some access allows.
func deeds() []deed {
	return append(objectDeeds(), bucketDeeds()...)
}

func objectDeeds() []deed {
	return []deed{
		{name: "put", by: "bw", do: func(ctx context.Context, a app, key string) error { return a.put(ctx, key, "x") }},
		{name: "get", by: "br", do: func(ctx context.Context, a app, key string) error { _, err := a.get(ctx, key); return err }},
		{name: "head", by: "br", do: func(ctx context.Context, a app, key string) error {
			_, err := a.HeadObject(ctx, &sdk.HeadObjectRequest{Bucket: &a.bucket, Key: &key})
			return err
		}},
		{name: "copy", by: "b", do: func(ctx context.Context, a app, key string) error {
			_, err := a.CopyObject(ctx, &sdk.CopyObjectRequest{Bucket: &a.bucket, Key: new(key + ".copy"), SourceKey: &key})
			return err
		}},
		{name: "put tags", by: "bw", do: func(ctx context.Context, a app, key string) error {
			_, err := a.PutObjectTagging(ctx, &sdk.PutObjectTaggingRequest{Bucket: &a.bucket, Key: &key, Tagging: &sdk.Tagging{TagSet: &sdk.TagSet{Tags: []sdk.Tag{{Key: new("k"), Value: new("v")}}}}})
			return err
		}},
		{name: "get tags", by: "br", do: func(ctx context.Context, a app, key string) error {
			_, err := a.GetObjectTagging(ctx, &sdk.GetObjectTaggingRequest{Bucket: &a.bucket, Key: &key})
			return err
		}},
		{name: "get the ACL", by: "br", do: func(ctx context.Context, a app, key string) error {
			_, err := a.GetObjectAcl(ctx, &sdk.GetObjectAclRequest{Bucket: &a.bucket, Key: &key})
			return err
		}},
		{name: "put the ACL", do: func(ctx context.Context, a app, key string) error {
			_, err := a.PutObjectAcl(ctx, &sdk.PutObjectAclRequest{Bucket: &a.bucket, Key: &key, Acl: sdk.ObjectACLPrivate})
			return err
		}},
		{name: "restore", by: "br", except: "OperationNotSupported", do: func(ctx context.Context, a app, key string) error {
			_, err := a.RestoreObject(ctx, &sdk.RestoreObjectRequest{Bucket: &a.bucket, Key: &key})
			return err
		}},
		{name: "get a version", by: "br", do: func(ctx context.Context, a app, key string) error {
			_, err := a.GetObject(ctx, &sdk.GetObjectRequest{Bucket: &a.bucket, Key: &key, VersionId: new("null")})
			return err
		}},
		{name: "upload in parts", by: "bw", do: upload},
		{name: "abort an upload", by: "bw", do: func(ctx context.Context, a app, key string) error {
			_, err := a.AbortMultipartUpload(ctx, &sdk.AbortMultipartUploadRequest{Bucket: &a.bucket, Key: &key, UploadId: new("none")})
			return err
		}, except: "NoSuchUpload"},
		{name: "delete tags", by: "b", do: func(ctx context.Context, a app, key string) error {
			_, err := a.DeleteObjectTagging(ctx, &sdk.DeleteObjectTaggingRequest{Bucket: &a.bucket, Key: &key})
			return err
		}},
		{name: "delete", by: "b", do: func(ctx context.Context, a app, key string) error { return a.delete(ctx, key+".copy") }},
		{name: "delete a version", by: "b", do: func(ctx context.Context, a app, key string) error {
			_, err := a.DeleteObject(ctx, &sdk.DeleteObjectRequest{Bucket: &a.bucket, Key: new(key + ".copy"), VersionId: new("null")})
			return err
		}},
		{name: "delete several", by: "b", do: func(ctx context.Context, a app, key string) error {
			_, err := a.DeleteMultipleObjects(ctx, &sdk.DeleteMultipleObjectsRequest{Bucket: &a.bucket, Delete: &sdk.Delete{Objects: []sdk.ObjectIdentifier{{Key: new(key + ".copy")}}}})
			return err
		}},
		{name: "list below it", by: "br", do: func(ctx context.Context, a app, key string) error {
			_, err := a.ListObjectsV2(ctx, &sdk.ListObjectsV2Request{Bucket: &a.bucket, Prefix: &key})
			return err
		}},
	}
}

// upload makes each call of an upload in parts.
func upload(ctx context.Context, a app, key string) error {
	begun, err := a.InitiateMultipartUpload(ctx, &sdk.InitiateMultipartUploadRequest{Bucket: &a.bucket, Key: &key})
	if err != nil {
		return err
	}
	part, err := a.UploadPart(ctx, &sdk.UploadPartRequest{Bucket: &a.bucket, Key: &key, UploadId: begun.UploadId, PartNumber: 1, Body: strings.NewReader("x")})
	if err != nil {
		return err
	}
	if _, err := a.ListParts(ctx, &sdk.ListPartsRequest{Bucket: &a.bucket, Key: &key, UploadId: begun.UploadId}); err != nil {
		return err
	}
	_, err = a.CompleteMultipartUpload(ctx, &sdk.CompleteMultipartUploadRequest{
		Bucket: &a.bucket, Key: &key, UploadId: begun.UploadId,
		CompleteMultipartUpload: &sdk.CompleteMultipartUpload{Parts: []sdk.UploadPart{{PartNumber: 1, ETag: part.ETag}}},
	})
	return err
}

func bucketDeeds() []deed {
	return []deed{
		{name: "look at the bucket", by: "brw", do: func(ctx context.Context, a app, _ string) error {
			_, err := a.GetBucketInfo(ctx, &sdk.GetBucketInfoRequest{Bucket: &a.bucket})
			return err
		}},
		{name: "locate the bucket", by: "brw", do: func(ctx context.Context, a app, _ string) error {
			_, err := a.GetBucketLocation(ctx, &sdk.GetBucketLocationRequest{Bucket: &a.bucket})
			return err
		}},
		{name: "measure the bucket", by: "br", whole: true, do: func(ctx context.Context, a app, _ string) error {
			_, err := a.GetBucketStat(ctx, &sdk.GetBucketStatRequest{Bucket: &a.bucket})
			return err
		}},
		{name: "get the ACL of the bucket", by: "br", do: func(ctx context.Context, a app, _ string) error {
			_, err := a.GetBucketAcl(ctx, &sdk.GetBucketAclRequest{Bucket: &a.bucket})
			return err
		}},
		{name: "see whether it has versions", by: "br", do: func(ctx context.Context, a app, _ string) error {
			_, err := a.GetBucketVersioning(ctx, &sdk.GetBucketVersioningRequest{Bucket: &a.bucket})
			return err
		}},
		{name: "list all", by: "br", whole: true, do: func(ctx context.Context, a app, _ string) error { _, err := a.list(ctx); return err }},
		{name: "list all, in the first form", by: "br", whole: true, do: func(ctx context.Context, a app, _ string) error {
			_, err := a.ListObjects(ctx, &sdk.ListObjectsRequest{Bucket: &a.bucket, Delimiter: new("/")})
			return err
		}},
		{name: "list versions", by: "br", whole: true, do: func(ctx context.Context, a app, key string) error {
			_, err := a.ListObjectVersions(ctx, &sdk.ListObjectVersionsRequest{Bucket: &a.bucket, Prefix: &key})
			return err
		}},
		{name: "list uploads", by: "b", whole: true, do: func(ctx context.Context, a app, key string) error {
			_, err := a.ListMultipartUploads(ctx, &sdk.ListMultipartUploadsRequest{Bucket: &a.bucket, Prefix: &key})
			return err
		}},
		{name: "list buckets", do: func(ctx context.Context, a app, _ string) error {
			_, err := a.ListBuckets(ctx, &sdk.ListBucketsRequest{})
			return err
		}},
		{name: "open the bucket", do: func(ctx context.Context, a app, _ string) error {
			_, err := a.PutBucketAcl(ctx, &sdk.PutBucketAclRequest{Bucket: &a.bucket, Acl: sdk.BucketACLPrivate})
			return err
		}},
		{name: "give rights", do: func(ctx context.Context, a app, _ string) error {
			_, err := a.PutBucketPolicy(ctx, &sdk.PutBucketPolicyRequest{Bucket: &a.bucket, Body: strings.NewReader(`{"Version":"1","Statement":[]}`)})
			return err
		}},
		{name: "delete the bucket", do: func(ctx context.Context, a app, _ string) error {
			_, err := a.DeleteBucket(ctx, &sdk.DeleteBucketRequest{Bucket: &a.bucket})
			return err
		}},
	}
}

// Each access and prefix allows its calls, and every other call is denied: on other
// prefixes and on other buckets, too.
func TestAccess_EveryCall_IsAllowedOrDenied(t *testing.T) {
	w := newFixture(t)
	ctx := t.Context()
	instance, other := w.instance(""), w.instance("")
	w.make(instance)
	w.make(other)
	for _, bucket := range []string{w.bucket(instance), w.bucket(other)} {
		for _, key := range []string{"in/voices/o", "in", "o"} {
			w.must(w.owner(bucket).put(ctx, key, "data"))
			w.must(w.owner(bucket).put(ctx, key+".copy", "data"))
		}
	}
	for access, letter := range map[string]string{"readwrite": "b", "readonly": "r", "writeonly": "w"} {
		for _, prefix := range []string{"", "in/"} {
			w.lives++
			t.Run(access+" "+prefix, func(t *testing.T) {
				w := &fixture{T: t, cloud: w.cloud, provider: w.provider, lives: w.lives}
				given := w.make(w.bindingWith(instance, fmt.Sprintf(`{"Access":%q,"Prefix":%q}`, access, prefix)))
				if given["prefix"] != prefix {
					t.Errorf("credentials name the prefix %q", given["prefix"])
				}
				a := open(given)
				for _, d := range deeds() {
					allowed := strings.Contains(d.by, letter)
					w.judge(d, "in/voices/o", a, allowed && (prefix == "" || !d.whole))
					if isOfObject(d) {
						w.judge(d, "o", a, allowed && prefix == "")
						w.judge(d, "in", a, allowed && prefix == "")
					}
					w.judge(d, "in/voices/o", a.in(w.bucket(other)), false)
				}
			})
		}
	}
}

func isOfObject(d deed) bool {
	for _, o := range objectDeeds() {
		if o.name == d.name {
			return true
		}
	}
	return false
}

// judge makes the call and requires that the cloud allows or denies it.
func (w *fixture) judge(d deed, key string, a app, want bool) {
	w.Helper()
	err := d.do(w.Context(), a, key)
	refusal, refused := errors.AsType[*sdk.ServiceError](err)
	denied := refused && (refusal.Code == "AccessDenied" || refusal.StatusCode == 403 && d.name == "head")
	if !denied && err != nil && (d.except == "" || refusal == nil || refusal.Code != d.except) {
		w.Errorf("%s of %s: %v", d.name, key, err)
	}
	if denied == want {
		w.Errorf("%s of %s in %s: allowed is %t, want %t: %v", d.name, key, a.bucket, !denied, want, err)
	}
}
