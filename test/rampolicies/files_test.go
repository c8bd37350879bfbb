package rampolicies_test

import (
	"testing"

	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/providers/all"
)

func TestFiles_PoliciesOfServices_AreThoseOfTheirDescriptors(t *testing.T) {
	for _, policy := range all.Services().Policies() {
		if file(t, policy.Name+".json") != string(policy.Document) {
			t.Errorf("contrib/ram-policies/%s.json differs from the descriptor's policy: run make ram-policies", policy.Name)
		}
	}
}
