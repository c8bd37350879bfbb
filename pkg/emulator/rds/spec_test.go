package rds_test

import (
	"testing"
	"time"

	"github.com/aliyun/alibaba-cloud-sdk-go/sdk/requests"
	sdk "github.com/aliyun/alibaba-cloud-sdk-go/services/rds"

	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/emulator/emulatortest"
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/emulator/rds"
)

// changed orders a change of a pay-as-you-go instance and waits for its end.
func (f *fixture) changed(id string, pairs ...string) sdk.DBInstanceAttribute {
	f.Helper()
	f.done("ModifyDBInstanceSpec", append([]string{"DBInstanceId", id, "PayType", "Postpaid"}, pairs...)...)
	f.srv.Clock().Advance(8 * time.Minute)
	return f.attribute(id)
}

func onBasic(r *sdk.CreateDBInstanceRequest) {
	r.EngineVersion, r.DBInstanceClass, r.DBInstanceStorageType, r.ZoneIdSlave1 = "8.0", "mysql.n2.medium.1", "cloud_essd", ""
}

func TestSpec_BasicToHighAvailability_NeedsAZone(t *testing.T) {
	f := newFixture(t)
	id := f.instance(onBasic)
	change := []string{"ModifyDBInstanceSpec", "DBInstanceId", id, "PayType", "Postpaid", "DBInstanceClass", "mysql.n2.medium.2c", "Category", "HighAvailability"}
	refused := func(status int, code string, pairs ...string) {
		t.Helper()
		f.refused(status, code, change[0], append(change[1:len(change):len(change)], pairs...)...)
	}
	refused(400, "MissingZoneIdSlave1")
	refused(403, "InvalidVswitchId", "ZoneIdSlave1", otherZone)
	refused(400, "InvalidZone.NotSupported", "ZoneIdSlave1", "cn-hangzhou-x")
	refused(400, "InvalidVSwitchId.Format", "ZoneIdSlave1", otherZone, "VSwitchId", otherVSwitch+","+vswitch)
	a := f.changed(id, "DBInstanceClass", "mysql.n2.medium.2c", "Category", "HighAvailability", "ZoneIdSlave1", otherZone, "VSwitchId", vswitch+","+otherVSwitch)
	if a.Category != "HighAvailability" || len(a.SlaveZones.SlaveZone) != 1 || a.SlaveZones.SlaveZone[0].ZoneId != otherZone {
		t.Errorf("%s with standbys in %+v", a.Category, a.SlaveZones.SlaveZone)
	}
	f.refused(403, "InvalidSaleComponentFault", "ModifyDBInstanceSpec", "DBInstanceId", id, "PayType", "Postpaid", "DBInstanceClass", "mysql.n2.medium.1")
	if a := f.attribute(f.instance(onBasic)); a.Category != "Basic" {
		t.Errorf("another one is %s", a.Category)
	}
}

func TestSpec_StorageType_OnlyForwards(t *testing.T) {
	f := newFixture(t)
	id := f.instance(func(r *sdk.CreateDBInstanceRequest) {
		onBasic(r)
		r.DBInstanceStorageType, r.DBInstanceStorage = "cloud_ssd", requests.NewInteger(500)
	})
	for _, kind := range []string{"cloud_essd2", "cloud_essd", "general_essd"} {
		if a := f.changed(id, "DBInstanceStorageType", kind); a.DBInstanceStorageType != kind {
			t.Errorf("the disk is %s, want %s", a.DBInstanceStorageType, kind)
		}
	}
	f.refused(400, "InvalidInstanceLevel.DiskType", "ModifyDBInstanceSpec", "DBInstanceId", id, "PayType", "Postpaid", "DBInstanceStorageType", "cloud_essd")
	f.refused(400, "InvalidInstanceLevel.DiskType", "ModifyDBInstanceSpec", "DBInstanceId", id, "PayType", "Postpaid", "DBInstanceStorageType", "local_ssd")
}

