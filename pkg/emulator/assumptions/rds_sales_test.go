package assumptions_test

import (
	"strings"
	"testing"
	"time"

	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/emulator/emulatortest"
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/emulator/kms"
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/emulator/rds"
)

// onCloudDisk returns the parameters of an instance that can be stopped, followed by the given
// ones.
func onCloudDisk(pairs ...string) []string {
	return append([]string{"EngineVersion", "8.0", "Category", "HighAvailability", "DBInstanceClass", "mysql.n2.small.2c", "DBInstanceStorageType", "cloud_essd"}, pairs...)
}

// until waits for a state, on the real cloud for minutes.
func (e *environment) until(id, state string) {
	e.Helper()
	for deadline := time.Now().Add(20 * time.Minute); e.status(id) != state; {
		if e.srv != nil || time.Now().After(deadline) {
			e.Fatalf("%s is %s, want %s", id, e.status(id), state)
		}
		select {
		case <-time.After(15 * time.Second):
		case <-e.Context().Done():
			e.Fatal(e.Context().Err())
		}
	}
}

func TestA530_StoppedInstance_RefusesWrites(t *testing.T) {
	verify(t, spend, func(e *environment) {
		local := e.instance()
		e.rds("StopDBInstance", "DBInstanceId", local).want(400, "InvalidShareInstance.NotSupport")
		id := e.instance(onCloudDisk()...)
		e.rds("StopDBInstance", "DBInstanceId", id).ok()
		e.until(id, "Stopped")
		e.rds("StopDBInstance", "DBInstanceId", id).want(400, "InvalidStatus.Format")
		e.rds("CreateAccount", "DBInstanceId", id, "AccountName", "checked", "AccountPassword", password).want(403, "OperationDenied.DBInstanceStatus")
		e.rds("DeleteDBInstance", "DBInstanceId", id).want(403, "OperationDenied.DBInstanceStatus")
		e.rds("StartDBInstance", "DBInstanceId", id).ok()
		e.running(id)
	})
}

func TestA531_LockedInstance_RefusesWrites(t *testing.T) {
	verify(t, never, func(e *environment) { // a disk takes long to fill
		id := e.instance(onCloudDisk()...)
		e.srv.RDS().Behave(func(b *rds.Behaviour) { b.DiskUsed = map[string]int64{id: 20 << 30} })
		account := []string{"DBInstanceId", id, "AccountName", "checked", "AccountPassword", password}
		e.rds("CreateAccount", account...).want(400, "IncorrectDBInstanceLockMode.ValueNotSupported")
		if got := e.attribute(id); got.LockMode != "LockByDiskQuota" || e.status(id) != "Running" {
			t.Errorf("the instance is %s and %s", got.LockMode, e.status(id))
		}
		e.rds("ModifyDBInstanceSpec", "DBInstanceId", id, "PayType", "Postpaid", "DBInstanceStorage", "25").ok()
		e.rds("CreateAccount", account...).ok()
	})
}

func TestA532_Start_PassesThroughAState(t *testing.T) {
	verify(t, never, func(e *environment) { // the state is short
		id := into[made](e.rds("CreateDBInstance", e.wanted(onCloudDisk()...)...)).DBInstanceId
		e.srv.Clock().Advance(rds.Realistic().Create)
		e.rds("StartDBInstance", "DBInstanceId", id).want(400, "InvalidStatus.Format")
		for _, state := range []string{"Starting", "Resuming"} {
			e.srv.RDS().Behave(func(b *rds.Behaviour) { b.StartingState = state })
			e.rds("StopDBInstance", "DBInstanceId", id).ok()
			e.until(id, "Stopping")
			e.srv.Clock().Advance(rds.Realistic().Restart)
			e.rds("StartDBInstance", "DBInstanceId", id).ok()
			e.until(id, state)
			e.srv.Clock().Advance(rds.Realistic().Restart)
			e.running(id)
		}
	}, emulatortest.WithConfig(slow))
}

