package descriptor_test

import (
	"strings"
	"testing"

	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/alicloud"
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/providers"
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/providers/descriptor"
)

// The instances of a missing profile wait for the operator, and both the user's and
// the operator's text name the profile.
func TestProfiles_MissingProfile_IsTheOperatorsError(t *testing.T) {
	profiles := descriptor.OneProfile(&alicloud.Clients{}, descriptor.Network{})
	_, err := profiles.Of(providers.Task{Profile: "finance"})
	if providers.ClassOf(err) != providers.Operator {
		t.Errorf("Of = %v, want an error of class operator", err)
	}
	for _, text := range []string{err.Error(), providers.Sentence(err)} {
		if !strings.Contains(text, "finance") {
			t.Errorf("%q does not name the profile", text)
		}
	}
	if _, err := profiles.Of(providers.Task{}); err != nil {
		t.Errorf("the default profile: %v", err)
	}
}
