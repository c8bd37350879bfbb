package catalog_test

import (
	"encoding/json"
	"os"
	"testing"

	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/catalog"
)

// Records hold the plans of testdata/recorded_plans.json, which is not to be
// changed, and whole_plans.json before them: both are compared by meaning.
func TestHeld_PlansOfBefore_AreComparedByMeaning(t *testing.T) {
	t.Parallel()
	raw, err := os.ReadFile("testdata/recorded_plans.json")
	if err != nil {
		t.Fatal(err)
	}
	var recorded map[string]json.RawMessage
	if err := json.Unmarshal(raw, &recorded); err != nil {
		t.Fatal(err)
	}
	for form, plans := range map[string]map[string]json.RawMessage{"recorded": recorded, "whole": wholePlans(t)} {
		for _, tc := range []struct {
			provider, stored, sent string
			after                  string // parameters after the update
			same                   bool   // as a provision
		}{
			{"oss", `{"ACL":"private"}`, `{"Acl":"Private"}`, `{"Acl":"private"}`, true},
			{"oss", `{"ACL":"private","Acl":"Public Read"}`, `{"ACL":"private"}`, `{"Acl":"private"}`, false},
			{"oss", `{"StorageClass":"ia"}`, `{"StorageClass":"IA Storage","ACL":"private"}`, `{"StorageClass":"IA"}`, true},
			{"oss", ``, `{"StorageClass":"standard"}`, ``, true},
			{"rds", `{"EngineVersion":8,"Storage":"40"}`, `{"EngineVersion":"8.0","Storage":40}`, `{"EngineVersion":"8.0","Storage":40}`, true},
			{"rds", `{"Storage":"40"}`, `{"Class":null,"Storage":"60 ","Engine":"mysql"}`, `{"Storage":60}`, false},
			{"rds", ``, `{"Engine":"mysql","EngineVersion":5.6,"Class":" rds.mysql.s2.large","Storage":20}`, ``, true},
		} {
			plan, err := catalog.ReadRecorded(plans[tc.provider])
			if err != nil {
				t.Fatal(err)
			}
			h := catalog.Held{Plan: shipped(t).Upgraded(tc.provider, plan), Parameters: json.RawMessage(tc.stored)}
			if same := h.Same(json.RawMessage(tc.sent)); same != tc.same {
				t.Errorf("%s %s: %s is the same as %s: %v", form, tc.provider, tc.sent, tc.stored, same)
			}
			got, err := h.Update(h.Plan, json.RawMessage(tc.sent))
			if err != nil || string(got.Parameters) != tc.after {
				t.Errorf("%s %s: %s after %s gives %s, %v; want %s", form, tc.provider, tc.stored, tc.sent, got.Parameters, err, tc.after)
			}
		}
	}
}
