package rds_test

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"

	sdk "github.com/aliyun/alibaba-cloud-sdk-go/services/rds"

	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/emulator/cloud"
	emulatedrds "github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/emulator/rds"
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/providers"
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/providers/descriptor"
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/providers/providertest"
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/providers/rds"
)

// An optionCase sets an option at creation, changes it and takes it away; read tells the
// option as the cloud has it.
type optionCase struct {
	name                                string
	created, changed                    string // values of the parameter
	wantCreated, wantAfter, wantRemoved string
	call                                string // that sets it
	read                                func(emulatedrds.InstanceState) any
}

func optionCases() []optionCase {
	return []optionCase{
		{
			"MaintainTime", `"01:00Z-03:00Z"`, `"22:00Z-02:00Z"`, "01:00Z-03:00Z", "22:00Z-02:00Z", "22:00Z-02:00Z", "ModifyDBInstanceMaintainTime",
			func(i emulatedrds.InstanceState) any { return i.Settings.MaintainTime },
		},
		{
			"Backup", `{"PreferredBackupPeriod":["Sunday","Monday"],"PreferredBackupTime":"04:00Z-05:00Z","BackupRetentionPeriod":30,"LogBackupRetentionPeriod":14}`,
			`{"BackupRetentionPeriod":10}`, "Monday,Sunday 04:00Z-05:00Z 30 14", "Monday,Sunday 04:00Z-05:00Z 10 10", "Monday,Sunday 04:00Z-05:00Z 10 10", "ModifyBackupPolicy",
			func(i emulatedrds.InstanceState) any {
				var b struct {
					PreferredBackupPeriod, PreferredBackupTime      string
					BackupRetentionPeriod, LogBackupRetentionPeriod int
				}
				raw, _ := json.Marshal(i.Settings.Backup)
				_ = json.Unmarshal(raw, &b)
				return fmt.Sprint(b.PreferredBackupPeriod, " ", b.PreferredBackupTime, " ", b.BackupRetentionPeriod, b.LogBackupRetentionPeriod)
			},
		},
		{
			"SecurityGroupIds", `["sg-bbbbbb","sg-aaaaaa"]`, `["sg-cccccc"]`, "[sg-aaaaaa sg-bbbbbb]", "[sg-cccccc]", "[]", "ModifySecurityGroupConfiguration",
			func(i emulatedrds.InstanceState) any { return i.Settings.SecurityGroups },
		},
		{
			"SSL", `"Enabled"`, `"Disabled"`, "true", "false", "false", "ModifyDBInstanceSSL",
			func(i emulatedrds.InstanceState) any { return i.Settings.SSL != "" },
		},
		{
			"PublicEndpoint", `true`, `false`, "true", "false", "false", "AllocateInstancePublicConnection",
			func(i emulatedrds.InstanceState) any { return i.Public != "" },
		},
		{
			"Parameters", `{"max_connections":300,"performance_schema":"on"}`, `{"max_connections":"400"}`, "300", "400", "400", "ModifyParameter",
			func(i emulatedrds.InstanceState) any { return i.Settings.Parameters["max_connections"] },
		},
		{
			"Databases", `[{"DBName":"app"},{"DBName":"stock","CharacterSetName":"gbk"}]`, `[{"DBName":"app"},{"DBName":"logs"},{"DBName":"stock","CharacterSetName":"gbk"}]`,
			"[app stock]", "[app stock logs]", "", "CreateDatabase",
			func(i emulatedrds.InstanceState) any { return i.Databases },
		},
		{
			"Whitelist", `["192.168.1.7","10.9.0.0/16"]`, `["172.16.0.0/24"]`, "10.9.0.0/16 192.168.1.7", "172.16.0.0/24", "", "ModifySecurityIps",
			func(i emulatedrds.InstanceState) any { return strings.Join(i.Whitelist["osb"][1:], " ") },
		},
		{
			"Tags", `{"team":"a","cost center":"1"}`, `{"team":"b"}`, "cost center=1 team=a", "team=b", "", "TagResources",
			func(i emulatedrds.InstanceState) any {
				var own []string
				for key, value := range i.Tags {
					if !strings.HasPrefix(key, "osb-") {
						own = append(own, key+"="+value)
					}
				}
				slices.Sort(own)
				return strings.Join(own, " ")
			},
		},
		{
			"ResourceGroupId", `"rg-before"`, `"rg-after"`, "rg-before", "rg-after", "", "ModifyResourceGroup",
			func(i emulatedrds.InstanceState) any { return i.Choices.ResourceGroup },
		},
		{
			"DeletionProtection", `true`, `false`, "true", "false", "false", "ModifyDBInstanceDeletionProtection",
			func(i emulatedrds.InstanceState) any { return i.Protected },
		},
	}
}

// everyOption returns parameters with every option as a new instance may have them, and
// be deleted.
func everyOption(t *testing.T) json.RawMessage {
	t.Helper()
	values := map[string]json.RawMessage{}
	for _, tc := range optionCases() {
		if tc.name != "DeletionProtection" {
			values[tc.name] = json.RawMessage(tc.created)
		}
	}
	raw, err := json.Marshal(values)
	if err != nil {
		t.Fatal(err)
	}
	return raw
}

