package lifecycle_test

import (
	"testing"

	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/lifecycle"
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/store"
)

// Records of one namespace or organization have one tenant, and any two of the
// following have different ones.
func TestTenantOf_EachPlatform_TellsTenantsApart(t *testing.T) {
	record := func(organization, space, context string) *store.Record {
		return &store.Record{Organization: organization, Space: space, Context: []byte(context)}
	}
	seen := map[string]string{}
	for name, r := range map[string]*store.Record{
		"Kubernetes":       record("c1", "uid", `{"platform":"kubernetes","clusterid":"c1","namespace":"team"}`),
		"OtherNamespace":   record("c1", "uid", `{"platform":"kubernetes","clusterid":"c1","namespace":"other"}`),
		"OtherCluster":     record("c2", "uid", `{"platform":"kubernetes","clusterid":"c2","namespace":"team"}`),
		"CloudFoundry":     record("org", "space", `{"platform":"cloudfoundry","organization_guid":"org","space_guid":"space"}`),
		"OtherOrg":         record("org2", "space", `{"platform":"cloudfoundry","organization_guid":"org2","space_guid":"space"}`),
		"WithoutContext":   record("org", "space", ``),
		"OtherOrgWithout":  record("org2", "space", `null`),
		"ContextIsNoSense": record("org3", "space", `[]`),
	} {
		tenant := lifecycle.TenantOf(r)
		if tenant == "" || seen[tenant] != "" {
			t.Errorf("%s has the tenant %q, as has %s", name, tenant, seen[tenant])
		}
		seen[tenant] = name
	}
	if lifecycle.TenantOf(record("o", "s", "")) != lifecycle.TenantOf(record("o", "s2", "{}")) {
		t.Error("the spaces of an organization are different tenants")
	}
}
