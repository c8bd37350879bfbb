package oss_test

import (
	"fmt"
	"strings"
	"testing"

	sdk "github.com/aliyun/alibabacloud-oss-go-sdk-v2/oss"
	"github.com/google/go-cmp/cmp"
)

func TestPutBucket_Repeated_ChangesOnlyACL(t *testing.T) {
	e := newEnvironment(t)
	e.AddForeignBucket("of-another", "9999999999999999")
	first := &sdk.PutBucketRequest{Bucket: new("bucket-a"), Acl: sdk.BucketACLPrivate,
		CreateBucketConfiguration: &sdk.CreateBucketConfiguration{StorageClass: sdk.StorageClassIA}}
	if _, err := e.root().PutBucket(t.Context(), first); err != nil {
		t.Fatal(err)
	}
	elsewhere := e.client(keyID, secret, sdk.SignatureVersionV4, func(c *sdk.Config) { c.WithRegion("cn-beijing") })
	for name, c := range map[string]struct {
		client  *sdk.Client
		request sdk.PutBucketRequest
		code    string // empty: it succeeds
	}{
		"the same again":             {e.root(), *first, ""},
		"without settings":           {e.root(), sdk.PutBucketRequest{Bucket: new("bucket-a")}, ""},
		"with another storage class": {e.root(), sdk.PutBucketRequest{Bucket: new("bucket-a"), CreateBucketConfiguration: &sdk.CreateBucketConfiguration{StorageClass: sdk.StorageClassStandard}}, "BucketAlreadyExists"},
		"with another redundancy":    {e.root(), sdk.PutBucketRequest{Bucket: new("bucket-a"), CreateBucketConfiguration: &sdk.CreateBucketConfiguration{DataRedundancyType: sdk.DataRedundancyZRS}}, "BucketAlreadyExists"},
		"in another region":          {elsewhere, *first, "BucketAlreadyExists"},
		"that of another account":    {e.root(), sdk.PutBucketRequest{Bucket: new("of-another")}, "BucketAlreadyExists"},
		"of an unknown class":        {e.root(), sdk.PutBucketRequest{Bucket: new("bucket-b"), CreateBucketConfiguration: &sdk.CreateBucketConfiguration{StorageClass: "Cheap"}}, "MalformedXML"},
		"with an unknown ACL":        {e.root(), sdk.PutBucketRequest{Bucket: new("bucket-b"), Acl: "secret"}, "InvalidArgument"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := c.client.PutBucket(t.Context(), &c.request)
			if c.code != "" {
				wantCode(t, err, c.code)
			} else if err != nil {
				t.Error(err)
			}
		})
	}
	if got := e.Buckets(); len(got) != 2 || got[0].StorageClass != "IA" || got[0].ACL != "private" || got[0].Owner != account {
		t.Errorf("buckets: %+v", got)
	}
	first.Acl = sdk.BucketACLPublicRead
	if _, err := e.root().PutBucket(t.Context(), first); err != nil || e.Buckets()[0].ACL != "public-read" {
		t.Errorf("put again with another ACL: %v, %+v", err, e.Buckets()[0])
	}
}

func TestPutBucket_BadName_Refused(t *testing.T) {
	e := newEnvironment(t)
	for name, c := range map[string]struct{ bucket, code string }{
		"too short":   {"ab", "InvalidBucketName"},
		"too long":    {strings.Repeat("a", 64), "InvalidBucketName"},
		"upper case":  {"Bucket", "InvalidBucketName"},
		"underscore":  {"a_b", "InvalidBucketName"},
		"hyphen last": {"ab-", "InvalidBucketName"},
		"dot":         {"a.b", "InvalidBucketName"},
	} {
		t.Run(name, func(t *testing.T) {
			// The SDK refuses such names itself, so the URL is signed by hand.
			status, body := e.do(t, "PUT", "/"+c.bucket, nil, "")
			if status != 400 || !strings.Contains(body, "<Code>"+c.code+"</Code>") {
				t.Errorf("%d %s", status, body)
			}
		})
	}
	mustPutBucket(t, e.root(), strings.Repeat("a", 63))
	mustPutBucket(t, e.root(), "1-2")
}

func TestGetBucketInfo_NewBucket_Described(t *testing.T) {
	e := newEnvironment(t)
	c := e.client(keyID, secret, sdk.SignatureVersionV4, func(c *sdk.Config) { c.WithRegion("eu-central-1") })
	_, err := c.PutBucket(t.Context(), &sdk.PutBucketRequest{Bucket: new("bucket-a"), Acl: sdk.BucketACLPublicRead,
		CreateBucketConfiguration: &sdk.CreateBucketConfiguration{StorageClass: sdk.StorageClassIA, DataRedundancyType: sdk.DataRedundancyZRS}})
	if err != nil {
		t.Fatal(err)
	}
	info, err := c.GetBucketInfo(t.Context(), &sdk.GetBucketInfoRequest{Bucket: new("bucket-a")})
	if err != nil {
		t.Fatal(err)
	}
	b := info.BucketInfo
	got := []string{*b.Name, *b.Location, *b.ExtranetEndpoint, *b.IntranetEndpoint, *b.StorageClass, *b.DataRedundancyType, *b.ACL, *b.Owner.ID}
	want := []string{"bucket-a", "oss-eu-central-1", "oss-eu-central-1.aliyuncs.com", "oss-eu-central-1-internal.aliyuncs.com", "IA", "ZRS", "public-read", account}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("info (-want, +got):\n%s", diff)
	}
	if off := e.clock.Now().Sub(*b.CreationDate); off < 0 || off.Minutes() > 1 {
		t.Errorf("created at %v", b.CreationDate)
	}
	location, err := c.GetBucketLocation(t.Context(), &sdk.GetBucketLocationRequest{Bucket: new("bucket-a")})
	if err != nil || *location.LocationConstraint != "oss-eu-central-1" {
		t.Errorf("location: %+v, %v", location, err)
	}
	if _, err := c.PutBucketAcl(t.Context(), &sdk.PutBucketAclRequest{Bucket: new("bucket-a"), Acl: sdk.BucketACLPrivate}); err != nil {
		t.Error(err)
	}
	acl, err := c.GetBucketAcl(t.Context(), &sdk.GetBucketAclRequest{Bucket: new("bucket-a")})
	if err != nil || *acl.ACL != "private" {
		t.Errorf("ACL: %+v, %v", acl, err)
	}
	_, err = c.GetBucketInfo(t.Context(), &sdk.GetBucketInfoRequest{Bucket: new("bucket-b")})
	wantCode(t, err, "NoSuchBucket")
}