func TestA533_Serverless_NeedsItsParts(t *testing.T) {
	verify(t, spend, func(e *environment) {
		serverless := func(pairs ...string) []string {
			return append([]string{
				"EngineVersion", "8.0", "PayType", "Serverless", "Category", "serverless_basic", "DBInstanceClass", "mysql.n2.serverless.1c", "DBInstanceStorageType", "cloud_essd",
				"ZoneIdSlave1", "", "ServerlessConfig", `{"MinCapacity":0.5,"MaxCapacity":1,"AutoPause":false,"SwitchForce":false}`,
			}, pairs...)
		}
		e.rds("CreateDBInstance", e.wanted(serverless("PayType", "Postpaid")...)...).want(403, "InvalidSaleComponentFault")
		e.rds("CreateDBInstance", e.wanted(serverless("ServerlessConfig", `{"MinCapacity":0.5,"MaxCapacity":64}`)...)...).want(400, "InvalidParameter")
		if body := e.rds("DescribeDBInstanceAttribute", "DBInstanceId", e.instance(serverless()...)).ok().body; !strings.Contains(body, `"PayType":"SERVERLESS"`) {
			t.Errorf("the instance is %s", body)
		}
	})
}

func TestA534_SoldOut_OutOfUsage(t *testing.T) {
	verify(t, never, func(e *environment) { // what is sold out changes from day to day
		e.srv.RDS().Behave(func(b *rds.Behaviour) { b.SoldOut = rds.Shortages{{Class: "mysql.n2.small.2c"}} })
		e.rds("CreateDBInstance", e.wanted(onCloudDisk()...)...).want(403, "OperationDenied.OutofUsage")
		e.rds("CreateDBInstance", e.wanted(onCloudDisk("DryRun", "true")...)...).want(403, "OperationDenied.OutofUsage")
		e.rds("CreateDBInstance", e.wanted("VSwitchId", "vsw-cnhangzhou0j", "ZoneIdSlave1", "cn-hangzhou-j")...).want(403, "OperationDenied.OutofUsage")
	})
}

func TestA535_WithdrawnClass_StaysOfItsInstances(t *testing.T) {
	verify(t, never, func(e *environment) { // classes are withdrawn once in years
		id := e.instance(onCloudDisk()...)
		e.srv.RDS().Behave(func(b *rds.Behaviour) { b.Withdrawn = rds.Words{"mysql.n2.small.2c"} })
		e.rds("CreateDBInstance", e.wanted(onCloudDisk()...)...).want(404, "InvalidDBInstanceClass.NotFound")
		change := []string{"DBInstanceId", id, "PayType", "Postpaid", "DBInstanceStorage", "25"}
		e.rds("ModifyDBInstanceSpec", append(change, "DBInstanceClass", "mysql.n2.small.2c")...).want(404, "InvalidDBInstanceClass.NotFound")
		e.rds("ModifyDBInstanceSpec", change...).ok()
		e.running(id)
	})
}

func TestA536_Order_OneAtATime(t *testing.T) {
	verify(t, never, func(e *environment) { // when the state follows is chance
		id := e.instance(onCloudDisk()...)
		e.srv.RDS().Behave(func(b *rds.Behaviour) { b.ChangeLag = time.Minute })
		change := []string{"DBInstanceId", id, "PayType", "Postpaid", "DBInstanceStorage", "25"}
		e.rds("ModifyDBInstanceSpec", change...).ok()
		e.running(id)
		e.rds("ModifyDBInstanceSpec", change...).want(400, "InvalidOrderTask.NotSupport")
	})
}

func TestA537_StorageType_ChangesOneWay(t *testing.T) {
	verify(t, spend, func(e *environment) {
		id := e.instance(onCloudDisk("DBInstanceStorageType", "cloud_ssd")...)
		change := []string{"DBInstanceId", id, "PayType", "Postpaid", "DBInstanceStorageType"}
		for _, kind := range []string{"cloud_essd", "general_essd"} {
			e.rds("ModifyDBInstanceSpec", append(change, kind)...).ok()
			e.running(id)
		}
		for _, kind := range []string{"cloud_essd", "cloud_ssd"} {
			e.rds("ModifyDBInstanceSpec", append(change, kind)...).want(400, "InvalidInstanceLevel.DiskType")
		}
	})
}

func TestA538_Standbys_NeedTheirZone(t *testing.T) {
	verify(t, spend, func(e *environment) {
		id := e.instance(onCloudDisk("Category", "Basic", "DBInstanceClass", "mysql.n2.medium.1", "ZoneIdSlave1", "")...)
		change := []string{"DBInstanceId", id, "PayType", "Postpaid", "Category", "HighAvailability", "DBInstanceClass", "mysql.n2.medium.2c"}
		e.rds("ModifyDBInstanceSpec", change...).want(400, "MissingZoneIdSlave1")
		e.rds("ModifyDBInstanceSpec", append(change, "ZoneIdSlave1", "Auto")...).ok()
		e.running(id)
		e.rds("ModifyDBInstanceSpec", "DBInstanceId", id, "PayType", "Postpaid", "DBInstanceClass", "mysql.n2.medium.1").want(403, "InvalidSaleComponentFault")
	})
}

