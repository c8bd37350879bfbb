package assumptions_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aliyun/alibabacloud-oss-go-sdk-v2/oss"
)

// A ruled is a bucket with a lifecycle rule for p/, at 1 March 2026, 05:00 UTC. The
// real cloud takes days for the work, so that these tests check the emulator alone.
type ruled struct {
	*environment

	c    *oss.Client
	name string
}

// verifyRules runs a check on a bucket with rules.
func verifyRules(t *testing.T, versions bool, rule oss.LifecycleRule, check func(r *ruled)) {
	t.Helper()
	verify(t, never, func(e *environment) {
		e.srv.Clock().Freeze()
		e.srv.Clock().Set(time.Date(2026, 3, 1, 5, 0, 0, 0, time.UTC))
		r := &ruled{environment: e}
		r.c, r.name = e.bucket()
		if versions {
			r.version("Enabled")
		}
		if err := e.lifecycle(r.c, r.name, rule); err != nil {
			e.Fatal(err)
		}
		check(r)
	})
}

func (r *ruled) version(status oss.VersioningStatusType) {
	r.Helper()
	if _, err := r.c.PutBucketVersioning(r.Context(), &oss.PutBucketVersioningRequest{Bucket: oss.Ptr(r.name), VersioningConfiguration: &oss.VersioningConfiguration{Status: status}}); err != nil {
		r.Fatal(err)
	}
}

// wantAt sets the clock to a day of March 2026, 05:00 UTC, and requires the versions
// and markers by key.
func (r *ruled) wantAt(day int, want string) {
	r.Helper()
	r.srv.Clock().Set(time.Date(2026, 3, day, 5, 0, 0, 0, time.UTC))
	all, err := r.c.ListObjectVersions(r.Context(), &oss.ListObjectVersionsRequest{Bucket: oss.Ptr(r.name)})
	if err != nil {
		r.Fatal(err)
	}
	var lines []string
	for _, v := range all.ObjectVersions {
		lines = append(lines, *v.Key+" "+*v.StorageClass)
	}
	for _, m := range all.ObjectDeleteMarkers {
		lines = append(lines, *m.Key+" marker")
	}
	slices.Sort(lines)
	if got := strings.Join(lines, ", "); got != want {
		r.Errorf("at 2026-03-%02d: %q, want %q", day, got, want)
	}
}

func afterDays(n int32) *oss.LifecycleRuleExpiration {
	return &oss.LifecycleRuleExpiration{Days: oss.Ptr(n)}
}

func TestA253_Days_EndAtMidnight(t *testing.T) {
	rule := oss.LifecycleRule{Expiration: afterDays(1), AbortMultipartUpload: &oss.LifecycleRuleAbortMultipartUpload{Days: oss.Ptr(int32(1))}}
	verifyRules(t, false, rule, func(r *ruled) {
		r.put(r.c, r.name, "p/k", "x")
		r.put(r.c, r.name, "other", "x")
		if _, err := r.c.InitiateMultipartUpload(r.Context(), &oss.InitiateMultipartUploadRequest{Bucket: oss.Ptr(r.name), Key: oss.Ptr("p/up")}); err != nil {
			r.Fatal(err)
		}
		uploads := func(want int) {
			list, err := r.c.ListMultipartUploads(r.Context(), &oss.ListMultipartUploadsRequest{Bucket: oss.Ptr(r.name)})
			if err != nil || len(list.Uploads) != want {
				r.Errorf("uploads %+v, %v, want %d", list, err, want)
			}
		}
		r.wantAt(2, "other Standard, p/k Standard")
		uploads(1)
		r.wantAt(3, "other Standard")
		uploads(0)
	})
}

func TestA254_Dates_ReachBeforeOrFrom(t *testing.T) {
	const date = "2026-03-03T00:00:00.000Z"
	for late, expiration := range map[string]*oss.LifecycleRuleExpiration{
		"p/late Standard": {CreatedBeforeDate: oss.Ptr(date)}, "": {Date: oss.Ptr(date)},
	} {
		verifyRules(t, false, oss.LifecycleRule{Expiration: expiration}, func(r *ruled) {
			r.put(r.c, r.name, "p/k", "x")
			r.wantAt(2, "p/k Standard")
			r.wantAt(3, "")
			r.put(r.c, r.name, "p/late", "x")
			r.wantAt(4, late)
		})
	}
}

