package conformance_test

import (
	"strings"
	"testing"

	sdk "github.com/aliyun/alibabacloud-oss-go-sdk-v2/oss"
	"github.com/aliyun/alibabacloud-oss-go-sdk-v2/oss/credentials"

	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/store"
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/test/stack"
)

// deleting serves the plans with another word for the data of deleted instances.
func deleting(t *testing.T, word string) *platform {
	t.Helper()
	return newPlatform(t, stack.WithCatalog([]byte(strings.ReplaceAll(plans, "deletion: refuse", "deletion: "+word))))
}

// owner calls OSS as the account itself.
func (p *platform) owner() *sdk.Client {
	key := p.Cloud().AccessKey()
	return sdk.NewClient(sdk.NewConfig().WithRegion(p.Cloud().Region()).WithEndpoint(p.Cloud().URL()).WithUsePathStyle(true).
		WithCredentialsProvider(credentials.NewStaticCredentialsProvider(key.ID, key.Secret)))
}

// filled makes a bound instance with an object in its bucket.
func (p *platform) filled() (bucket string) {
	p.t.Helper()
	p.made("i", "fast", "fast-plan")
	p.bound("b", "i", "fast", "fast-plan")
	bucket = p.Cloud().Dump().Buckets[0].Name
	if _, err := p.owner().PutObject(p.t.Context(), &sdk.PutObjectRequest{Bucket: &bucket, Key: new("o"), Body: strings.NewReader("x")}); err != nil {
		p.t.Fatal(err)
	}
	return bucket
}

// A retained bucket stays as it is, without users of the broker, and its tombstone
// names it.
func TestDeletion_Retain_LeavesTheBucketAlone(t *testing.T) {
	p := deleting(t, "retain")
	bucket := p.filled()
	p.want(200, "DELETE", instance("i")+"?"+query("fast", "fast-plan"), "")
	left := p.Cloud().Dump()
	if len(left.Buckets) != 1 || left.Buckets[0].Versions != 1 || left.Buckets[0].Tags["osb-retained"] != "true" {
		t.Errorf("the buckets are %+v, want the one with its object, tagged", left.Buckets)
	}
	if len(left.Users)+len(left.Keys)+len(left.Policies) > 0 {
		t.Errorf("left beside it: %+v", left)
	}
	r, err := p.Store().Get(t.Context(), store.Key{InstanceID: "i"})
	if err != nil || r.Facts["retained"] != bucket {
		t.Errorf("the tombstone has the facts %v (%v), want the bucket %s", r.Facts, err, bucket)
	}
	p.want(410, "DELETE", instance("i")+"?"+query("fast", "fast-plan"), "")
	p.made("i", "fast", "fast-plan") // a new life has a bucket of its own
	if n := len(p.Cloud().Dump().Buckets); n != 2 {
		t.Errorf("%d buckets after the next provision, want 2", n)
	}
}

// A bucket that its owner has emptied is deleted without another request.
func TestDeletion_Refuse_GoesOnOnceEmptied(t *testing.T) {
	p := deleting(t, "refuse")
	bucket := p.filled()
	a := p.send("DELETE", instance("i")+async+"&"+query("fast", "fast-plan"), "")
	if end := p.finished(instance("i"), a.text("operation")); end.text("state") != "failed" || !strings.Contains(end.text("description"), "not empty") {
		t.Fatalf("the deletion ended with %s", end.raw)
	}
	if left := p.Cloud().Dump(); len(left.Users) > 0 || len(left.Buckets) != 1 {
		t.Errorf("left are %+v", left)
	}
	if _, err := p.owner().DeleteObject(t.Context(), &sdk.DeleteObjectRequest{Bucket: &bucket, Key: new("o")}); err != nil {
		t.Fatal(err)
	}
	for len(p.Cloud().Dump().Buckets) > 0 {
		p.pause()
	}
	for p.send("DELETE", instance("i")+"?"+query("fast", "fast-plan"), "").status != 410 {
		p.pause()
	}
}

// A bucket that is deleted in the console while it is bound fails new bindings with a
// sentence; everything can be removed.
func TestDeletion_BucketDeletedByHand_LeavesNothing(t *testing.T) {
	p := deleting(t, "refuse")
	bucket := p.filled()
	c := p.owner()
	if _, err := c.DeleteObject(t.Context(), &sdk.DeleteObjectRequest{Bucket: &bucket, Key: new("o")}); err != nil {
		t.Fatal(err)
	}
	if _, err := c.DeleteBucket(t.Context(), &sdk.DeleteBucketRequest{Bucket: &bucket}); err != nil {
		t.Fatal(err)
	}
	late := p.want(202, "PUT", binding("late", "i")+async, attributes("fast", "fast-plan"))
	if end := p.finished(binding("late", "i"), late.text("operation")); end.text("state") != "failed" || end.text("description") == "" {
		t.Errorf("a bind to the missing bucket ends with %s", end.raw)
	}
	p.want(200, "DELETE", binding("b", "i")+"?"+query("fast", "fast-plan"), "")
	p.want(200, "DELETE", instance("i")+"?"+query("fast", "fast-plan"), "")
	if !p.Cloud().Empty() {
		t.Errorf("left: %+v", p.Cloud().Dump())
	}
}
