package oss_test

import (
	"strings"
	"testing"
	"time"

	sdk "github.com/aliyun/alibabacloud-oss-go-sdk-v2/oss"
	"github.com/google/go-cmp/cmp"
)

func tagsOf(t *testing.T, c *sdk.Client, key string) string {
	t.Helper()
	result, err := c.GetObjectTagging(t.Context(), &sdk.GetObjectTaggingRequest{Bucket: new("bucket-a"), Key: new(key)})
	if err != nil {
		t.Fatal(err)
	}
	var pairs []string
	for _, tag := range result.Tags {
		pairs = append(pairs, *tag.Key+"="+*tag.Value)
	}
	return strings.Join(pairs, ",")
}

func TestObjectTags_PutGetDelete_Shown(t *testing.T) {
	e := newEnvironment(t)
	c := e.root()
	mustPutBucket(t, c, "bucket-a")
	put := func(key, tagging string) error {
		_, err := c.PutObject(t.Context(), &sdk.PutObjectRequest{Bucket: new("bucket-a"), Key: new(key), Tagging: new(tagging)})
		return err
	}
	if err := put("k", "a=1&b%20c=%2B"); err != nil {
		t.Fatal(err)
	}
	if got := tagsOf(t, c, "k"); got != "a=1,b c=+" {
		t.Errorf("tags %s", got)
	}
	head, err := c.HeadObject(t.Context(), &sdk.HeadObjectRequest{Bucket: new("bucket-a"), Key: new("k")})
	if err != nil || head.TaggingCount != 2 {
		t.Errorf("%v tags counted, %v; want 2", head.TaggingCount, err)
	}
	for name, tagging := range map[string]string{
		"two equals signs": "a=b=c", "eleven": "a=1&b=1&c=1&d=1&e=1&f=1&g=1&h=1&i=1&j=1&k=1", "twice": "a=1&a=2",
		"a long key": strings.Repeat("k", 129) + "=1", "a long value": "k=" + strings.Repeat("v", 257), "no key": "=1", "a star": "k=%2A",
	} {
		if err := put("k", tagging); err == nil {
			t.Errorf("%s: accepted", name)
		} else {
			wantCode(t, err, "InvalidTag")
		}
	}
	copied := func(key, directive string) string {
		request := &sdk.CopyObjectRequest{Bucket: new("bucket-a"), Key: new(key), SourceKey: new("k"), Tagging: new("new=1")}
		if directive != "" {
			request.TaggingDirective = new(directive)
		}
		if _, err := c.CopyObject(t.Context(), request); err != nil {
			t.Fatal(err)
		}
		return tagsOf(t, c, key)
	}
	if got := copied("copy", ""); got != "a=1,b c=+" {
		t.Errorf("a copy has the tags %s, want its source's", got)
	}
	if got := copied("replaced", "Replace"); got != "new=1" {
		t.Errorf("a copy with tags of its own has %s", got)
	}
	if _, err := c.PutObjectTagging(t.Context(), &sdk.PutObjectTaggingRequest{Bucket: new("bucket-a"), Key: new("k"), Tagging: tags("z", "9")}); err != nil {
		t.Fatal(err)
	}
	if got := tagsOf(t, c, "k"); got != "z=9" {
		t.Errorf("tags %s", got)
	}
	if got := tagsOf(t, c, "copy"); got != "a=1,b c=+" {
		t.Errorf("the copy has %s after its source changed", got)
	}
	if _, err := c.DeleteObjectTagging(t.Context(), &sdk.DeleteObjectTaggingRequest{Bucket: new("bucket-a"), Key: new("k")}); err != nil {
		t.Fatal(err)
	}
	if got := tagsOf(t, c, "k"); got != "" {
		t.Errorf("tags %s are left", got)
	}
	_, err = c.GetObjectTagging(t.Context(), &sdk.GetObjectTaggingRequest{Bucket: new("bucket-a"), Key: new("missing")})
	wantCode(t, err, "NoSuchKey")
}

