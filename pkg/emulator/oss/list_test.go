package oss_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	sdk "github.com/aliyun/alibabacloud-oss-go-sdk-v2/oss"
	"github.com/google/go-cmp/cmp"
)

// keysOf are the objects of a bucket that the tests of lists are made with.
func keysOf() []string {
	return []string{"a b", "a/1", "a/2", "a/b/3", "b", "c/é+%", "c/\x01", "d/"}
}

func TestListObjects_Pages_Complete(t *testing.T) {
	e := newEnvironment(t)
	c := e.root()
	mustPutBucket(t, c, "bucket-a")
	for _, key := range keysOf() {
		mustPut(t, c, "bucket-a", key, key)
	}
	for name, c2 := range map[string]struct {
		prefix, delimiter, after string
		want                     []string
	}{
		"all":                      {"", "", "", []string{"a b", "a/1", "a/2", "a/b/3", "b", "c/\x01", "c/é+%", "d/"}},
		"by prefix":                {"a/", "", "", []string{"a/1", "a/2", "a/b/3"}},
		"folders":                  {"", "/", "", []string{"a b", "[a/]", "b", "[c/]", "[d/]"}},
		"in a folder":              {"a/", "/", "", []string{"a/1", "a/2", "[a/b/]"}},
		"after a key":              {"", "", "a/2", []string{"a/b/3", "b", "c/\x01", "c/é+%", "d/"}},
		"folders after a key":      {"", "/", "a/1", []string{"[a/]", "b", "[c/]", "[d/]"}},
		"a delimiter of two signs": {"", "/b", "", []string{"a b", "a/1", "a/2", "[a/b]", "b", "c/\x01", "c/é+%", "d/"}},
		"nothing fits":             {"x", "/", "", nil},
	} {
		for _, size := range []int32{1, 2, 3, 100} {
			t.Run(fmt.Sprintf("%s, %d a page", name, size), func(t *testing.T) {
				var v1, v2 []string
				pages := c.NewListObjectsPaginator(&sdk.ListObjectsRequest{Bucket: new("bucket-a"), MaxKeys: size,
					Prefix: new(c2.prefix), Delimiter: new(c2.delimiter), Marker: new(c2.after)})
				for pages.HasNext() {
					page, err := pages.NextPage(t.Context())
					if err != nil {
						t.Fatal(err)
					}
					v1 = append(v1, merged(page.Contents, page.CommonPrefixes)...)
				}
				pages2 := c.NewListObjectsV2Paginator(&sdk.ListObjectsV2Request{Bucket: new("bucket-a"), MaxKeys: size,
					Prefix: new(c2.prefix), Delimiter: new(c2.delimiter), StartAfter: new(c2.after)})
				for pages2.HasNext() {
					page, err := pages2.NextPage(t.Context())
					if err != nil {
						t.Fatal(err)
					}
					if page.KeyCount != len(page.Contents)+len(page.CommonPrefixes) || page.KeyCount > int(size) {
						t.Errorf("KeyCount %d of %d + %d, at most %d", page.KeyCount, len(page.Contents), len(page.CommonPrefixes), size)
					}
					v2 = append(v2, merged(page.Contents, page.CommonPrefixes)...)
				}
				if diff := cmp.Diff(c2.want, v1); diff != "" {
					t.Errorf("ListObjects (-want, +got):\n%s", diff)
				}
				if diff := cmp.Diff(c2.want, v2); diff != "" {
					t.Errorf("ListObjectsV2 (-want, +got):\n%s", diff)
				}
			})
		}
	}
}

// merged lists keys and [common prefixes] in one order.
func merged(contents []sdk.ObjectProperties, prefixes []sdk.CommonPrefix) []string {
	var all []string
	for len(contents)+len(prefixes) > 0 {
		if len(prefixes) == 0 || len(contents) > 0 && *contents[0].Key < *prefixes[0].Prefix {
			all, contents = append(all, *contents[0].Key), contents[1:]
		} else {
			all, prefixes = append(all, "["+*prefixes[0].Prefix+"]"), prefixes[1:]
		}
	}
	return all
}

func TestListObjects_Object_Described(t *testing.T) {
	e := newEnvironment(t)
	c := e.root()
	mustPutBucket(t, c, "bucket-a")
	made, err := put(t.Context(), c, "bucket-a", "k", "hello")
	if err != nil {
		t.Fatal(err)
	}
	list, err := c.ListObjectsV2(t.Context(), &sdk.ListObjectsV2Request{Bucket: new("bucket-a"), FetchOwner: true})
	if err != nil {
		t.Fatal(err)
	}
	o := list.Contents[0]
	if *o.ETag != *made.ETag || o.Size != 5 || *o.StorageClass != "Standard" || *o.Type != "Normal" || *o.Owner.ID != account || o.LastModified.IsZero() {
		t.Errorf("entry: %+v", o)
	}
	without, err := c.ListObjectsV2(t.Context(), &sdk.ListObjectsV2Request{Bucket: new("bucket-a")})
	if err != nil || without.Contents[0].Owner != nil {
		t.Errorf("with an owner that was not asked for: %+v, %v", without, err)
	}
	stat, err := c.GetBucketStat(t.Context(), &sdk.GetBucketStatRequest{Bucket: new("bucket-a")})
	if err != nil || stat.Storage != 5 || stat.ObjectCount != 1 {
		t.Errorf("stat: %+v, %v", stat, err)
	}
}

