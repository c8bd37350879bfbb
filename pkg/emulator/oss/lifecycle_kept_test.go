package oss_test

import (
	"strings"
	"testing"
	"time"

	sdk "github.com/aliyun/alibabacloud-oss-go-sdk-v2/oss"
)

func TestLifecycle_Retained_KeptUntilFree(t *testing.T) {
	r := newRuled(t, true, ruleOfAll("<NoncurrentVersionExpiration><NoncurrentDays>1</NoncurrentDays></NoncurrentVersionExpiration>"))
	r.document(t, "objectWorm", "<ObjectWormConfiguration><ObjectWormEnabled>Enabled</ObjectWormEnabled></ObjectWormConfiguration>")
	for _, key := range []string{"free", "held", "retained"} {
		header := map[string]string{}
		if key == "retained" {
			header = map[string]string{"x-oss-object-worm-mode": "COMPLIANCE", "x-oss-object-worm-retain-until-date": "2026-03-06T12:00:00.000Z"}
		}
		if _, _, err := send(t, r.c, call{method: "PUT", bucket: "bucket-a", key: key, header: header}); err != nil {
			t.Fatal(err)
		}
		if key == "held" {
			if status, answer := r.do(t, "PUT", "/bucket-a/held?legalHold", nil, "<LegalHold><Status>ON</Status></LegalHold>"); status != 200 {
				t.Fatal(status, answer)
			}
		}
		deleteVersion(t, r.c, key, "")
	}
	const markers = "free marker, held marker, "
	r.wantAfter(t, step{2 * day, markers + "held old, retained marker, retained old"}, step{3 * day, markers + "held old, retained marker, retained old"}, step{day, markers + "held old, retained marker"})
}

func TestLifecycle_RetentionPolicy_KeepsObjects(t *testing.T) {
	r := newRuled(t, false, ruleOfAll(expire("1")))
	mustPut(t, r.c, "bucket-a", "k", "x")
	if _, err := r.c.InitiateBucketWorm(t.Context(), &sdk.InitiateBucketWormRequest{Bucket: new("bucket-a"), InitiateWormConfiguration: &sdk.InitiateWormConfiguration{RetentionPeriodInDays: new(int32(5))}}); err != nil {
		t.Fatal(err)
	}
	policy, err := r.c.GetBucketWorm(t.Context(), &sdk.GetBucketWormRequest{Bucket: new("bucket-a")})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := r.c.CompleteBucketWorm(t.Context(), &sdk.CompleteBucketWormRequest{Bucket: new("bucket-a"), WormId: policy.WormConfiguration.WormId}); err != nil {
		t.Fatal(err)
	}
	r.wantAfter(t, step{3 * day, "k"}, step{3 * day, ""})
}

// TestLifecycle_Restored_RulesGoOn: a state saved by a program that kept rules
// alone has no time of their last run.
func TestLifecycle_Restored_RulesGoOn(t *testing.T) {
	for name, tc := range map[string]struct {
		removed string // a member of the state
		day     int    // of the expiration
	}{
		"today's":   {"", 3},
		"of before": {`"lifecycleRun":"2026-03-01T00:00:00Z",`, 5},
	} {
		t.Run(name, func(t *testing.T) {
			r := newRuled(t, true, rule("a", expire("1"))+rule("c", moveTo("ColdArchive", "1")))
			mustPut(t, r.c, "bucket-a", "a/k", "x")
			mustPut(t, r.c, "bucket-a", "c/k", "x")
			saved, err := r.Snapshot()
			if err != nil {
				t.Fatal(err)
			}
			r.clock.Advance(4 * day)
			if !strings.Contains(string(saved), tc.removed) {
				t.Fatalf("the state has another form: %s", saved)
			}
			changed := strings.Replace(string(saved), tc.removed, "", 1)
			if err := r.Restore([]byte(changed)); err != nil {
				t.Fatal(err)
			}
			r.wantAfter(t, step{hour, "a/k marker, a/k old, c/k ColdArchive"})
			all, err := r.c.ListObjectVersions(t.Context(), &sdk.ListObjectVersionsRequest{Bucket: new("bucket-a")})
			if made := *all.ObjectDeleteMarkers[0].LastModified; err != nil || !made.Equal(time.Date(2026, 3, tc.day, 0, 0, 0, 0, time.UTC)) {
				t.Errorf("the marker is of %v, %v, want March %d", made, err, tc.day)
			}
			if saved, err = r.Snapshot(); err != nil || r.Restore(saved) != nil {
				t.Fatal(err)
			}
			if list, err := r.c.ListObjects(t.Context(), &sdk.ListObjectsRequest{Bucket: new("bucket-a")}); err != nil || list.Contents[0].TransitionTime == nil {
				t.Errorf("restored: %+v, %v", list, err)
			}
		})
	}
}

// TestLifecycle_StateOfTests_FollowsRules: an empty bucket is seen without a call
// of a client, and can be removed.
func TestLifecycle_StateOfTests_FollowsRules(t *testing.T) {
	r := newRuled(t, false, ruleOfAll(expire("1")))
	mustPut(t, r.c, "bucket-a", "k", "x")
	r.clock.Advance(2 * day)
	if state := r.Buckets()[0]; state.Objects != 0 {
		t.Errorf("state %+v", state)
	}
	if _, err := r.c.DeleteBucket(t.Context(), &sdk.DeleteBucketRequest{Bucket: new("bucket-a")}); err != nil {
		t.Error(err)
	}
}