func TestSpec_PostgreSQL_ShrinksToItsData(t *testing.T) {
	f := newFixture(t)
	made := func(kind string) string {
		return f.instance(func(r *sdk.CreateDBInstanceRequest) {
			r.Engine, r.EngineVersion, r.DBInstanceClass, r.DBInstanceStorageType, r.DBInstanceStorage = "PostgreSQL", "16.0", "pg.n2.2c.2m", kind, requests.NewInteger(60)
		})
	}
	id := made("cloud_essd")
	f.behave(func(b *rds.Behaviour) { b.DiskUsed = map[string]int64{id: 25 << 30} })
	f.refused(403, "InvalidReduceDiskSize", "ModifyDBInstanceSpec", "DBInstanceId", id, "PayType", "Postpaid", "DBInstanceStorage", "25")
	if a := f.changed(id, "DBInstanceStorage", "30"); a.DBInstanceStorage != 30 {
		t.Errorf("%d GB, want 30", a.DBInstanceStorage)
	}
	f.refused(400, "NotSupportReduceDiskSize", "ModifyDBInstanceSpec", "DBInstanceId", made("general_essd"), "PayType", "Postpaid", "DBInstanceStorage", "30")
}

func TestSpec_Serverless_ScalesItsBounds(t *testing.T) {
	f := newFixture(t)
	id := f.instance(onServerless)
	change := []string{"DBInstanceId", id, "PayType", "Serverless", "Direction", "Serverless", "ServerlessConfiguration"}
	f.refused(400, "InvalidParameter", "ModifyDBInstanceSpec", append(change, `{"MinCapacity":9}`)...)
	f.done("ModifyDBInstanceSpec", append(change, `{"MinCapacity":"2","MaxCapacity":"16","AutoPause":"false"}`)...)
	f.wantStatus(id, "DBInstanceClassChanging")
	f.srv.Clock().Advance(8 * time.Minute)
	if c := f.attribute(id).ServerlessConfig; c.ScaleMin != "2" || c.ScaleMax != "16" || c.AutoPause {
		t.Errorf("the bounds are %+v", c)
	}
	f.refused(403, "InvalidSaleComponentFault", "ModifyDBInstanceSpec", "DBInstanceId", f.instance(), "PayType", "Postpaid", "Direction", "Serverless", "ServerlessConfiguration", `{"MinCapacity":1,"MaxCapacity":2}`)
	f.refused(400, "OperationDenied.PayType", "ModifyDBInstanceSpec", "DBInstanceId", id, "PayType", "Postpaid", "DBInstanceStorage", "25")
}

func TestSpec_ChangeLag_RunningAtFirst(t *testing.T) {
	f := newFixture(t)
	id := f.instance(onBasic)
	f.behave(func(b *rds.Behaviour) { b.ChangeLag = time.Minute })
	order := []string{"DBInstanceId", id, "PayType", "Postpaid", "DBInstanceStorage", "25"}
	f.done("ModifyDBInstanceSpec", order...)
	f.wantStatus(id, "Running")
	f.refused(400, "InvalidOrderTask.NotSupport", "ModifyDBInstanceSpec", order...)
	f.srv.Clock().Advance(time.Minute)
	f.wantStatus(id, "DBInstanceClassChanging")
	if a := f.finished(id); a.DBInstanceStorage != 25 || a.DBInstanceStatus != "Running" {
		t.Errorf("%d GB, %s", a.DBInstanceStorage, a.DBInstanceStatus)
	}
}

// finished waits for the end of a change.
func (f *fixture) finished(id string) sdk.DBInstanceAttribute {
	f.srv.Clock().Advance(8 * time.Minute)
	return f.attribute(id)
}

