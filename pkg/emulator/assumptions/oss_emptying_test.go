package assumptions_test

import (
	"slices"
	"testing"
	"time"

	"github.com/aliyun/alibabacloud-oss-go-sdk-v2/oss"
)

// On the cloud, a bucket with object retention could never be deleted by a test.
func TestA465_MultiDelete_OneImmutable_RefusedAsAWhole(t *testing.T) {
	verify(t, never, func(e *environment) {
		c, name := e.bucket()
		r := &ruled{environment: e, c: c, name: name}
		r.version("Enabled")
		if _, err := c.PutBucketObjectWormConfiguration(e.Context(), &oss.PutBucketObjectWormConfigurationRequest{
			Bucket: &name, ObjectWormConfiguration: &oss.ObjectWormConfiguration{ObjectWormEnabled: oss.Ptr("Enabled")},
		}); err != nil {
			t.Fatal(err)
		}
		for _, key := range []string{"held", "free"} {
			e.put(c, name, key, "x")
		}
		hold := func(status string) {
			if _, err := c.PutObjectLegalHold(e.Context(), &oss.PutObjectLegalHoldRequest{
				Bucket: &name, Key: oss.Ptr("held"), LegalHold: &oss.ObjectWormLegalHold{Status: &status},
			}); err != nil {
				t.Fatal(err)
			}
		}
		hold("ON")
		defer hold("OFF")
		all, err := c.ListObjectVersions(e.Context(), &oss.ListObjectVersionsRequest{Bucket: &name})
		if err != nil {
			t.Fatal(err)
		}
		var page []oss.ObjectIdentifier
		for _, v := range all.ObjectVersions {
			page = append(page, oss.ObjectIdentifier{Key: v.Key, VersionId: v.VersionId})
		}
		_, err = c.DeleteMultipleObjects(e.Context(), &oss.DeleteMultipleObjectsRequest{Bucket: &name, Delete: &oss.Delete{Objects: page}})
		e.refused(err, 409, "FileImmutable")
		if again, err := c.ListObjectVersions(e.Context(), &oss.ListObjectVersionsRequest{Bucket: &name}); err != nil || len(again.ObjectVersions) != len(page) {
			t.Errorf("%d versions are left (%v), want %d", len(again.ObjectVersions), err, len(page))
		}
	})
}

// emptyingRules are those of the broker.
func emptyingRules() []oss.LifecycleRule {
	rule := func(id string) oss.LifecycleRule {
		return oss.LifecycleRule{ID: &id, Prefix: oss.Ptr(""), Status: oss.Ptr("Enabled")}
	}
	objects, versions, uploads := rule("objects"), rule("versions"), rule("uploads")
	objects.Expiration = &oss.LifecycleRuleExpiration{Days: oss.Ptr(int32(1))}
	versions.Expiration = &oss.LifecycleRuleExpiration{ExpiredObjectDeleteMarker: oss.Ptr(true)}
	versions.NoncurrentVersionExpiration = &oss.NoncurrentVersionExpiration{NoncurrentDays: oss.Ptr(int32(1))}
	uploads.AbortMultipartUpload = &oss.LifecycleRuleAbortMultipartUpload{Days: oss.Ptr(int32(1))}
	return []oss.LifecycleRule{objects, versions, uploads}
}

func (r *ruled) putEmptyingRules() error {
	_, err := r.c.PutBucketLifecycle(r.Context(), &oss.PutBucketLifecycleRequest{
		Bucket: &r.name, AllowSameActionOverlap: oss.Ptr("true"),
		LifecycleConfiguration: &oss.LifecycleConfiguration{Rules: emptyingRules()},
	})
	return err
}

func TestA466_RulesOfVersions_WithoutVersioning_AreTaken(t *testing.T) {
	verify(t, free, func(e *environment) {
		c, name := e.bucket()
		if err := (&ruled{environment: e, c: c, name: name}).putEmptyingRules(); err != nil {
			t.Errorf("the rules are refused: %v", err)
		}
	})
}

func TestA467_EmptyingRules_TakeDays(t *testing.T) {
	for _, versions := range []bool{false, true} {
		verify(t, never, func(e *environment) {
			e.srv.Clock().Freeze()
			e.srv.Clock().Set(time.Date(2026, 3, 1, 5, 0, 0, 0, time.UTC))
			c, name := e.bucket()
			r := &ruled{environment: e, c: c, name: name}
			if versions {
				r.version("Enabled")
			}
			e.put(c, name, "k", "1")
			e.put(c, name, "k", "2")
			if _, err := c.InitiateMultipartUpload(e.Context(), &oss.InitiateMultipartUploadRequest{Bucket: &name, Key: oss.Ptr("u")}); err != nil {
				t.Fatal(err)
			}
			if err := r.putEmptyingRules(); err != nil {
				t.Fatal(err)
			}
			var deleted []bool
			for range 5 {
				_, err := c.DeleteBucket(e.Context(), &oss.DeleteBucketRequest{Bucket: &name})
				deleted = append(deleted, err == nil)
				if err == nil {
					break
				}
				e.refused(err, 409, "BucketNotEmpty")
				e.srv.Clock().Advance(24 * time.Hour)
			}
			want := 2
			if versions {
				want = 4
			}
			if got := slices.Index(deleted, true); got != want {
				t.Errorf("with versions %t the bucket is empty after %d midnights, want %d", versions, got, want)
			}
		})
	}
}
