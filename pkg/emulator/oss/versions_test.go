package oss_test

import (
	"fmt"
	"testing"

	sdk "github.com/aliyun/alibabacloud-oss-go-sdk-v2/oss"
	"github.com/google/go-cmp/cmp"
)

func setVersioning(t *testing.T, c *sdk.Client, status sdk.VersioningStatusType) {
	t.Helper()
	_, err := c.PutBucketVersioning(t.Context(), &sdk.PutBucketVersioningRequest{
		Bucket: new("bucket-a"), VersioningConfiguration: &sdk.VersioningConfiguration{Status: status},
	})
	if err != nil {
		t.Fatal(err)
	}
}

func deleteVersion(t *testing.T, c *sdk.Client, key, id string) *sdk.DeleteObjectResult {
	t.Helper()
	request := &sdk.DeleteObjectRequest{Bucket: new("bucket-a"), Key: new(key)}
	if id != "" {
		request.VersionId = new(id)
	}
	result, err := c.DeleteObject(t.Context(), request)
	if err != nil {
		t.Fatal(err)
	}
	return result
}

// A line is one version or delete marker of a list.
type line struct {
	key, id        string
	latest, marker bool
}

// versionsOf lists all versions of bucket-a, two a page.
func versionsOf(t *testing.T, c *sdk.Client) []line {
	t.Helper()
	var lines []line
	pages := c.NewListObjectVersionsPaginator(&sdk.ListObjectVersionsRequest{Bucket: new("bucket-a"), MaxKeys: 2, IsMix: true})
	for pages.HasNext() {
		page, err := pages.NextPage(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		if n := len(page.ObjectVersionsDeleteMarkers); n > 2 {
			t.Errorf("%d versions in a page of 2", n)
		}
		for _, v := range page.ObjectVersionsDeleteMarkers {
			lines = append(lines, line{*v.Key, *v.VersionId, v.IsLatest, v.IsDeleteMarker()})
		}
	}
	return lines
}

func TestVersioning_Versions_KeptUntilDeleted(t *testing.T) {
	e := newEnvironment(t)
	c := e.root()
	mustPutBucket(t, c, "bucket-a")
	mustPut(t, c, "bucket-a", "k", "before")
	setVersioning(t, c, sdk.VersionEnabled)
	two, err := put(t.Context(), c, "bucket-a", "k", "two")
	if err != nil {
		t.Fatal(err)
	}
	mustPut(t, c, "bucket-a", "l", "another")
	marker := deleteVersion(t, c, "k", "")
	if !marker.DeleteMarker || len(*marker.VersionId) != 64 {
		t.Errorf("the deletion gave %+v", marker)
	}
	other := versionsOf(t, c)[3].id
	want := []line{{"k", *marker.VersionId, true, true}, {"k", *two.VersionId, false, false}, {"k", "null", false, false}, {"l", other, true, false}}
	if diff := cmp.Diff(want, versionsOf(t, c), cmp.AllowUnexported(line{})); diff != "" {
		t.Errorf("versions (-want, +got):\n%s", diff)
	}

	after, err := c.ListObjectVersions(t.Context(), &sdk.ListObjectVersionsRequest{Bucket: new("bucket-a"), KeyMarker: new("k")})
	if err != nil || len(after.ObjectVersions) != 1 || len(after.ObjectDeleteMarkers) != 0 || *after.ObjectVersions[0].Key != "l" {
		t.Errorf("after the key: %+v, %v", after, err)
	}

	_, err = get(t.Context(), c, "bucket-a", "k")
	wantCode(t, err, "NoSuchKey")
	for id, want := range map[string]string{"null": "before", *two.VersionId: "two"} {
		old, err := c.GetObject(t.Context(), &sdk.GetObjectRequest{Bucket: new("bucket-a"), Key: new("k"), VersionId: new(id)})
		if err != nil || old.ContentLength != int64(len(want)) {
			t.Errorf("version %s: %+v, %v", id, old, err)
		}
	}
	_, err = c.GetObject(t.Context(), &sdk.GetObjectRequest{Bucket: new("bucket-a"), Key: new("k"), VersionId: marker.VersionId})
	wantCode(t, err, "MethodNotAllowed")
	_, err = c.GetObject(t.Context(), &sdk.GetObjectRequest{Bucket: new("bucket-a"), Key: new("k"), VersionId: new("nope")})
	wantCode(t, err, "NoSuchVersion")

	if done := deleteVersion(t, c, "k", *marker.VersionId); !done.DeleteMarker {
		t.Errorf("the marker's deletion gave %+v", done)
	}
	if got, err := get(t.Context(), c, "bucket-a", "k"); err != nil || got != "two" {
		t.Errorf("without the marker: %q, %v", got, err)
	}
	for _, l := range versionsOf(t, c) {
		deleteVersion(t, c, l.key, l.id)
	}
	if got := e.Buckets()[0]; got.Versions != 0 || got.Objects != 0 {
		t.Errorf("left: %+v", got)
	}
}

func TestVersioning_Suspended_ReplacesNullVersionOnly(t *testing.T) {
	e := newEnvironment(t)
	c := e.root()
	mustPutBucket(t, c, "bucket-a")
	setVersioning(t, c, sdk.VersionEnabled)
	mustPut(t, c, "bucket-a", "k", "kept")
	setVersioning(t, c, sdk.VersionSuspended)
	for i := range 3 {
		mustPut(t, c, "bucket-a", "k", fmt.Sprint("null ", i))
	}
	if got := e.Buckets()[0]; got.Versions != 2 {
		t.Errorf("%d versions, want 2", got.Versions)
	}
	deleteVersion(t, c, "k", "")
	lines := versionsOf(t, c)
	if len(lines) != 2 || lines[0].id != "null" || !lines[0].marker || lines[1].marker {
		t.Errorf("after the deletion: %+v", lines)
	}
	status, err := c.GetBucketVersioning(t.Context(), &sdk.GetBucketVersioningRequest{Bucket: new("bucket-a")})
	if err != nil || *status.VersionStatus != "Suspended" {
		t.Errorf("versioning: %+v, %v", status, err)
	}
	_, err = c.PutBucketVersioning(t.Context(), &sdk.PutBucketVersioningRequest{
		Bucket: new("bucket-a"), VersioningConfiguration: &sdk.VersioningConfiguration{Status: "Off"},
	})
	wantCode(t, err, "MalformedXML")
}