func TestEngineVersion_MySQL_UpgradesByOne(t *testing.T) {
	f := newFixture(t)
	id := f.instance() // 5.6
	refused := func(id, version string, status int, code string) {
		t.Helper()
		f.refused(status, code, "UpgradeDBInstanceEngineVersion", "DBInstanceId", id, "EngineVersion", version)
	}
	refused(id, "8.4", 400, "InvalidEngineVersion.Malformed")
	refused(id, "8.0", 400, "IncorrectEngineVersion")
	refused(id, "5.6", 400, "IncorrectEngineVersion")
	f.done("UpgradeDBInstanceEngineVersion", "DBInstanceId", id, "EngineVersion", "5.7")
	f.wantStatus(id, "EngineVersionUpgrading")
	f.wantCode(f.createAccount(id, "alice"), 403, "OperationDenied.DBInstanceStatus")
	if a := f.attribute(id); a.EngineVersion != "5.6" {
		t.Errorf("meanwhile it has %s", a.EngineVersion)
	}
	if a := f.finished(id); a.EngineVersion != "5.7" || a.DBInstanceStatus != "Running" || a.DBInstanceClass != "rds.mysql.t1.small" {
		t.Errorf("it is %s, %s, %s", a.EngineVersion, a.DBInstanceStatus, a.DBInstanceClass)
	}
	f.done("UpgradeDBInstanceEngineVersion", "DBInstanceId", id, "EngineVersion", "8.0", "EffectiveTime", "MaintainTime") // 18:00Z
	f.wantStatus(id, "Running")
	f.srv.Clock().Advance(15 * time.Hour)
	if a := f.finished(id); a.EngineVersion != "8.0" {
		t.Errorf("after the window it has %s", a.EngineVersion)
	}
	refused(id, "5.7", 400, "IncorrectEngineVersion")
	refused(f.instance(onServerless), "8.0", 403, "IncorrectDBInstanceType")
	refused(f.instance(postgres), "17.0", 403, "IncorrectDBInstanceType")
}

// Orders and serverless instances outlive a restart of the emulator.
func TestSnapshot_OrdersInProgress_AreRestored(t *testing.T) {
	f := newFixture(t)
	basic, old, idle := f.instance(onBasic), f.instance(), f.instance(onServerless)
	f.done("UpgradeDBInstanceEngineVersion", "DBInstanceId", old, "EngineVersion", "5.7", "EffectiveTime", "MaintainTime")
	f.done("ModifyDBInstanceSpec", "DBInstanceId", basic, "PayType", "Postpaid", "DBInstanceClass", "mysql.n2.medium.2c", "ZoneIdSlave1", otherZone, "VSwitchId", vswitch+",Auto")
	f.done("ModifyDBInstanceSpec", "DBInstanceId", idle, "PayType", "Serverless", "Direction", "Serverless", "ServerlessConfiguration.MinCapacity", "1", "ServerlessConfiguration.MaxCapacity", "4")
	snapshot, err := f.srv.RDS().Snapshot()
	f.ok(err)
	again := &fixture{T: t, srv: emulatortest.New(t, emulatortest.WithClock(f.srv.Clock()), emulatortest.WithProfile(rds.Realistic()))}
	again.Client = client(t, again.srv)
	f.ok(again.srv.RDS().Restore(snapshot))
	again.wantStatus(old, "Running")
	f.srv.Clock().Advance(24 * time.Hour)
	if a := again.attribute(old); a.EngineVersion != "5.7" {
		t.Errorf("the version is %s", a.EngineVersion)
	}
	if a := again.attribute(basic); a.Category != "HighAvailability" || a.SlaveZones.SlaveZone[0].ZoneId != otherZone {
		t.Errorf("%s in %+v", a.Category, a.SlaveZones.SlaveZone)
	}
	if c := again.attribute(idle).ServerlessConfig; c.ScaleMax != "4" {
		t.Errorf("the bounds are %+v", c)
	}
	again.behave(func(b *rds.Behaviour) { b.IdlePause = time.Minute })
	again.wantStatus(idle, "Stopped")
}
