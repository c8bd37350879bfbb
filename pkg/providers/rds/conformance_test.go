package rds_test

import (
	"encoding/json"
	"testing"
	"time"

	sdk "github.com/aliyun/alibaba-cloud-sdk-go/services/rds"

	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/emulator"
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/emulator/cloud"
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/emulator/emulatortest"
	emulatedrds "github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/emulator/rds"
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/providers"
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/providers/descriptor"
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/providers/providertest"
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/providers/rds"
)

const (
	vpcID  = "vpc-cnhangzhou0default"
	small  = `{"engine":"MySQL","engineVersion":"5.6","class":"rds.mysql.t1.small","storage":20,"database":"app","charset":"utf8mb4"}`
	larger = `{"engine":"MySQL","engineVersion":"5.6","class":"rds.mysql.s2.large","storage":20,"database":"app","charset":"utf8mb4"}`
)

// newCloud is a cloud as slow as the real one, with a clock of the test's own.
func newCloud(t *testing.T) *emulator.Server {
	t.Helper()
	return emulatortest.New(t, emulatortest.WithProfile(emulatedrds.Realistic()),
		emulatortest.WithClock(cloud.NewFrozenClock(time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC))))
}

func harness(t *testing.T, server *emulator.Server, changes ...func(*descriptor.Deps)) providertest.Harness {
	t.Helper()
	return providertest.Harness{
		Provider: newProvider(t, server, descriptor.Network{VpcID: vpcID}, changes...),
		Cloud:    providertest.Emulated(server),
		Instance: providertest.Spec{Settings: json.RawMessage(small), Deletion: providers.DeleteData},
		Update:   &providertest.Spec{Settings: json.RawMessage(larger)},
		Resource: rds.Descriptor().Resource,
		Secret:   []string{"password", "uri", "jdbcUrl", "jdbc-url"},
		Unmark:   unmark(server),

		Capabilities: providertest.Capabilities{BindingLeavesOne: true}, // the locked account
	}
}

// unmark takes description and tags off an instance, as people do in the console.
func unmark(server *emulator.Server) func(t *testing.T, id string) (restore func()) {
	return func(t *testing.T, id string) func() {
		t.Helper()
		p := &fixture{t: t, server: server, Harness: providertest.Harness{Cloud: providertest.Emulated(server)}}
		was := p.only().Description
		p.rename(id, "web-shop")
		untag := sdk.CreateUntagResourcesRequest()
		untag.ResourceType, untag.ResourceId, untag.All = "INSTANCE", &[]string{id}, "true"
		p.must(untag, sdk.CreateUntagResourcesResponse())
		return func() { p.rename(id, was) }
	}
}

func TestConformance_Provider_PassesTheSuite(t *testing.T) {
	behaviours := map[string]func(*emulatedrds.Behaviour){
		"Usual":   func(*emulatedrds.Behaviour) {},
		"Adverse": func(b *emulatedrds.Behaviour) { b.DropTags, b.RefuseUsedToken = true, true },
	}
	for name, behave := range behaviours {
		t.Run(name, func(t *testing.T) {
			providertest.Run(t, func(t *testing.T) providertest.Harness {
				t.Helper()
				server := newCloud(t)
				server.RDS().Behave(behave)
				return harness(t, server)
			})
		})
	}
}

func TestPolicies_UserWithThemAlone_LivesAWholeLife(t *testing.T) {
	server := newCloud(t)
	withOptions := func(change func(*descriptor.Deps)) providertest.Harness {
		h := harness(t, server, change)
		h.Instance = providertest.Spec{Settings: json.RawMessage(open), Parameters: everyOption(t), Deletion: providers.DeleteData}
		return h
	}
	providertest.Policies(t, server, rds.Descriptor(), withOptions,
		"rds:ModifyDBInstanceSpec", "rds:UpgradeDBInstanceEngineVersion", "rds:ModifyDBInstanceDeletionProtection", "rds:StartDBInstance", "rds:DeleteAccount",
		"rds:ReleaseInstancePublicConnection", "rds:UntagResources", "rds:ModifyResourceGroup", // of updates
		"rds:DescribeDBInstanceIPArrayList") // of bindings of PostgreSQL
}