func TestA255_Expiration_MakesMarkers(t *testing.T) {
	verifyRules(t, true, oss.LifecycleRule{Expiration: afterDays(1)}, func(r *ruled) {
		r.put(r.c, r.name, "p/k", "x")
		r.wantAt(3, "p/k Standard, p/k marker")
		r.version("Suspended")
		r.put(r.c, r.name, "p/null", "x")
		r.wantAt(5, "p/k Standard, p/k marker, p/null marker")
	})
}

func TestA256_OldVersions_ExpireAfterTheNext(t *testing.T) {
	rule := oss.LifecycleRule{NoncurrentVersionExpiration: &oss.NoncurrentVersionExpiration{NoncurrentDays: oss.Ptr(int32(1))}}
	verifyRules(t, true, rule, func(r *ruled) {
		r.put(r.c, r.name, "p/k", "x")
		r.wantAt(10, "p/k Standard")
		if _, err := r.c.DeleteObject(r.Context(), &oss.DeleteObjectRequest{Bucket: oss.Ptr(r.name), Key: oss.Ptr("p/k")}); err != nil {
			r.Fatal(err)
		}
		r.wantAt(11, "p/k Standard, p/k marker")
		r.wantAt(12, "p/k marker")
		r.put(r.c, r.name, "p/k", "y")
		r.wantAt(14, "p/k Standard")
	})
}

func TestA257_LoneMarker_IsRemoved(t *testing.T) {
	for removed, rule := range map[bool]oss.LifecycleRule{
		true: {Expiration: &oss.LifecycleRuleExpiration{ExpiredObjectDeleteMarker: oss.Ptr(true)}}, false: {Expiration: afterDays(1)},
	} {
		verifyRules(t, true, rule, func(r *ruled) {
			if _, err := r.c.DeleteObject(r.Context(), &oss.DeleteObjectRequest{Bucket: oss.Ptr(r.name), Key: oss.Ptr("p/k")}); err != nil {
				r.Fatal(err)
			}
			want := "p/k marker"
			if removed {
				want = ""
			}
			r.wantAt(9, want)
		})
	}
}

func TestA258_Transition_ShowsItsTime(t *testing.T) {
	days := oss.Ptr(int32(1))
	verifyRules(t, false, oss.LifecycleRule{Transitions: []oss.LifecycleRuleTransition{
		{Days: days, StorageClass: oss.StorageClassIA}, {Days: oss.Ptr(int32(2)), StorageClass: oss.StorageClassColdArchive},
	}}, func(r *ruled) {
		r.put(r.c, r.name, "p/k", "x")
		r.wantAt(3, "p/k IA")
		r.wantAt(4, "p/k ColdArchive")
		want := time.Date(2026, 3, 4, 0, 0, 0, 0, time.UTC)
		head, err := r.c.HeadObject(r.Context(), &oss.HeadObjectRequest{Bucket: oss.Ptr(r.name), Key: oss.Ptr("p/k")})
		if err != nil || head.TransitionTime == nil || !head.TransitionTime.Equal(want) || head.LastModified.Day() != 1 {
			r.Errorf("head %+v, %v", head, err)
		}
		list, err := r.c.ListObjectsV2(r.Context(), &oss.ListObjectsV2Request{Bucket: oss.Ptr(r.name)})
		if err != nil || list.Contents[0].TransitionTime == nil || !list.Contents[0].TransitionTime.Equal(want) {
			r.Errorf("list %+v, %v", list, err)
		}
	})
}

func TestA259_Retained_KeptByRules(t *testing.T) {
	verifyRules(t, false, oss.LifecycleRule{Expiration: afterDays(2), Transitions: []oss.LifecycleRuleTransition{{Days: oss.Ptr(int32(1)), StorageClass: oss.StorageClassIA}}}, func(r *ruled) {
		r.put(r.c, r.name, "p/k", "x")
		made, err := r.c.InitiateBucketWorm(r.Context(), &oss.InitiateBucketWormRequest{Bucket: oss.Ptr(r.name), InitiateWormConfiguration: &oss.InitiateWormConfiguration{RetentionPeriodInDays: oss.Ptr(int32(7))}})
		if err != nil {
			r.Fatal(err)
		}
		if _, err := r.c.CompleteBucketWorm(r.Context(), &oss.CompleteBucketWormRequest{Bucket: oss.Ptr(r.name), WormId: made.WormId}); err != nil {
			r.Fatal(err)
		}
		r.wantAt(7, "p/k IA")
		r.wantAt(9, "")
	})
}
