package kms_test

import (
	"encoding/json"
	"testing"
	"time"

	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/emulator/kms"
)

// A list of keys replaces the one of before, and null is every id.
func TestKeys_SetAsJSON_ReplaceTheListOfBefore(t *testing.T) {
	s := kms.New("1000000000000001", time.Now())
	for _, tc := range []struct {
		keys                  string
		exists, inUse, others bool
	}{
		{`[{"ID":"a","State":"Disabled"},{"ID":"b"}]`, true, false, false},
		{`[{"ID":"a"}]`, true, true, false},
		{`[{"ID":"a","Region":"cn-shanghai"}]`, false, false, false},
		{`[]`, false, false, false},
		{`null`, true, true, true},
	} {
		s.Behave(func(b *kms.Behaviour) {
			if err := json.Unmarshal([]byte(tc.keys), &b.Keys); err != nil {
				t.Error(err)
			}
		})
		exists, inUse := s.State("cn-hangzhou", "a")
		if others, _ := s.State("cn-hangzhou", "c"); exists != tc.exists || inUse != tc.inUse || others != tc.others {
			t.Errorf("%s: a exists %t, enabled %t, others exist %t", tc.keys, exists, inUse, others)
		}
	}
}
