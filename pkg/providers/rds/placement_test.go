package rds_test

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/emulator/cloud"
	emulatedrds "github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/emulator/rds"
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/providers"
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/providers/descriptor"
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/providers/providertest"
)

// sold is a plan of today, with another class in the place of its own.
const sold = `{"engine":"MySQL","engineVersion":"8.0","class":"mysql.n2.medium.1","classes":["mysql.n2.large.1"],"storage":20,"storageType":"cloud_essd","database":"app","charset":"utf8mb4","selfDefine":true}`

// a market is a fixture with VSwitches in the zones h and i.
func newMarket(t *testing.T, shortages ...emulatedrds.Shortage) *fixture {
	t.Helper()
	p := newFixture(t, descriptor.Network{VpcID: "vpc-a", ZoneID: "cn-hangzhou-h"}, networks())
	p.server.RDS().Behave(func(b *emulatedrds.Behaviour) { b.SoldOut = shortages })
	return p
}

func (p *fixture) sold(n byte, parameters string) *providers.Task {
	p.t.Helper()
	task := &providers.Task{
		Kind: providers.Instance, Goal: providers.Present, InstanceID: "i", Life: life(n), Region: "cn-hangzhou",
		Settings: json.RawMessage(sold), Parameters: json.RawMessage(parameters), Deletion: providers.DeleteData,
	}
	providertest.Prepare(p.t, p.Provider, task)
	return task
}

func TestPlacement_Shortages_AreAvoided(t *testing.T) {
	t.Parallel()
	const h, i, own, medium = "cn-hangzhou-h", "cn-hangzhou-i", "mysql.n2.medium.1", "mysql.n2.large.1"
	type shortage = emulatedrds.Shortage
	for name, tc := range map[string]struct {
		shortages   []shortage
		zone, class string
		orders      int
	}{
		"None":                    {nil, h, own, 1},
		"OfZone":                  {[]shortage{{Zone: h}}, i, own, 1},
		"OfClassInZone":           {[]shortage{{Zone: h, Class: own}}, i, own, 1},
		"OfClass":                 {[]shortage{{Class: own}}, h, medium, 1},
		"OfClassBetweenLookAnd":   {[]shortage{{Class: own, Shown: true}}, h, medium, 3},
		"OfZoneBetweenLookAndAsk": {[]shortage{{Zone: h, Shown: true}}, i, own, 2},
		"OfAllButOneBetween":      {[]shortage{{Class: own, Shown: true}, {Zone: h, Shown: true}}, i, medium, 4},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := newMarket(t, tc.shortages...)
			task := p.sold(1, ``)
			p.done(task)
			made := p.only()
			if n := len(p.server.Calls("CreateDBInstance")); made.Zones[0] != tc.zone || made.Class != tc.class || n != tc.orders {
				t.Errorf("made in %s of %s after %d orders, want %s of %s after %d", made.Zones[0], made.Class, n, tc.zone, tc.class, tc.orders)
			}
			task.Goal = providers.Absent
			p.done(task)
		})
	}
}

// A failed order names alternatives, and an order for one of them succeeds.
func TestPlacement_SoldOut_NamedAlternativeIsMade(t *testing.T) {
	t.Parallel()
	for _, shown := range []bool{false, true} {
		p := newMarket(t, emulatedrds.Shortage{Class: "mysql.n2.medium.1", Shown: shown}, emulatedrds.Shortage{Class: "mysql.n2.large.1", Shown: shown})
		step := p.fails(p.sold(1, ``), providers.SoldOut)
		const other = "mysql.n2e.medium.1"
		if !strings.Contains(step.Text, other) || len(p.server.RDS().Instances()) != 0 {
			t.Fatalf("text %q", step.Text)
		}
		p.done(p.sold(2, `{"Class":"`+other+`"}`))
		if made := p.only(); made.Class != other {
			t.Errorf("made %s", made.Class)
		}
	}
}

func TestPlacement_WishedZoneSoldOut_FailsWithAnother(t *testing.T) {
	t.Parallel()
	p := newMarket(t, emulatedrds.Shortage{Zone: "cn-hangzhou-h"})
	step := p.fails(p.sold(1, `{"ZoneId":"cn-hangzhou-h"}`), providers.SoldOut)
	if !strings.Contains(step.Text, "cn-hangzhou-i") || len(p.server.Calls("CreateDBInstance")) != 0 {
		t.Fatalf("text %q", step.Text)
	}
	p.done(p.sold(2, `{"ZoneId":"cn-hangzhou-i"}`))
}

