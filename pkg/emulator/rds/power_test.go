package rds_test

import (
	"testing"
	"time"

	"github.com/aliyun/alibaba-cloud-sdk-go/sdk/requests"
	sdk "github.com/aliyun/alibaba-cloud-sdk-go/services/rds"

	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/emulator/rds"
)

// cloudDisk asks for a small instance of MySQL on cloud disks.
func cloudDisk(r *sdk.CreateDBInstanceRequest) {
	r.EngineVersion, r.DBInstanceClass, r.DBInstanceStorageType, r.Category = "8.0", "mysql.n2.small.2c", "cloud_essd", "HighAvailability"
}

// onServerless asks for a serverless instance that pauses when it is idle.
func onServerless(r *sdk.CreateDBInstanceRequest) {
	r.EngineVersion, r.DBInstanceClass, r.Category, r.PayType, r.ZoneIdSlave1 = "8.0", "mysql.n2.serverless.1c", "serverless_basic", "Serverless", ""
	r.QueryParams["ServerlessConfig"] = `{"MinCapacity":0.5,"MaxCapacity":8,"AutoPause":true}`
}

func TestStopDBInstance_CloudDisk_StopsAndStarts(t *testing.T) {
	f := newFixture(t)
	id := f.instance(cloudDisk)
	f.done("StopDBInstance", "DBInstanceId", id)
	f.wantStatus(id, "Stopping")
	f.srv.Clock().Advance(2 * time.Minute)
	f.wantStatus(id, "Stopped")
	f.wantCode(f.delete(id), 403, "OperationDenied.DBInstanceStatus")
	f.wantCode(f.createAccount(id, "alice"), 403, "OperationDenied.DBInstanceStatus")
	f.refused(400, "InvalidStatus.Format", "StopDBInstance", "DBInstanceId", id)
	f.done("StartDBInstance", "DBInstanceId", id)
	f.wantStatus(id, "Starting")
	f.refused(400, "InvalidStatus.Format", "StartDBInstance", "DBInstanceId", id)
	f.srv.Clock().Advance(2 * time.Minute)
	f.wantStatus(id, "Running")
	f.ok(f.delete(id))
}

func TestStopDBInstance_UnfitInstance_Refused(t *testing.T) {
	f := newFixture(t)
	for name, tc := range map[string]struct {
		change func(*sdk.CreateDBInstanceRequest)
		status int
		code   string
	}{
		"shared class": {func(*sdk.CreateDBInstanceRequest) {}, 400, "InvalidShareInstance.NotSupport"},
		"dedicated": {func(r *sdk.CreateDBInstanceRequest) {
			cloudDisk(r)
			r.DBInstanceClass = "mysql.x4.medium.2c"
		}, 403, "IncorrectDBInstanceType"},
		"premium ESSD": {func(r *sdk.CreateDBInstanceRequest) {
			cloudDisk(r)
			r.DBInstanceStorageType = "general_essd"
		}, 403, "IncorrectDBInstanceType"},
		"subscription": {func(r *sdk.CreateDBInstanceRequest) {
			cloudDisk(r)
			r.PayType, r.Period, r.UsedTime = "Prepaid", "Month", "1"
		}, 400, "OperationDenied.PayType"},
		"serverless": {onServerless, 400, "OperationDenied.PayType"},
		"PostgreSQL": {func(r *sdk.CreateDBInstanceRequest) {
			r.Engine, r.EngineVersion, r.DBInstanceClass = "PostgreSQL", "16.0", "pg.n2.2c.2m"
		}, 400, "EngineNotSupported"},
	} {
		id := f.instance(tc.change)
		t.Run(name, func(t *testing.T) {
			(&fixture{T: t, srv: f.srv, Client: f.Client}).refused(tc.status, tc.code, "StopDBInstance", "DBInstanceId", id)
		})
	}
}

