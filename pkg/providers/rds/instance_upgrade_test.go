package rds_test

import (
	"encoding/json"
	"testing"

	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/providers"
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/providers/descriptor"
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/providers/providertest"
)

// An update to a plan of another version, edition, size and disk makes all of it, and
// names the standby.
func TestUpdate_PlanWithStandbyAndVersion_IsReached(t *testing.T) {
	p := newFixture(t, descriptor.Network{VpcID: vpcID})
	p.forgetTokens()
	i := p.instance(1, ``)
	i.Settings = json.RawMessage(`{"engine":"MySQL","engineVersion":"5.7","class":"mysql.n2.medium.1","storage":20,"storageType":"cloud_essd","database":"app","charset":"utf8mb4"}`)
	providertest.Prepare(t, p.Provider, i)
	p.done(i)
	p.done(p.binding(i, 2, ``))
	i.Usable, i.Was = true, &providers.Was{Settings: i.Settings}
	i.Settings = json.RawMessage(`{"engine":"MySQL","engineVersion":"8.0","class":"mysql.n2.medium.2c","category":"HighAvailability","storage":500,"storageType":"cloud_essd2","database":"app","charset":"utf8mb4"}`)
	providertest.Prepare(t, p.Provider, i)
	p.done(i)
	if got := p.only(); got.Version != "8.0" || got.Class != "mysql.n2.medium.2c" || got.Storage != 500 || len(got.Zones) != 2 || p.disk() != "cloud_essd2" {
		t.Errorf("%s %s with %d GB of %s in %q", got.Version, got.Class, got.Storage, p.disk(), got.Zones)
	}
	i.Was = nil
	p.done(p.binding(i, 3, ``))
	for _, action := range []string{"UpgradeDBInstanceEngineVersion", "ModifyDBInstanceSpec"} {
		if n := len(p.server.Calls(action)); n != 1 {
			t.Errorf("%d calls of %s", n, action)
		}
	}
}

// The bounds of a serverless instance change in place.
func TestUpdate_ServerlessPlan_ChangesItsBounds(t *testing.T) {
	p := newFixture(t, descriptor.Network{VpcID: vpcID})
	p.forgetTokens()
	bounds := func(upper string) json.RawMessage {
		return json.RawMessage(`{"engine":"MySQL","engineVersion":"8.0","class":"mysql.n2.serverless.1c","category":"serverless_basic","serverless":{"min":0.5,"max":` + upper + `},"storage":20,"storageType":"cloud_essd","database":"app","charset":"utf8mb4"}`)
	}
	i := p.instance(1, ``)
	i.Settings = bounds("4")
	providertest.Prepare(t, p.Provider, i)
	p.done(i)
	i.Usable, i.Was = true, &providers.Was{Settings: i.Settings}
	i.Settings = bounds("8")
	providertest.Prepare(t, p.Provider, i)
	p.done(i)
	if calls := p.server.Calls("ModifyDBInstanceSpec"); len(calls) != 1 || calls[0].Status != 200 {
		t.Errorf("calls: %+v", calls)
	}
}
