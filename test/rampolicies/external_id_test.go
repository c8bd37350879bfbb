package rampolicies_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/alicloud"
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/providers"
)

// The role of trust-external-id.json is given with its external id alone.
func TestTrustPolicy_ExternalID_MustBeTheAgreedOne(t *testing.T) {
	a := asAccount(t, newStack(t, aUser).Cloud())
	a.role(self, strings.ReplaceAll(file(t, "trust-external-id.json"), "user/"+self, "user/other"))
	user := a.user("other", file(t, "assume-role.json"))
	for id, given := range map[string]bool{"EXTERNAL-ID": true, "external-id": false, "EXTERNAL-IDS": false, "": false} {
		source, err := alicloud.AssumeRole(alicloud.Role{ARN: roleARN, Base: user, Endpoint: a.url, ExternalID: id})
		a.must(err)
		_, err = source.Credentials(t.Context())
		if given && err != nil || !given && (!errors.Is(err, providers.ErrCredentials) || !errors.Is(err, providers.ErrDenied)) {
			t.Errorf("with the external id %q: %v", id, err)
		}
	}
}