func TestServerless_Idle_PausesUntilStarted(t *testing.T) {
	f := newFixture(t)
	id := f.instance(onServerless)
	a := f.attribute(id)
	if a.PayType != "SERVERLESS" || a.Category != "serverless_basic" || a.ServerlessConfig.ScaleMin != "0.5" || a.ServerlessConfig.ScaleMax != "8" || !a.ServerlessConfig.AutoPause {
		t.Errorf("%s %s %+v", a.PayType, a.Category, a.ServerlessConfig)
	}
	f.srv.Clock().Advance(time.Hour)
	f.wantStatus(id, "Running")
	f.behave(func(b *rds.Behaviour) { b.IdlePause = 10 * time.Minute })
	f.wantStatus(id, "Stopped")
	f.done("StartDBInstance", "DBInstanceId", id)
	f.srv.Clock().Advance(11 * time.Minute)
	f.wantStatus(id, "Running")
	f.srv.Clock().Advance(time.Minute)
	f.wantStatus(id, "Stopped")
}

func TestServerless_BadRequest_Refused(t *testing.T) {
	f := newFixture(t)
	for name, tc := range map[string]struct {
		change func(*sdk.CreateDBInstanceRequest)
		status int
		code   string
	}{
		"no category": {func(r *sdk.CreateDBInstanceRequest) { r.Category = "" }, 400, "MissingCategory"},
		"other pay":   {func(r *sdk.CreateDBInstanceRequest) { r.PayType = "Postpaid" }, 403, "InvalidSaleComponentFault"},
		"other class": {func(r *sdk.CreateDBInstanceRequest) {
			r.DBInstanceClass, r.Category = "mysql.n2.medium.1", "Basic"
		}, 403, "InvalidSaleComponentFault"},
		"no bounds": {func(r *sdk.CreateDBInstanceRequest) { delete(r.QueryParams, "ServerlessConfig") }, 400, "InvalidParameter"},
		"no JSON":   {func(r *sdk.CreateDBInstanceRequest) { r.QueryParams["ServerlessConfig"] = "8" }, 400, "InvalidParameter"},
		"too many": {func(r *sdk.CreateDBInstanceRequest) {
			r.QueryParams["ServerlessConfig"] = `{"MinCapacity":1,"MaxCapacity":33}`
		}, 400, "InvalidParameter"},
		"half a max": {func(r *sdk.CreateDBInstanceRequest) {
			r.QueryParams["ServerlessConfig"] = `{"MinCapacity":1,"MaxCapacity":1.5}`
		}, 400, "InvalidParameter"},
		"min of max": {func(r *sdk.CreateDBInstanceRequest) {
			r.QueryParams["ServerlessConfig"] = `{"MinCapacity":4,"MaxCapacity":2}`
		}, 400, "InvalidParameter"},
		"other disk": {func(r *sdk.CreateDBInstanceRequest) { r.DBInstanceStorageType = "cloud_essd3" }, 400, "InvalidInstanceLevel.DiskType"},
	} {
		t.Run(name, func(t *testing.T) {
			r := createRequest()
			onServerless(r)
			tc.change(r)
			_, err := f.CreateDBInstance(r)
			(&fixture{T: t}).wantCode(err, tc.status, tc.code)
		})
	}
}

