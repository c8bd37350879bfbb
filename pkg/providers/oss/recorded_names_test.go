package oss

import (
	"encoding/json"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// Records of before hold these names and values; test/golden has the ones that the
// first recordings cover.
func TestRecordedNames_OfKeysAndAccess_NeverChange(t *testing.T) {
	plan, err := json.Marshal(instancePlan{
		Bucket: "b", Region: "r", ACL: "a", StorageClass: "c", AccessKeyID: "i", AccessKeySecret: "s", Guarded: true,
	})
	if err != nil {
		t.Fatal(err)
	}
	const planOfToday = `{"bucket":"b","region":"r","acl":"a","storage_class":"c","access_key_id":"i","access_key_secret":"s","guarded":true}`
	if diff := cmp.Diff(planOfToday, string(plan)); diff != "" {
		t.Errorf("the plan of an instance (-recorded, +now):\n%s", diff)
	}
	var guard bindingPlan
	if err := json.Unmarshal([]byte(`{"guarded":true}`), &guard); err != nil || !guard.Guarded {
		t.Errorf("the plan of a binding: %+v, %v", guard, err)
	}
	names := []string{stepBlock, stepUnblock, factOwner, factAccess, accessBlocked, accessAllowed, factRegion}
	recorded := []string{"block-public-access", "allow-public-access", "bucket_owner", "public_access", "blocked", "allowed", "region_check"}
	if diff := cmp.Diff(recorded, names); diff != "" {
		t.Errorf("steps and facts (-recorded, +now):\n%s", diff)
	}
}
