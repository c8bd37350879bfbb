package rds_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

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
	}
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
			task := p.instance(1, given(tc.created))
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
			p.update(task, "")
			p.done(task)
			want("removed", tc.wantRemoved)
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
			task := p.instance(1, ``)
			p.done(task)
			p.update(task, `{"`+tc.name+`":`+tc.created+`}`)
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
		case "DescribeVSwitches", "DescribeVpcs", "DescribeVpcAttribute", "CreateDBInstance", "DescribeDBInstances", "DescribeDBInstanceAttribute", "ModifySecurityIps", "CreateDatabase", "DescribeDatabases":
		default:
			t.Errorf("%s was called", call.Action)
		}
	}
}

// The suite crashes at every step and call, with every option set, changed and removed.
func TestConformance_EveryOption_PassesTheSuite(t *testing.T) {
	created, changed := map[string]json.RawMessage{}, map[string]json.RawMessage{}
	for i, tc := range optionCases() {
		created[tc.name] = json.RawMessage(tc.created)
		if i%3 != 1 { // a third is removed
			changed[tc.name] = json.RawMessage(tc.changed)
		}
	}
	spec := func(parameters map[string]json.RawMessage) providertest.Spec {
		raw, err := json.Marshal(parameters)
		if err != nil {
			t.Fatal(err)
		}
		return providertest.Spec{Settings: json.RawMessage(small), Parameters: raw, Deletion: providers.DeleteData}
	}
	update := spec(changed)
	providertest.Run(t, func(t *testing.T) providertest.Harness {
		t.Helper()
		h := harness(t, newCloud(t))
		h.Instance, h.Update, h.Resource = spec(created), &update, rds.Descriptor().Resource
		return h
	})
}
