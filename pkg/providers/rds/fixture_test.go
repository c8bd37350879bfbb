package rds_test

import (
	"encoding/json"
	"net/netip"
	"testing"
	"time"

	"github.com/aliyun/alibaba-cloud-sdk-go/sdk/requests"
	"github.com/aliyun/alibaba-cloud-sdk-go/sdk/responses"
	sdk "github.com/aliyun/alibaba-cloud-sdk-go/services/rds"

	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/alicloud"
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/emulator"
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/emulator/cloud"
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/emulator/emulatortest"
	emulatedrds "github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/emulator/rds"
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/emulator/vpc"
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/providers"
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/providers/descriptor"
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/providers/providertest"
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/providers/rds"
)

// A fixture is a provider with a cloud of the test's own.
type fixture struct {
	providertest.Harness

	t      *testing.T
	server *emulator.Server
}

func newFixture(t *testing.T, n descriptor.Network, options ...emulatortest.Option) *fixture {
	t.Helper()
	server := emulatortest.New(t, append([]emulatortest.Option{
		emulatortest.WithProfile(emulatedrds.Realistic()),
		emulatortest.WithClock(cloud.NewFrozenClock(time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC))),
	}, options...)...)
	return &fixture{Harness: providertest.Harness{Provider: newProvider(t, server, n), Cloud: providertest.Emulated(server)}, t: t, server: server}
}

func newProvider(t *testing.T, server *emulator.Server, n descriptor.Network, changes ...func(*descriptor.Deps)) providers.Provider {
	t.Helper()
	changes = append(changes, func(d *descriptor.Deps) { d.Profiles[descriptor.DefaultProfile].Network = n })
	return providertest.NewProvider(t, server, rds.Descriptor(), changes...)
}

// lives numbers incarnations; each test has its own clouds, so that numbers may
// come again in others.
func life(n byte) providers.Life {
	const digits = "0123456789abcdef"
	return providers.Life{BrokerID: "test", Incarnation: "000000000000000000000000000000" + string([]byte{digits[n>>4], digits[n&15]})}
}

// instance prepares an instance that is wanted.
func (p *fixture) instance(n byte, parameters string) *providers.Task {
	p.t.Helper()
	task := instanceTask(n, self)
	task.Parameters = json.RawMessage(parameters)
	providertest.Prepare(p.t, p.Provider, task)
	return task
}

// instanceOf prepares an instance of a plan's settings that is wanted.
func (p *fixture) instanceOf(n byte, settings string) *providers.Task {
	p.t.Helper()
	task := instanceTask(n, settings)
	providertest.Prepare(p.t, p.Provider, task)
	return task
}

func instanceTask(n byte, settings string) *providers.Task {
	return &providers.Task{
		Kind: providers.Instance, Goal: providers.Present, InstanceID: "i", Life: life(n), Region: "cn-hangzhou",
		Settings: json.RawMessage(settings), Deletion: providers.DeleteData,
	}
}

// binding prepares a binding that is wanted.
func (p *fixture) binding(of *providers.Task, n byte, parameters string) *providers.Task {
	p.t.Helper()
	task := &providers.Task{
		Kind: providers.Binding, Goal: providers.Present, InstanceID: "i", BindingID: "b", Life: life(n), Region: "cn-hangzhou",
		Parameters: json.RawMessage(parameters), Of: of,
	}
	providertest.Prepare(p.t, p.Provider, task)
	return task
}

func (p *fixture) drive(task *providers.Task) providers.Step {
	p.t.Helper()
	return providertest.Drive(p.t, p.Harness, task)
}

func (p *fixture) done(task *providers.Task) providers.Step {
	p.t.Helper()
	step := p.drive(task)
	if step.Action != providers.Done {
		p.t.Fatalf("%s to %s: %s %s: %s", task.Kind, task.Goal, step.Action, step.Kind, step.Text)
	}
	return step
}

func (p *fixture) fails(task *providers.Task, kind providers.FailureKind) providers.Step {
	p.t.Helper()
	step := p.drive(task)
	if step.Action != providers.Fail || step.Kind != kind || step.Text == "" {
		p.t.Fatalf("%s to %s: %s %s %q; want to fail as %s", task.Kind, task.Goal, step.Action, step.Kind, step.Text, kind)
	}
	return step
}