// open is a plan that lets users choose everything.
const open = `{"engine":"MySQL","engineVersion":"5.7","class":"rds.mysql.s2.large","storage":20,"database":"app","charset":"utf8mb4","public":true,"selfDefine":true}`

// openInstance prepares an instance of a plan that lets users choose everything.
func (p *fixture) openInstance(parameters string) *providers.Task {
	p.t.Helper()
	task := p.instance(1, ``)
	task.Settings, task.Parameters = json.RawMessage(open), json.RawMessage(parameters)
	providertest.Prepare(p.t, p.Provider, task)
	return task
}

// update makes the task one that changes the parameters.
func (p *fixture) update(task *providers.Task, parameters string) {
	p.t.Helper()
	task.Was = &providers.Was{Settings: task.Settings, Parameters: task.Parameters}
	task.Usable, task.Begun, task.Refused, task.Parameters = true, nil, nil, json.RawMessage(parameters)
	providertest.Prepare(p.t, p.Provider, task)
}

func TestOption_CreatedChangedRemoved_AsTheCloudHasIt(t *testing.T) {
	for _, tc := range optionCases() {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			p := newFixture(t, descriptor.Network{VpcID: vpcID})
			// Drive gives the operations of one instance the same tokens.
			p.server.RDS().Behave(func(b *emulatedrds.Behaviour) { b.TokenLifetime = 0 })
			want := func(when, want string) {
				t.Helper()
				if got := tc.read(p.only()); fmt.Sprint(got) != want {
					t.Errorf("%s: %v, want %s", when, got, want)
				}
			}
			given := func(value string) string { return `{"` + tc.name + `":` + value + `}` }
			task := p.openInstance(given(tc.created))
			p.done(task)
			want("created", tc.wantCreated)
			calls := len(p.server.Calls(tc.call))
			p.done(task)
			if again := len(p.server.Calls(tc.call)); again != calls {
				t.Errorf("a look without a change made %d calls of %s", again-calls, tc.call)
			}
			p.update(task, given(tc.changed))
			p.done(task)
			want("changed", tc.wantAfter)
			if tc.wantRemoved != "" || tc.name == "Tags" || tc.name == "Whitelist" { // else it stays
				p.update(task, "")
				p.done(task)
				want("removed", tc.wantRemoved)
			}
			task.Goal = providers.Absent
			p.done(task)
			if !p.server.Empty() {
				t.Errorf("left: %q", p.Cloud.Left())
			}
		})
	}
}

// RDS's refusal of an option ends the operation with a sentence that names the
// parameter, and leaves nothing behind.
func TestOption_RefusedByRDS_FailsWithItsName(t *testing.T) {
	for _, tc := range optionCases() {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			p := newFixture(t, descriptor.Network{VpcID: vpcID})
			task := p.openInstance(``)
			p.done(task)
			p.update(task, `{"ForceRestart":true,"`+tc.name+`":`+tc.created+`}`)
			p.server.Faults().Add(cloud.Fault{Action: tc.call, Effect: cloud.FailBefore, Code: "InvalidParam.Refused"})
			if step := p.fails(task, providers.Invalid); !strings.Contains(step.Text, tc.name) {
				t.Errorf("failed with %q", step.Text)
			}
			task.Goal = providers.Absent
			p.done(task)
		})
	}
}

// An instance without options costs the calls that it cost before there were options.
func TestOptions_NoneAskedFor_CostNoCall(t *testing.T) {
	p := newFixture(t, descriptor.Network{VpcID: vpcID})
	p.done(p.instance(1, ``))
	for _, call := range p.server.Calls("") {
		switch call.Action {
		case "DescribeVSwitches", "DescribeVpcs", "DescribeAvailableZones", "DescribeAvailableClasses", "DescribeVpcAttribute", "CreateDBInstance", "DescribeDBInstances", "DescribeDBInstanceAttribute", "ModifySecurityIps", "CreateDatabase", "DescribeDatabases":
		default:
			t.Errorf("%s was called", call.Action)
		}
	}
}

// The suite crashes at every step and call, with an option of each kind set, changed and
// removed.
func TestConformance_Options_PassTheSuite(t *testing.T) {
	created, changed := map[string]json.RawMessage{}, map[string]json.RawMessage{}
	for i, tc := range optionCases() {
		switch tc.name {
		case "MaintainTime", "Backup", "SecurityGroupIds", "ResourceGroupId", "Whitelist": // one call that changes nothing else
			continue
		case "DeletionProtection": // the suite's deletions would end there
			continue
		case "Databases": // the suite allows an update to make nothing
			tc.changed = tc.created
		}
		created[tc.name] = json.RawMessage(tc.created)
		if i%2 == 0 || tc.name == "Databases" { // others are removed
			changed[tc.name] = json.RawMessage(tc.changed)
		}
	}
	spec := func(parameters map[string]json.RawMessage) providertest.Spec {
		raw, err := json.Marshal(parameters)
		if err != nil {
			t.Fatal(err)
		}
		return providertest.Spec{Settings: json.RawMessage(open), Parameters: raw, Deletion: providers.DeleteData}
	}
	changed["ForceRestart"] = json.RawMessage("true")
	update := spec(changed)
	providertest.Run(t, func(t *testing.T) providertest.Harness {
		t.Helper()
		h := harness(t, newCloud(t))
		h.Instance, h.Update, h.Resource = spec(created), &update, rds.Descriptor().Resource
		return h
	})
}