func TestLocks_FullDisk_FreedByStorage(t *testing.T) {
	f := newFixture(t)
	id := f.instance(cloudDisk)
	f.behave(func(b *rds.Behaviour) { b.DiskUsed = map[string]int64{id: 20 << 30} })
	if a := f.attribute(id); a.LockMode != "LockByDiskQuota" || a.DBInstanceStatus != "Running" || a.DBInstanceDiskUsed != "21474836480" {
		t.Errorf("%s, %s, %s bytes", a.LockMode, a.DBInstanceStatus, a.DBInstanceDiskUsed)
	}
	f.wantCode(f.createAccount(id, "alice"), 400, "IncorrectDBInstanceLockMode.ValueNotSupported")
	must(f.ModifyDBInstanceSpec(spec(id, func(r *sdk.ModifyDBInstanceSpecRequest) { r.DBInstanceClass, r.DBInstanceStorage = "", "25" })))(f)
	f.srv.Clock().Advance(8 * time.Minute)
	if a := f.attribute(id); a.LockMode != "Unlock" {
		t.Errorf("with more storage it is %s", a.LockMode)
	}
	f.ok(f.createAccount(id, "alice"))
	f.behave(func(b *rds.Behaviour) { b.Locks = map[string]string{"*": "LockByExpiration"} })
	if a := f.attribute(id); a.LockMode != "LockByExpiration" || a.LockReason != "instance_expired" {
		t.Errorf("by the switch it is %s, %s", a.LockMode, a.LockReason)
	}
	f.wantCode(f.delete(id), 400, "IncorrectDBInstanceLockMode.ValueNotSupported")
	if expired, _ := f.list(func(r *sdk.DescribeDBInstancesRequest) { r.Expired = "True" }); len(expired) != 1 {
		t.Errorf("expired are %v", expired)
	}
	f.behave(func(b *rds.Behaviour) { b.Locks, b.DiskUsed = nil, map[string]int64{"*": 1 << 50} })
	f.ok(f.delete(id))
}

func TestSoldOut_ByZoneAndClass_RefusedAndHidden(t *testing.T) {
	f := newFixture(t)
	order := func(dry string) error {
		r := createRequest()
		cloudDisk(r)
		r.DryRun = requests.Boolean(dry)
		_, err := f.CreateDBInstance(r)
		return err
	}
	for name, tc := range map[string]struct {
		shortage rds.Shortage
		code     string
		shown    bool
	}{
		"class":            {rds.Shortage{Class: "mysql.n2.small.2c"}, "OperationDenied.OutofUsage", false},
		"class, shown":     {rds.Shortage{Class: "mysql.n2.small.2c", Shown: true}, "OperationDenied.OutofUsage", true},
		"zone":             {rds.Shortage{Zone: zone}, "OperationDenied.OutofUsage", false},
		"class of a zone":  {rds.Shortage{Zone: zone, Class: "mysql.n2.small.2c"}, "OperationDenied.OutofUsage", false},
		"other zone":       {rds.Shortage{Zone: otherZone}, "", true},
		"other class":      {rds.Shortage{Class: "mysql.n2.medium.2c"}, "", true},
		"category":         {rds.Shortage{Category: "HighAvailability"}, "OperationDenied.OutofUsage", false},
		"other category":   {rds.Shortage{Category: "Basic"}, "", true},
		"storage type":     {rds.Shortage{StorageType: "cloud_essd"}, "OperationDenied.OutofUsage", false},
		"other storage":    {rds.Shortage{StorageType: "cloud_essd2"}, "", true},
		"all of the cloud": {rds.Shortage{}, "OperationDenied.OutofUsage", false},
	} {
		f.behave(func(b *rds.Behaviour) { b.SoldOut = rds.Shortages{tc.shortage} })
		for _, dry := range []string{"true", "false"} {
			if err := order(dry); tc.code != "" {
				f.wantCode(err, 403, tc.code)
			} else if err != nil {
				t.Errorf("%s: %v", name, err)
			}
		}
		if shown := f.shows(zone, "8.0", "HighAvailability", "cloud_essd", "mysql.n2.small.2c"); shown != tc.shown {
			t.Errorf("%s: shown as on sale: %t", name, shown)
		}
	}
}

// shows reports whether DescribeAvailableZones and DescribeAvailableClasses have a class of
// MySQL.
func (f *fixture) shows(zone, version, category, storage, class string) bool {
	f.Helper()
	r := sdk.CreateDescribeAvailableClassesRequest()
	r.Engine, r.EngineVersion, r.ZoneId, r.InstanceChargeType, r.Category, r.DBInstanceStorageType = "MySQL", version, zone, "Postpaid", category, storage
	response, err := f.DescribeAvailableClasses(r)
	if err != nil {
		f.wantCode(err, 404, "InvalidCondition.NotFound")
		return false
	}
	for _, c := range response.DBInstanceClasses {
		if c.DBInstanceClass == class {
			return true
		}
	}
	return false
}