// only returns the one instance there is.
func (p *fixture) only() emulatedrds.InstanceState {
	p.t.Helper()
	all := p.server.RDS().Instances()
	if len(all) != 1 {
		p.t.Fatalf("%d instances", len(all))
	}
	return all[0]
}

func (p *fixture) account(name string) *emulatedrds.AccountState {
	p.t.Helper()
	for _, a := range p.only().Accounts {
		if a.Name == name {
			return &a
		}
	}
	return nil
}

// networks has two VPCs: vpc-a with VSwitches in zones h and i, vpc-b with so
// many that they take two pages.
func networks() emulatortest.Option {
	vsw := func(vpcID, id, zone string, third byte) vpc.VSwitch {
		return vpc.VSwitch{ID: id, Name: id, VPCID: vpcID, ZoneID: zone, CIDR: netip.PrefixFrom(netip.AddrFrom4([4]byte{10, 0, third, 0}), 24)}
	}
	a := vpc.VPC{ID: "vpc-a", RegionID: "cn-hangzhou", CIDR: netip.MustParsePrefix("10.0.0.0/8"), Default: true, VSwitches: []vpc.VSwitch{
		vsw("vpc-a", "vsw-a-h", "cn-hangzhou-h", 1), vsw("vpc-a", "vsw-a-i", "cn-hangzhou-i", 2),
	}}
	b := vpc.VPC{ID: "vpc-b", RegionID: "cn-hangzhou", CIDR: netip.MustParsePrefix("172.16.0.0/12")}
	for i := range byte(60) {
		b.VSwitches = append(b.VSwitches, vsw("vpc-b", "vsw-b-"+string([]byte{'0' + i/10, '0' + i%10}), "cn-hangzhou-h", i))
	}
	b.VSwitches = append(b.VSwitches, vsw("vpc-b", "vsw-b-last", "cn-hangzhou-i", 100))
	return emulatortest.WithConfig(func(c *emulator.Config) {
		c.Regions = []vpc.Region{{ID: "cn-hangzhou", Zones: []string{"cn-hangzhou-h", "cn-hangzhou-i"}, VPCs: []vpc.VPC{a, b}}}
	})
}

// protect protects an instance from deletion, or lifts that, as people do in the console.
func (p *fixture) protect(task *providers.Task, on bool) {
	p.t.Helper()
	req := sdk.CreateModifyDBInstanceDeletionProtectionRequest()
	req.DBInstanceId, req.DeletionProtection = task.Facts.Open["instance_id"], requests.NewBoolean(on)
	p.must(req, sdk.CreateModifyDBInstanceDeletionProtectionResponse())
}

// rename changes the description of an instance.
func (p *fixture) rename(id, description string) {
	p.t.Helper()
	req := sdk.CreateModifyDBInstanceDescriptionRequest()
	req.DBInstanceId, req.DBInstanceDescription = id, description
	p.must(req, sdk.CreateModifyDBInstanceDescriptionResponse())
}

// describe changes the description of an account, as people do in the console.
func (p *fixture) describe(name, text string) {
	p.t.Helper()
	req := sdk.CreateModifyAccountDescriptionRequest()
	req.DBInstanceId, req.AccountName, req.AccountDescription = p.only().ID, name, text
	p.must(req, sdk.CreateModifyAccountDescriptionResponse())
}

// take makes an account by hand, or removes one.
func (p *fixture) take(name, text string) {
	p.t.Helper()
	req := sdk.CreateCreateAccountRequest()
	req.DBInstanceId, req.AccountName, req.AccountPassword = p.only().ID, name, "By_Hand_1"
	req.AccountType, req.AccountDescription = "Normal", text
	p.must(req, sdk.CreateCreateAccountResponse())
}

func (p *fixture) drop(name string) {
	p.t.Helper()
	req := sdk.CreateDeleteAccountRequest()
	req.DBInstanceId, req.AccountName = p.only().ID, name
	p.must(req, sdk.CreateDeleteAccountResponse())
}

// must makes a call of the account's owner, and waits for its effect.
func (p *fixture) must(req requests.AcsRequest, resp responses.AcsResponse) {
	p.t.Helper()
	if err := providertest.Clients(p.t, p.server, rds.Descriptor().Products...).Do(p.t.Context(), alicloud.Write, req, resp); err != nil {
		p.t.Fatal(err)
	}
	p.Cloud.Advance(time.Minute)
}