func TestObjectACL_OtherBucketACL_TakesPrecedence(t *testing.T) {
	e := newEnvironment(t)
	c := e.root()
	mustPutBucket(t, c, "bucket-a")
	put := func(key string, acl sdk.ObjectACLType) {
		if _, err := c.PutObject(t.Context(), &sdk.PutObjectRequest{Bucket: new("bucket-a"), Key: new(key), Acl: acl}); err != nil {
			t.Fatal(err)
		}
	}
	put("open", sdk.ObjectACLPublicRead)
	put("default", sdk.ObjectACLDefault)
	anonymous := func(key string) int {
		status, _ := fetch(t, e.url+"/bucket-a/"+key)
		return status
	}
	if got := anonymous("open"); got != 200 {
		t.Errorf("a public object is %d", got)
	}
	if got := anonymous("default"); got != 403 {
		t.Errorf("an object of a private bucket is %d", got)
	}
	if _, err := c.PutBucketAcl(t.Context(), &sdk.PutBucketAclRequest{Bucket: new("bucket-a"), Acl: sdk.BucketACLPublicRead}); err != nil {
		t.Fatal(err)
	}
	if _, err := c.PutObjectAcl(t.Context(), &sdk.PutObjectAclRequest{Bucket: new("bucket-a"), Key: new("open"), Acl: sdk.ObjectACLPrivate}); err != nil {
		t.Fatal(err)
	}
	if got := anonymous("default"); got != 200 {
		t.Errorf("an object of a public bucket is %d", got)
	}
	if got := anonymous("open"); got != 403 {
		t.Errorf("a private object of a public bucket is %d", got)
	}
	acl, err := c.GetObjectAcl(t.Context(), &sdk.GetObjectAclRequest{Bucket: new("bucket-a"), Key: new("default")})
	if err != nil || *acl.ACL != "default" {
		t.Errorf("ACL %v, %v", acl, err)
	}
	_, err = c.PutObjectAcl(t.Context(), &sdk.PutObjectAclRequest{Bucket: new("bucket-a"), Key: new("open"), Acl: "secret"})
	wantCode(t, err, "InvalidArgument")
}

func TestPublicAccessBlock_PublicACLs_AreOverridden(t *testing.T) {
	e := newEnvironment(t)
	c := e.root()
	if _, err := c.PutBucket(t.Context(), &sdk.PutBucketRequest{Bucket: new("bucket-a"), Acl: sdk.BucketACLPublicRead}); err != nil {
		t.Fatal(err)
	}
	mustPut(t, c, "bucket-a", "k", "x")
	block := func(on bool) {
		if _, err := c.PutBucketPublicAccessBlock(t.Context(), &sdk.PutBucketPublicAccessBlockRequest{
			Bucket: new("bucket-a"), PublicAccessBlockConfiguration: &sdk.PublicAccessBlockConfiguration{BlockPublicAccess: new(on)},
		}); err != nil {
			t.Fatal(err)
		}
	}
	want := func(status int, when string) {
		t.Helper()
		if got, _ := fetch(t, e.url+"/bucket-a/k"); got != status {
			t.Errorf("%s a public object is %d, want %d", when, got, status)
		}
	}
	want(200, "at first")
	block(true)
	want(403, "when blocked")
	got, err := c.GetBucketPublicAccessBlock(t.Context(), &sdk.GetBucketPublicAccessBlockRequest{Bucket: new("bucket-a")})
	if err != nil || !*got.PublicAccessBlockConfiguration.BlockPublicAccess {
		t.Errorf("block %v, %v", got, err)
	}
	_, err = c.PutBucketAcl(t.Context(), &sdk.PutBucketAclRequest{Bucket: new("bucket-a"), Acl: sdk.BucketACLPublicReadWrite})
	wantCode(t, err, "AccessDenied")
	_, err = c.PutObject(t.Context(), &sdk.PutObjectRequest{Bucket: new("bucket-a"), Key: new("k2"), Acl: sdk.ObjectACLPublicRead})
	wantCode(t, err, "AccessDenied")
	if _, err = c.PutBucketAcl(t.Context(), &sdk.PutBucketAclRequest{Bucket: new("bucket-a"), Acl: sdk.BucketACLPrivate}); err != nil {
		t.Errorf("a private ACL is refused: %v", err)
	}
	block(false)
	if _, err = c.PutBucketAcl(t.Context(), &sdk.PutBucketAclRequest{Bucket: new("bucket-a"), Acl: sdk.BucketACLPublicRead}); err != nil {
		t.Error(err)
	}
	want(200, "when free again")
}

