package oss_test

import (
	"strings"
	"testing"

	sdk "github.com/aliyun/alibabacloud-oss-go-sdk-v2/oss"
	"github.com/google/go-cmp/cmp"
)

// TestSnapshot_Restored_LooksTheSame compares the view of clients before and
// after.
func TestSnapshot_Restored_LooksTheSame(t *testing.T) {
	e := newEnvironment(t)
	c := e.root()
	mustPutBucket(t, c, "bucket-a")
	mustPutBucket(t, c, "bucket-b")
	for path, body := range map[string]string{
		"/bucket-a?versioning": "<VersioningConfiguration><Status>Enabled</Status></VersioningConfiguration>",
		"/bucket-a?lifecycle":  "<LifecycleConfiguration>" + manyRules(2) + "</LifecycleConfiguration>",
		"/bucket-a?tagging":    "<Tagging><TagSet><Tag><Key>k</Key><Value>v</Value></Tag></TagSet></Tagging>",
		"/bucket-a?encryption": "<ServerSideEncryptionRule><ApplyServerSideEncryptionByDefault><SSEAlgorithm>AES256</SSEAlgorithm></ApplyServerSideEncryptionByDefault></ServerSideEncryptionRule>",
		"/bucket-a?cors":       "<CORSConfiguration><CORSRule><AllowedOrigin>*</AllowedOrigin><AllowedMethod>GET</AllowedMethod></CORSRule></CORSConfiguration>",
	} {
		if status, answer := e.do(t, "PUT", path, nil, body); status != 200 {
			t.Fatalf("%s: %d %s", path, status, answer)
		}
	}
	mustPut(t, c, "bucket-a", "dir/k", "first")
	mustPut(t, c, "bucket-a", "dir/k", "second")
	mustPut(t, c, "bucket-a", "gone", "x")
	deleteVersion(t, c, "gone", "")
	if _, err := c.PutObject(t.Context(), &sdk.PutObjectRequest{
		Bucket: new("bucket-b"), Key: new("k"), Body: strings.NewReader("z"), Tagging: new("a=1"), Acl: sdk.ObjectACLPublicRead,
		ContentType: new("text/plain"), Metadata: map[string]string{"m": "1"},
	}); err != nil {
		t.Fatal(err)
	}
	u := begin(t, c, "joined")
	part := u.part(t, 1, 10)

	seen := func() []string {
		var all []string
		for _, path := range []string{
			"/", "/bucket-a", "/bucket-a?versions", "/bucket-a?uploads", "/bucket-a?lifecycle", "/bucket-a?tagging", "/bucket-a?encryption",
			"/bucket-a?cors", "/bucket-a?bucketInfo", "/bucket-a/dir/k", "/bucket-b/k?acl", "/bucket-b/k?tagging",
		} {
			status, answer := e.do(t, "GET", path, nil, "")
			if status != 200 {
				t.Errorf("GET %s is %d %s", path, status, answer)
			}
			all = append(all, answer)
		}
		head, err := c.HeadObject(t.Context(), &sdk.HeadObjectRequest{Bucket: new("bucket-b"), Key: new("k")})
		if err != nil {
			t.Fatal(err)
		}
		return append(all, *head.ContentType, *head.ETag, *head.HashCRC64, head.Metadata["m"])
	}
	before := seen()
	saved, err := e.Snapshot()
	if err != nil {
		t.Fatal(err)
	}
	mustPut(t, c, "bucket-a", "later", "x")
	if err := e.Restore(saved); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(before, seen()); diff != "" {
		t.Errorf("the view of clients (-before, +after):\n%s", diff)
	}
	if _, err := u.complete(t, part); err != nil {
		t.Errorf("the upload cannot be completed: %v", err)
	}
	if head, err := c.HeadObject(t.Context(), &sdk.HeadObjectRequest{Bucket: new("bucket-a"), Key: new("joined")}); err != nil || head.Metadata["n"] != "1" {
		t.Errorf("the completed upload: %+v, %v", head, err)
	}
}