// A parameter that needs a restart is set with one where the user allows it: a new
// server is restarted for it.
func TestParameters_OfRestart_NeedForceRestartInUse(t *testing.T) {
	p := newFixture(t, descriptor.Network{VpcID: vpcID})
	p.server.RDS().Behave(func(b *emulatedrds.Behaviour) { b.TokenLifetime = 0 })
	task := p.openInstance(`{"Parameters":{"performance_schema":"ON"}}`)
	p.done(task)
	if got := p.only().Settings.Parameters["performance_schema"]; got != "ON" {
		t.Fatalf("a new server has %q", got)
	}
	p.update(task, `{"Parameters":{"performance_schema":"OFF"}}`)
	if step := p.fails(task, providers.Invalid); !strings.Contains(step.Text, "performance_schema") || !strings.Contains(step.Text, "ForceRestart") {
		t.Errorf("failed with %q", step.Text)
	}
	if n := len(p.server.Calls("ModifyParameter")); n != 1 {
		t.Errorf("%d calls were made", n)
	}
	p.update(task, `{"ForceRestart":true,"Parameters":{"performance_schema":"OFF"}}`)
	p.done(task)
	if n := len(p.server.Calls("ModifyParameter")); n != 2 || p.only().Settings.Parameters["performance_schema"] != "OFF" {
		t.Errorf("after %d calls: %v", n, p.only().Settings)
	}
}

// What a template refuses is told before a call is made.
func TestParameters_ThatNoServerTakes_FailWithTheirName(t *testing.T) {
	p := newFixture(t, descriptor.Network{VpcID: vpcID})
	task := p.openInstance(``)
	p.done(task)
	for parameters, word := range map[string]string{
		`{"Parameters":{"no_such":1}}`:                  "no_such",
		`{"Parameters":{"max_connections":"many"}}`:     "[1-100000]",
		`{"Parameters":{"max_connections":0}}`:          "[1-100000]",
		`{"Parameters":{"performance_schema":"MAYBE"}}`: "ON|OFF",
	} {
		p.update(task, parameters)
		if step := p.fails(task, providers.Invalid); !strings.Contains(step.Text, word) {
			t.Errorf("%s failed with %q", parameters, step.Text)
		}
	}
	if n := len(p.server.Calls("ModifyParameter")); n > 0 {
		t.Errorf("%d calls were made", n)
	}
}

// Databases that people drop stay gone: an empty one in their place would lose data
// silently. Addresses that people add to the whitelist's other groups stay, too.
func TestDatabases_DroppedByHand_AreNotMadeAnew(t *testing.T) {
	p := newFixture(t, descriptor.Network{VpcID: vpcID})
	task := p.openInstance(`{"Databases":[{"DBName":"app"},{"DBName":"stock"}]}`)
	p.done(task)
	req := sdk.CreateDeleteDatabaseRequest()
	req.DBInstanceId, req.DBName = p.only().ID, "stock"
	p.must(req, sdk.CreateDeleteDatabaseResponse())
	p.update(task, `{"Databases":[{"DBName":"app"},{"DBName":"stock"},{"DBName":"logs"}]}`)
	p.done(task)
	if got := p.only().Databases; !slices.Equal(got, []string{"app", "logs"}) {
		t.Errorf("databases %q", got)
	}
}

// The facts of a public endpoint and of SSL reach the credentials of the record.
func TestPublicEndpoint_Allocated_IsSealedWithTheAddress(t *testing.T) {
	p := newFixture(t, descriptor.Network{VpcID: vpcID})
	p.server.RDS().Behave(func(b *emulatedrds.Behaviour) { b.TokenLifetime = 0 })
	task := p.openInstance(`{"PublicEndpoint":true,"SSL":"Forced","Whitelist":["198.51.100.7"]}`)
	p.done(task)
	if task.Facts.Open["tls_host"] != task.Facts.Open["host"] || !strings.Contains(task.Facts.Secrets["server"], `"publicHost":"`+p.only().ID+`-pub.`) {
		t.Errorf("facts %v, server %s", task.Facts.Open, task.Facts.Secrets["server"])
	}
	p.update(task, `{}`)
	p.done(task)
	if task.Facts.Open["tls_host"] != "" || strings.Contains(task.Facts.Secrets["server"], "publicHost") {
		t.Errorf("facts %v, server %s", task.Facts.Open, task.Facts.Secrets["server"])
	}
	if got := p.only().Whitelist["osb"]; slices.Contains(got, "198.51.100.7") {
		t.Errorf("whitelist %q", got)
	}
}