func TestA539_EngineVersion_UpgradesByOne(t *testing.T) {
	verify(t, spend, func(e *environment) {
		id := e.instance(onCloudDisk("EngineVersion", "5.7")...)
		upgrade := func(version string) answer {
			return e.rds("UpgradeDBInstanceEngineVersion", "DBInstanceId", id, "EngineVersion", version)
		}
		upgrade("8.4").want(400, "InvalidEngineVersion.Malformed")
		upgrade("5.7").want(400, "IncorrectEngineVersion")
		upgrade("8.0").ok()
		e.running(id)
	})
}

func TestA540_KeptBackups_ByPolicy(t *testing.T) {
	verify(t, never, func(e *environment) { // kept backups cost money, and no call here deletes them
		e.rds("DeleteDBInstance", "DBInstanceId", e.instance(), "ReleasedKeepPolicy", "Lastest").ok()
		e.rds("DeleteDBInstance", "DBInstanceId", e.instance()).ok()
		e.rds("DeleteDBInstance", "DBInstanceId", e.instance(onCloudDisk()...), "ReleasedKeepPolicy", "None").ok()
		var kept []string
		for _, k := range e.srv.RDS().KeptBackups() {
			kept = append(kept, k.Keep)
		}
		if got := strings.Join(kept, ", "); got != "Lastest, Lastest" {
			t.Errorf("kept are %s", got)
		}
	})
}

func TestA541_FirstInstance_NeedsARole(t *testing.T) {
	verify(t, never, func(e *environment) { // an account has one first instance
		e.srv.RDS().Behave(func(b *rds.Behaviour) { b.FirstInstance = true })
		e.rds("CreateDBInstance", e.wanted()...).want(400, "ServiceLinkedRole.NotExist")
		e.rds("CreateServiceLinkedRole", "ServiceLinkedRole", "AliyunServiceRoleForRds").ok()
		e.rds("CreateServiceLinkedRole", "ServiceLinkedRole", "AliyunServiceRoleForRds").ok()
		e.instance()
	})
}

func TestA542_EncryptedDisk_NeedsItsKey(t *testing.T) {
	verify(t, never, func(e *environment) { // it needs a key of the account
		e.srv.KMS().Behave(func(b *kms.Behaviour) { b.Keys = kms.Keys{{ID: "good"}, {ID: "off", State: kms.Disabled}} })
		order := func(key, role string) answer {
			return e.rds("CreateDBInstance", e.wanted(onCloudDisk("EncryptionKey", key, "RoleARN", role)...)...)
		}
		const role = "acs:ram::1000000000000001:role/aliyunrdsinstanceencryptiondefaultrole"
		order("good", "").want(400, "MissingRoleARN")
		order("gone", role).want(404, "Forbidden.KeyNotFound")
		order("off", role).want(409, "Rejected.Disabled")
		id := into[made](order("good", role)).DBInstanceId
		e.srv.KMS().Behave(func(b *kms.Behaviour) { b.Keys = kms.Keys{} })
		e.rds("DeleteDBInstance", "DBInstanceId", id).want(400, "IncorrectDBInstanceLockMode.ValueNotSupported")
	})
}

func TestA543_ParameterGroup_OfTheVersion(t *testing.T) {
	verify(t, never, func(e *environment) { // the ids are ours
		order := onCloudDisk("DBParamGroupId")
		e.rds("CreateDBInstance", e.wanted(append(order, "rpg-sys-0257")...)...).want(400, "ParamGroupsNotExistError")
		id := e.instance(append(order, "rpg-sys-0280")...)
		if body := e.rds("DescribeParameters", "DBInstanceId", id).ok().body; !strings.Contains(body, `"ParamGroupId":"rpg-sys-0280"`) || !strings.Contains(body, `"sync_binlog","ParameterValue":"1000"`) {
			t.Errorf("the parameters are %s", body)
		}
		e.rds("ModifyParameter", "DBInstanceId", id, "ParameterGroupId", "rpg-sys-1214").want(400, "ParamGroupsNotExistError")
	})
}