// Without permission to look, or where the looks are refused, the broker orders.
func TestPlacement_RefusedLooks_OrderAnyway(t *testing.T) {
	t.Parallel()
	for _, code := range []string{"Forbidden.RAM", "InvalidParameter.Other"} {
		p := newMarket(t)
		for _, action := range []string{"DescribeAvailableZones", "DescribeAvailableClasses"} {
			p.server.Faults().Add(cloud.Fault{Action: action, Effect: cloud.FailBefore, Code: code, Times: 100})
		}
		p.done(p.sold(1, ``))
		p.only()
	}
}

// An order that is refused for another reason is not repeated in another zone.
func TestPlacement_InvalidOrder_FailsAtOnce(t *testing.T) {
	t.Parallel()
	p := newMarket(t)
	p.server.Faults().Add(cloud.Fault{Action: "CreateDBInstance", Effect: cloud.FailBefore, Code: "InvalidDBInstanceDescription.Malformed"})
	p.fails(p.sold(1, ``), providers.Invalid)
	if n := len(p.server.Calls("CreateDBInstance")); n != 1 {
		t.Errorf("%d orders", n)
	}
}

func TestPlacement_SeveralInstances_AskOnce(t *testing.T) {
	t.Parallel()
	p := newMarket(t)
	for n := range byte(5) {
		p.done(p.sold(n+1, ``))
	}
	for _, action := range []string{"DescribeAvailableZones", "DescribeAvailableClasses"} {
		if n := len(p.server.Calls(action)); n != 1 {
			t.Errorf("%s was called %d times for five instances", action, n)
		}
	}
}

func TestPlacement_Standby_GoesWhereItIsWished(t *testing.T) {
	t.Parallel()
	const a, b = "vsw-a-h", "vsw-a-i"
	for name, tc := range map[string]struct{ parameters, vswitches, slave, wrong string }{
		"Auto":       {`{}`, a, "Auto", ""},
		"AutoByName": {`{"StandbyZoneId":"Auto"}`, a, "Auto", ""},
		"Zone":       {`{"StandbyZoneId":"cn-hangzhou-i"}`, a + "," + b, "cn-hangzhou-i", ""},
		"VSwitch":    {`{"StandbyVSwitchID":"vsw-a-i"}`, a + "," + b, "cn-hangzhou-i", ""},
		"OtherWay":   {`{"StandbyVSwitchID":"vsw-a-h"}`, b + "," + a, "cn-hangzhou-h", ""},
		"SameZone":   {`{"ZoneId":"cn-hangzhou-h","StandbyZoneId":"cn-hangzhou-h"}`, a, "cn-hangzhou-h", ""},
		"OneVSwitch": {`{"ZoneId":"cn-hangzhou-h","StandbyVSwitchID":"vsw-a-h"}`, "", "", "StandbyVSwitchID"},
		"NoZone":     {`{"StandbyZoneId":"cn-hangzhou-z"}`, "", "", "StandbyZoneId"},
		"OtherVPC":   {`{"StandbyVSwitchID":"vsw-b-01"}`, "", "", "StandbyVSwitchID"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := newMarket(t)
			if tc.wrong != "" {
				if step := p.fails(p.sold(1, strings.Replace(tc.parameters, "{", `{"Class":"mysql.n2.small.2c",`, 1)), providers.Invalid); !strings.Contains(step.Text, tc.wrong) {
					t.Errorf("text %q", step.Text)
				}
				return
			}
			parameters := strings.Replace(tc.parameters, "{", `{"Class":"mysql.n2.small.2c",`, 1)
			p.done(p.sold(1, strings.Replace(parameters, ",}", "}", 1)))
			call := p.server.Calls("CreateDBInstance")[0]
			if got := call.Params; got["VSwitchId"] != tc.vswitches || got["ZoneIdSlave1"] != tc.slave || got["Category"] != "HighAvailability" {
				t.Errorf("ordered with %v", got)
			}
		})
	}
}