func TestWithdrawn_ClassOfAnInstance_GrowsAlone(t *testing.T) {
	f := newFixture(t)
	id := f.instance(cloudDisk)
	f.behave(func(b *rds.Behaviour) { b.Withdrawn = rds.Words{"mysql.n2.small.2c"} })
	if f.shows(zone, "8.0", "HighAvailability", "cloud_essd", "mysql.n2.small.2c") {
		t.Error("the class is shown as on sale")
	}
	r := createRequest()
	cloudDisk(r)
	_, err := f.CreateDBInstance(r)
	f.wantCode(err, 404, "InvalidDBInstanceClass.NotFound")
	_, err = f.ModifyDBInstanceSpec(spec(id, func(r *sdk.ModifyDBInstanceSpecRequest) {
		r.DBInstanceClass, r.DBInstanceStorage = "mysql.n2.small.2c", "25"
	}))
	f.wantCode(err, 404, "InvalidDBInstanceClass.NotFound")
	must(f.ModifyDBInstanceSpec(spec(id, func(r *sdk.ModifyDBInstanceSpecRequest) { r.DBInstanceClass, r.DBInstanceStorage = "", "25" })))(f)
	f.srv.Clock().Advance(8 * time.Minute)
	if a := f.attribute(id); a.DBInstanceStorage != 25 || a.DBInstanceClass != "mysql.n2.small.2c" {
		t.Errorf("%s with %d GB", a.DBInstanceClass, a.DBInstanceStorage)
	}
}

func TestZones_Gaps_AreNotSold(t *testing.T) {
	f := newFixture(t)
	for _, tc := range []struct {
		zone, version, category, storage, class string
		sold                                    bool
	}{
		{"cn-hangzhou-h", "5.6", "HighAvailability", "local_ssd", "rds.mysql.t1.small", true},
		{"cn-hangzhou-i", "5.6", "HighAvailability", "local_ssd", "rds.mysql.t1.small", true},
		{"cn-hangzhou-j", "5.6", "HighAvailability", "local_ssd", "rds.mysql.t1.small", false},
		{"cn-hangzhou-j", "8.0", "HighAvailability", "local_ssd", "rds.mysql.s2.large", false},
		{"cn-hangzhou-h", "8.0", "HighAvailability", "cloud_essd", "mysql.n2m.small.2c", true},
		{"cn-hangzhou-i", "8.0", "HighAvailability", "cloud_essd", "mysql.n2m.small.2c", false},
		{"cn-hangzhou-i", "8.0", "HighAvailability", "cloud_ssd", "mysql.n2.small.2c", true},
		{"cn-hangzhou-j", "8.0", "HighAvailability", "cloud_ssd", "mysql.n2.small.2c", false},
		{"cn-hangzhou-j", "8.4", "Basic", "general_essd", "mysql.n2e.small.1", true},
	} {
		if shown := f.shows(tc.zone, tc.version, tc.category, tc.storage, tc.class); shown != tc.sold {
			t.Errorf("%+v: shown as on sale: %t", tc, shown)
		}
		r := createRequest()
		r.ZoneId, r.VSwitchId, r.ZoneIdSlave1 = tc.zone, "vsw-cnhangzhou0"+tc.zone[len(tc.zone)-1:], tc.zone
		r.EngineVersion, r.DBInstanceClass, r.DBInstanceStorageType, r.Category = tc.version, tc.class, tc.storage, tc.category
		if tc.category == "Basic" {
			r.ZoneIdSlave1 = ""
		}
		if _, err := f.CreateDBInstance(r); !tc.sold {
			f.wantCode(err, 403, "OperationDenied.OutofUsage")
		} else if err != nil {
			t.Errorf("%+v: %v", tc, err)
		}
	}
}