func TestListObjects_BadRequest_Refused(t *testing.T) {
	e := newEnvironment(t)
	c := e.root()
	mustPutBucket(t, c, "bucket-a")
	_, err := c.ListObjects(t.Context(), &sdk.ListObjectsRequest{Bucket: new("bucket-a"), MaxKeys: 1001})
	wantCode(t, err, "InvalidArgument")
	_, err = c.ListObjectsV2(t.Context(), &sdk.ListObjectsV2Request{Bucket: new("bucket-a"), ContinuationToken: new("%")})
	wantCode(t, err, "InvalidArgument")
	_, err = c.ListObjects(t.Context(), &sdk.ListObjectsRequest{Bucket: new("bucket-a"), EncodingType: new("xml")})
	wantCode(t, err, "InvalidArgument")
	_, err = c.ListObjectVersions(t.Context(), &sdk.ListObjectVersionsRequest{Bucket: new("bucket-a"), VersionIdMarker: new("v")})
	wantCode(t, err, "InvalidArgument")
}

func TestDeleteMultipleObjects_Many_Deleted(t *testing.T) {
	e := newEnvironment(t)
	c := e.root()
	mustPutBucket(t, c, "bucket-a")
	keys := append(keysOf(), "<&>\r\n\x1f")
	for _, key := range keys {
		mustPut(t, c, "bucket-a", key, "v")
	}
	keys = append(keys, "never there")
	request := &sdk.DeleteMultipleObjectsRequest{Bucket: new("bucket-a")}
	for _, key := range keys {
		request.Objects = append(request.Objects, sdk.DeleteObject{Key: new(key)})
	}
	result, err := c.DeleteMultipleObjects(t.Context(), request)
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, d := range result.DeletedObjects {
		got = append(got, *d.Key)
	}
	if diff := cmp.Diff(keys, got); diff != "" {
		t.Errorf("deleted (-want, +got):\n%s", diff)
	}
	if left := e.Buckets()[0].Objects; left != 0 {
		t.Errorf("%d objects left", left)
	}

	mustPut(t, c, "bucket-a", "k", "v")
	setVersioning(t, c, sdk.VersionEnabled)
	one := &sdk.DeleteMultipleObjectsRequest{Bucket: new("bucket-a"), Objects: []sdk.DeleteObject{{Key: new("k")}}}
	if result, err = c.DeleteMultipleObjects(t.Context(), one); err != nil || !result.DeletedObjects[0].DeleteMarker || *result.DeletedObjects[0].DeleteMarkerVersionId == "" {
		t.Errorf("deletion with versions: %+v, %v", result, err)
	}
	all := &sdk.DeleteMultipleObjectsRequest{Bucket: new("bucket-a"), Quiet: true}
	for _, l := range versionsOf(t, c) {
		all.Objects = append(all.Objects, sdk.DeleteObject{Key: new(l.key), VersionId: new(l.id)})
	}
	if result, err = c.DeleteMultipleObjects(t.Context(), all); err != nil || len(result.DeletedObjects) != 0 {
		t.Errorf("quiet deletion: %+v, %v", result, err)
	}
	if left := e.Buckets()[0].Versions; left != 0 {
		t.Errorf("%d versions left", left)
	}
}

func TestDeleteMultipleObjects_MoreThan1000_Refused(t *testing.T) {
	e := newEnvironment(t)
	c := e.root()
	mustPutBucket(t, c, "bucket-a")
	mustPut(t, c, "bucket-a", "0", "v")
	request := &sdk.DeleteMultipleObjectsRequest{Bucket: new("bucket-a")}
	for i := range 1001 {
		request.Objects = append(request.Objects, sdk.DeleteObject{Key: new(fmt.Sprint(i))})
	}
	_, err := c.DeleteMultipleObjects(t.Context(), request)
	var refused *sdk.ServiceError
	if err == nil || errors.As(err, &refused) && refused.Code != "MalformedXML" {
		t.Errorf("error = %v", err)
	}
	if e.Buckets()[0].Objects != 1 {
		t.Error("something was deleted")
	}
	status, body := e.do(t, "POST", "/bucket-a/?delete", map[string]string{"Authorization": ""}, "<Delete/>")
	if status != 400 || !strings.Contains(body, "MissingArgument") {
		t.Errorf("without a digest: %d %s", status, body)
	}
}
