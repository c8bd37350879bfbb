package rds_test

import (
	"strings"
	"testing"

	sdk "github.com/aliyun/alibaba-cloud-sdk-go/services/rds"
	sdkvpc "github.com/aliyun/alibaba-cloud-sdk-go/services/vpc"

	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/emulator/rds"
)

const (
	otherZone    = "cn-hangzhou-i"
	otherVSwitch = "vsw-cnhangzhou0i"
)

func TestCreateDBInstance_TwoZones_Placed(t *testing.T) {
	f := newFixture(t)
	for name, tc := range map[string]struct {
		slave, vswitches string
		zones            string // of the standby
		status           int    // of a refusal
		code             string
	}{
		"same zone":                {zone, vswitch, zone, 0, ""},
		"same zone, two ids":       {zone, vswitch + "," + vswitch, zone, 0, ""},
		"auto":                     {"Auto", vswitch, otherZone, 0, ""},
		"auto, id and Auto":        {"Auto", vswitch + ",Auto", otherZone, 0, ""},
		"auto, two ids":            {"Auto", vswitch + "," + otherVSwitch, otherZone, 0, ""},
		"other zone":               {otherZone, vswitch + "," + otherVSwitch, otherZone, 0, ""},
		"other zone, id and Auto":  {otherZone, vswitch + ",Auto", otherZone, 0, ""},
		"other zone, one id":       {otherZone, vswitch, "", 403, "InvalidVswitchId"},
		"other zone, wrong order":  {otherZone, otherVSwitch + "," + vswitch, "", 400, "InvalidZone.NotSupported"},
		"other zone, wrong second": {otherZone, vswitch + "," + vswitch, "", 400, "InvalidZone.NotSupported"},
		"unknown second":           {otherZone, vswitch + ",vsw-x", "", 403, "InvalidVswitchId"},
		"no zone":                  {"", vswitch, "", 400, "MissingZoneIdSlave1"},
		"unknown zone":             {"cn-shanghai-h", vswitch, "", 400, "InvalidZone.NotSupported"},
		"three ids":                {zone, vswitch + ",Auto,Auto", "", 400, "InvalidVSwitchId.Format"},
	} {
		t.Run(name, func(t *testing.T) {
			f := &fixture{T: t, srv: f.srv, Client: f.Client}
			r := createRequest()
			r.ZoneIdSlave1, r.VSwitchId = tc.slave, tc.vswitches
			created, err := f.CreateDBInstance(r)
			if tc.code != "" {
				f.wantCode(err, tc.status, tc.code)
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			a := f.attribute(created.DBInstanceId)
			if slaves := a.SlaveZones.SlaveZone; len(slaves) != 1 || slaves[0].ZoneId != tc.zones || a.ZoneId != zone || a.VSwitchId != vswitch {
				t.Errorf("the primary is in %s (%s), the standby in %+v", a.ZoneId, a.VSwitchId, slaves)
			}
			f.list(func(r *sdk.DescribeDBInstancesRequest) { r.DBInstanceId = created.DBInstanceId })
		})
	}
}

func TestCreateDBInstance_Basic_HasNoStandby(t *testing.T) {
	f := newFixture(t)
	basic := func(r *sdk.CreateDBInstanceRequest) {
		r.EngineVersion, r.DBInstanceClass, r.ZoneIdSlave1 = "8.0", "mysql.n2e.small.1", ""
	}
	if a := f.attribute(f.instance(basic)); len(a.SlaveZones.SlaveZone) != 0 {
		t.Errorf("standbys in %+v", a.SlaveZones)
	}
	r := createRequest()
	basic(r)
	r.ZoneIdSlave1 = zone
	_, err := f.CreateDBInstance(r)
	f.wantCode(err, 403, "InvalidSaleComponentFault")
}

func TestCreateDBInstance_Cluster_ListsNodes(t *testing.T) {
	f := newFixture(t)
	id := f.instance(func(r *sdk.CreateDBInstanceRequest) {
		r.EngineVersion, r.DBInstanceClass, r.Category = "8.0", "mysql.n2.medium.xc", "cluster"
		r.ZoneIdSlave1, r.ZoneIdSlave2, r.VSwitchId = zone, otherZone, vswitch+","+vswitch+","+otherVSwitch
	})
	var nodes []string
	for _, n := range f.attribute(id).DBClusterNodes.DBClusterNode {
		nodes = append(nodes, n.NodeRole+" "+n.NodeZoneId)
	}
	config := must(f.call("DescribeDBInstanceHAConfig", "DBInstanceId", id))(f)
	f.wantAnswer(config, "HostInstanceInfos.NodeInfo.1.ZoneId", zone, "HostInstanceInfos.NodeInfo.2.ZoneId", otherZone)
	if got := strings.Join(nodes, ", "); got != "primary "+zone+", secondary "+zone+", secondary "+otherZone {
		t.Errorf("nodes: %s", got)
	}
}

func TestCreateDBInstance_PrivateAddress_IsItsOwn(t *testing.T) {
	f := newFixture(t)
	chosen := func(r *sdk.CreateDBInstanceRequest) { r.PrivateIpAddress = "192.168.0.77" }
	r := sdk.CreateDescribeDBInstanceNetInfoRequest()
	r.DBInstanceId = f.instance(chosen)
	if net := must(f.DescribeDBInstanceNetInfo(r))(f).DBInstanceNetInfos.DBInstanceNetInfo[0]; net.IPAddress != "192.168.0.77" {
		t.Errorf("the address is %s", net.IPAddress)
	}
	again := createRequest()
	chosen(again)
	_, err := f.CreateDBInstance(again)
	f.wantCode(err, 400, "InvalidPrivateIpAddress.AlreadyUsed")
}

func TestBehaviour_StandbyOptional_SameZone(t *testing.T) {
	f := newFixture(t)
	f.behave(func(b *rds.Behaviour) { b.StandbyOptional = true })
	if a := f.attribute(f.instance(func(r *sdk.CreateDBInstanceRequest) { r.ZoneIdSlave1 = "" })); len(a.SlaveZones.SlaveZone) != 1 || a.SlaveZones.SlaveZone[0].ZoneId != zone {
		t.Errorf("standbys in %+v", a.SlaveZones)
	}
}

func TestVSwitch_OfStandby_CannotBeDeleted(t *testing.T) {
	f := newFixture(t)
	f.instance(func(r *sdk.CreateDBInstanceRequest) {
		r.ZoneIdSlave1, r.VSwitchId = otherZone, vswitch+","+otherVSwitch
	})
	c, err := sdkvpc.NewClientWithAccessKey(region, f.srv.AccessKey().ID, f.srv.AccessKey().Secret)
	if err != nil {
		t.Fatal(err)
	}
	c.Domain = f.srv.Addr()
	r := sdkvpc.CreateDeleteVSwitchRequest()
	r.VSwitchId = otherVSwitch
	if _, err := c.DeleteVSwitch(r); err == nil {
		t.Error("the VSwitch of a standby was deleted")
	}
}