func TestSymlink_Get_ReturnsTarget(t *testing.T) {
	e := newEnvironment(t)
	c := e.root()
	mustPutBucket(t, c, "bucket-a")
	link := func(key, target string) {
		if _, err := c.PutSymlink(t.Context(), &sdk.PutSymlinkRequest{Bucket: new("bucket-a"), Key: new(key), Target: new(target)}); err != nil {
			t.Fatal(err)
		}
	}
	link("link", "dir/a b")
	_, err := get(t.Context(), c, "bucket-a", "link")
	wantCode(t, err, "SymlinkTargetNotExist")
	mustPut(t, c, "bucket-a", "dir/a b", "content")
	if got, err := get(t.Context(), c, "bucket-a", "link"); err != nil || got != "content" {
		t.Errorf("the link gives %q, %v", got, err)
	}
	head, err := c.HeadObject(t.Context(), &sdk.HeadObjectRequest{Bucket: new("bucket-a"), Key: new("link")})
	if err != nil || *head.ObjectType != "Symlink" || head.ContentLength != 7 {
		t.Errorf("head %+v, %v", head, err)
	}
	got, err := c.GetSymlink(t.Context(), &sdk.GetSymlinkRequest{Bucket: new("bucket-a"), Key: new("link")})
	if err != nil || *got.Target != "dir%2Fa%20b" && *got.Target != "dir/a%20b" && *got.Target != "dir/a b" {
		t.Errorf("the link points to %v, %v", got, err)
	}
	link("link to a link", "link")
	_, err = get(t.Context(), c, "bucket-a", "link to a link")
	wantCode(t, err, "InvalidTargetType")
	_, err = c.GetSymlink(t.Context(), &sdk.GetSymlinkRequest{Bucket: new("bucket-a"), Key: new("dir/a b")})
	wantCode(t, err, "NotSymlink")
}

func TestUploadPartCopy_Range_Copied(t *testing.T) {
	e := newEnvironment(t)
	c := e.root()
	mustPutBucket(t, c, "bucket-a")
	source := strings.Repeat("0123456789", 20<<10)
	mustPut(t, c, "bucket-a", "source", source)
	u := begin(t, c, "joined")
	var parts []sdk.UploadPart
	for i, r := range []string{"bytes=0-153599", ""} {
		request := &sdk.UploadPartCopyRequest{Bucket: new("bucket-a"), Key: new("joined"), SourceKey: new("source"), UploadId: new(u.id), PartNumber: int32(i + 1)}
		if r != "" {
			request.Range = new(r)
		}
		result, err := c.UploadPartCopy(t.Context(), request)
		if err != nil {
			t.Fatal(err)
		}
		parts = append(parts, sdk.UploadPart{PartNumber: int32(i + 1), ETag: result.ETag})
	}
	if _, err := u.complete(t, parts...); err != nil {
		t.Fatal(err)
	}
	if got, err := get(t.Context(), c, "bucket-a", "joined"); err != nil || got != source[:153600]+source {
		t.Errorf("the object has %d bytes, %v; want %d", len(got), err, 153600+len(source))
	}
	_, err := c.UploadPartCopy(t.Context(), &sdk.UploadPartCopyRequest{Bucket: new("bucket-a"), Key: new("joined"), SourceKey: new("source"), UploadId: new("none"), PartNumber: 1})
	wantCode(t, err, "NoSuchUpload")
}

func TestSymlink_Head_HasTheLinksOwnMetadata(t *testing.T) {
	e := newEnvironment(t)
	c := e.root()
	mustPutBucket(t, c, "bucket-a")
	object := &sdk.PutObjectRequest{Bucket: new("bucket-a"), Key: new("k"), Body: strings.NewReader("hello"), ContentType: new("text/html"), CacheControl: new("no-store")}
	object.Metadata = map[string]string{"target": "t"}
	if _, err := c.PutObject(t.Context(), object); err != nil {
		t.Fatal(err)
	}
	link := &sdk.PutSymlinkRequest{Bucket: new("bucket-a"), Key: new("link"), Target: new("k"), StorageClass: sdk.StorageClassIA}
	link.Metadata = map[string]string{"key1": "value1", "key2": "value2"}
	e.clock.Advance(time.Hour)
	if _, err := c.PutSymlink(t.Context(), link); err != nil {
		t.Fatal(err)
	}
	target, err := c.HeadObject(t.Context(), &sdk.HeadObjectRequest{Bucket: new("bucket-a"), Key: new("k")})
	if err != nil {
		t.Fatal(err)
	}
	got, err := c.HeadObject(t.Context(), &sdk.HeadObjectRequest{Bucket: new("bucket-a"), Key: new("link")})
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(map[string]string{"key1": "value1", "key2": "value2"}, got.Metadata); diff != "" {
		t.Errorf("metadata (-want, +got):\n%s", diff)
	}
	if got.ContentLength != 5 || *got.ETag != *target.ETag || *got.ContentMD5 != *target.ContentMD5 || *got.ContentType != "text/html" || got.CacheControl != nil ||
		*got.ObjectType != "Symlink" || *got.StorageClass != "IA" || !got.LastModified.After(*target.LastModified) {
		t.Errorf("head of the link: %+v", got)
	}
}