func TestDeleteBucket_WithContents_Refused(t *testing.T) {
	e := newEnvironment(t)
	c := e.root()
	remove := func() error {
		_, err := c.DeleteBucket(t.Context(), &sdk.DeleteBucketRequest{Bucket: new("bucket-a")})
		return err
	}
	wantCode(t, remove(), "NoSuchBucket")
	mustPutBucket(t, c, "bucket-a")

	mustPut(t, c, "bucket-a", "k", "v")
	wantCode(t, remove(), "BucketNotEmpty")
	setVersioning(t, c, sdk.VersionEnabled)
	deleteVersion(t, c, "k", "")
	if got := e.Buckets()[0]; got.Objects != 0 || got.Versions != 2 {
		t.Errorf("after the deletion: %+v", got)
	}
	wantCode(t, remove(), "BucketNotEmpty")
	for _, v := range versionsOf(t, c) {
		deleteVersion(t, c, "k", v.id)
	}

	upload, err := c.InitiateMultipartUpload(t.Context(), &sdk.InitiateMultipartUploadRequest{Bucket: new("bucket-a"), Key: new("m")})
	if err != nil {
		t.Fatal(err)
	}
	wantCode(t, remove(), "BucketNotEmpty")
	if _, err := c.AbortMultipartUpload(t.Context(), &sdk.AbortMultipartUploadRequest{Bucket: new("bucket-a"), Key: new("m"), UploadId: upload.UploadId}); err != nil {
		t.Fatal(err)
	}
	if err := remove(); err != nil {
		t.Error(err)
	}
	wantCode(t, remove(), "NoSuchBucket")
}

func TestListBuckets_PagesAndTags_Apply(t *testing.T) {
	e := newEnvironment(t)
	c := e.root()
	e.AddForeignBucket("a-foreign-one", "9999999999999999")
	for i := range 5 {
		mustPutBucket(t, c, fmt.Sprint("a-bucket-", i))
	}
	mustPutBucket(t, c, "other")
	setTags(t, c, "a-bucket-3", "broker", "local", "plan", "default")
	var got []string
	pages := c.NewListBucketsPaginator(&sdk.ListBucketsRequest{Prefix: new("a-"), MaxKeys: 2})
	for pages.HasNext() {
		page, err := pages.NextPage(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		got = append(got, fmt.Sprint(len(page.Buckets)))
		for _, b := range page.Buckets {
			got = append(got, *b.Name)
		}
	}
	want := []string{"2", "a-bucket-0", "a-bucket-1", "2", "a-bucket-2", "a-bucket-3", "1", "a-bucket-4"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("pages (-want, +got):\n%s", diff)
	}
	for value, want := range map[string]int{"local": 1, "other": 0, "": 1} {
		list, err := c.ListBuckets(t.Context(), &sdk.ListBucketsRequest{TagKey: new("broker"), TagValue: new(value)})
		if err != nil || len(list.Buckets) != want {
			t.Errorf("tagged %q: %d buckets, %v, want %d", value, len(list.Buckets), err, want)
		}
	}
}

func TestPutBucket_MoreThan100InRegion_Refused(t *testing.T) {
	e := newEnvironment(t)
	c := e.root()
	for i := range 100 {
		mustPutBucket(t, c, fmt.Sprint("bucket-", i))
	}
	_, err := c.PutBucket(t.Context(), &sdk.PutBucketRequest{Bucket: new("one-more")})
	wantCode(t, err, "TooManyBuckets")
	mustPutBucket(t, c, "bucket-7")
	mustPutBucket(t, e.client(keyID, secret, sdk.SignatureVersionV4, func(c *sdk.Config) { c.WithRegion("cn-beijing") }), "one-more")
}

func TestListBuckets_TaggingFilter_AllTagsMustMatch(t *testing.T) {
	e := newEnvironment(t)
	c := e.root()
	mustPutBucket(t, c, "bucket-a")
	mustPutBucket(t, c, "bucket-b")
	if _, err := c.PutBucketTags(t.Context(), &sdk.PutBucketTagsRequest{Bucket: new("bucket-a"), Tagging: &sdk.Tagging{
		TagSet: &sdk.TagSet{Tags: []sdk.Tag{{Key: new("k"), Value: new("v")}, {Key: new("l"), Value: new("w")}}},
	}}); err != nil {
		t.Fatal(err)
	}
	for tagging, want := range map[string]int{`"k":"v"`: 1, `"k":"v","l":"w"`: 1, `"k":"v","l":"x"`: 0} {
		list, err := c.ListBuckets(t.Context(), &sdk.ListBucketsRequest{Tagging: new(tagging)})
		if err != nil || len(list.Buckets) != want {
			t.Errorf("%s: %+v, %v, want %d", tagging, list, err, want)
		}
	}
}
