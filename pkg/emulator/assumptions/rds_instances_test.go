package assumptions_test

import (
	"strings"
	"testing"
	"time"

	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/emulator/emulatortest"
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/emulator/rds"
)

func TestA300_ClientToken_LongerForCreation(t *testing.T) {
	verify(t, spend, func(e *environment) {
		token := func(n int) string { return (e.name() + strings.Repeat("t", n))[:n] }
		id := e.instance("ClientToken", token(128))
		e.rds("CreateDBInstance", e.wanted("ClientToken", token(129))...).want(400, "InvalidParameter")
		restart := []string{"DBInstanceId", id, "ClientToken"}
		e.rds("RestartDBInstance", append(restart, token(65))...).want(400, "InvalidParameter")
		e.rds("RestartDBInstance", append(restart, token(64))...).ok()
		e.running(id)
	})
}

func TestA301_Standby_NeedsItsZoneAndVSwitch(t *testing.T) {
	verify(t, never, func(e *environment) { // the codes are ours
		other := []string{"ZoneIdSlave1", "cn-hangzhou-i"}
		e.rds("CreateDBInstance", e.wanted("ZoneIdSlave1", "")...).want(400, "MissingZoneIdSlave1")
		e.rds("CreateDBInstance", e.wanted(other...)...).want(403, "InvalidVswitchId")
		e.instance(append(other, "VSwitchId", "vsw-cnhangzhou0h,vsw-cnhangzhou0i")...)
		e.instance(append(other, "VSwitchId", "vsw-cnhangzhou0h,Auto")...)
		e.instance("ZoneIdSlave1", "cn-hangzhou-h")
		basic := e.wanted("DBInstanceClass", "mysql.n2e.small.1")
		e.rds("CreateDBInstance", basic...).want(403, "InvalidSaleComponentFault")
		e.srv.RDS().Behave(func(b *rds.Behaviour) { b.StandbyOptional = true })
		e.instance("ZoneIdSlave1", "")
	})
}

func TestA302_ConnectionChange_NetTypeChanging(t *testing.T) {
	verify(t, never, func(e *environment) { // the state is short, and another cloud need not be slow
		id := into[made](e.rds("CreateDBInstance", e.wanted()...)).DBInstanceId
		e.srv.Clock().Advance(rds.Realistic().Create)
		connection := []string{"DBInstanceId", id, "ConnectionStringPrefix", e.name(), "Port", "3306"}
		e.rds("AllocateInstancePublicConnection", connection...).ok()
		if got := e.status(id); got != "DBInstanceNetTypeChanging" {
			t.Errorf("the instance is %s", got)
		}
		e.srv.Clock().Advance(rds.Realistic().Connection)
		e.srv.RDS().Behave(func(b *rds.Behaviour) { b.NetStates = true })
		e.rds("ModifyDBInstanceConnectionString", "DBInstanceId", id, "CurrentConnectionString", id+".mysql.rds.aliyuncs.com", "Port", "3307", "ConnectionStringPrefix", e.name()).ok()
		if got := e.status(id); got != "NET_MODIFYING" {
			t.Errorf("with the switch the instance is %s", got)
		}
	}, emulatortest.WithConfig(slow))
}

func TestA346_Description_ChangesWhileInstanceIsBusy(t *testing.T) {
	verify(t, never, func(e *environment) { // the state is short
		id := e.instance()
		e.rds("CreateDatabase", "DBInstanceId", id, "DBName", "checked", "CharacterSetName", "utf8").ok()
		e.rds("CreateAccount", "DBInstanceId", id, "AccountName", "checked", "AccountPassword", password).ok()
		e.rds("AllocateInstancePublicConnection", "DBInstanceId", id, "ConnectionStringPrefix", e.name(), "Port", "3306").ok()
		e.rds("DeleteDatabase", "DBInstanceId", id, "DBName", "checked").want(403, "OperationDenied.DBInstanceStatus")
		e.rds("ModifyDBDescription", "DBInstanceId", id, "DBName", "checked", "DBDescription", "described").ok()
		e.rds("ModifyAccountDescription", "DBInstanceId", id, "AccountName", "checked", "AccountDescription", "described").ok()
	}, emulatortest.WithProfile(rds.Profile{Connection: time.Hour}))
}

func TestA303_ClassesOfUnsoldThings_NotFound(t *testing.T) {
	verify(t, free, func(e *environment) {
		e.rds("DescribeAvailableClasses", "Engine", "MySQL", "EngineVersion", "5.6", "ZoneId", "cn-hangzhou-h", "InstanceChargeType", "Postpaid",
			"Category", "Basic", "DBInstanceStorageType", "local_ssd").want(404, "InvalidCondition.NotFound")
	})
}

func TestA304_ZonesOfPPAS_Answered(t *testing.T) {
	verify(t, free, func(e *environment) {
		if zones := into[struct{ AvailableZones []struct{ ZoneId string } }](e.rds("DescribeAvailableZones", "Engine", "PPAS")).AvailableZones; len(zones) != 0 {
			t.Errorf("zones of PPAS: %v", zones)
		}
		e.rds("DescribeAvailableZones", "Engine", "Oracle").want(400, "InvalidEngine.Malformed")
	})
}

func TestA305_ResourceGroup_DefaultOrRefused(t *testing.T) {
	verify(t, spend, func(e *environment) {
		e.rds("CreateDBInstance", e.wanted("ResourceGroupId", "no group")...).want(400, "EntityNotExist.ResourceGroup")
		if group := e.attribute(e.instance()).ResourceGroupId; !strings.HasPrefix(group, "rg-") {
			t.Errorf("the default group is %q", group)
		}
	})
}

func TestA306_DiskSettings_OnGeneralESSDOnly(t *testing.T) {
	verify(t, never, func(e *environment) {
		for _, pair := range [][]string{{"IoAccelerationEnabled", "1"}, {"BurstingEnabled", "true"}, {"ColdDataEnabled", "true"}} {
			e.rds("CreateDBInstance", e.wanted(pair...)...).want(400, "InvalidParameter")
			e.instance(append(pair, "DBInstanceClass", "mysql.n2.medium.2c", "DBInstanceStorageType", "general_essd")...)
		}
	})
}

func TestA307_OptimizedWrites_OnCloudDisks(t *testing.T) {
	verify(t, never, func(e *environment) {
		e.rds("CreateDBInstance", e.wanted("OptimizedWrites", "optimized")...).want(400, "InvalidParameter")
		id := e.instance("OptimizedWrites", "optimized", "DBInstanceClass", "mysql.n2.medium.2c")
		if info := e.attribute(id).OptimizedWritesInfo; info != `{"optimized_writes":true,"init_optimized_writes":true}` {
			t.Errorf("OptimizedWritesInfo is %s", info)
		}
	})
}

func TestA308_GeneralESSD_IsCloudAutoInZones(t *testing.T) {
	verify(t, free, func(e *environment) {
		if body := e.rds("DescribeAvailableZones", "Engine", "MySQL").ok().body; !strings.Contains(body, `"cloud_auto"`) || strings.Contains(body, `"general_essd"`) {
			t.Errorf("zones: %s", body)
		}
		for _, name := range []string{"cloud_auto", "general_essd"} {
			e.rds("DescribeAvailableClasses", "Engine", "MySQL", "EngineVersion", "8.0", "ZoneId", "cn-hangzhou-h", "InstanceChargeType", "Postpaid",
				"Category", "Basic", "DBInstanceStorageType", name).ok()
		}
	})
}

func TestA309_KindCode_IsAText(t *testing.T) {
	verify(t, spend, func(e *environment) {
		if code := e.attribute(e.instance()).KindCode; code == "" || code == "3" {
			t.Errorf("kindCode is %q", code)
		}
	})
}

func TestA510_Lists_TakeStatusAndTagTogether(t *testing.T) {
	verify(t, spend, func(e *environment) {
		key := e.name()
		tagged := e.instance("Tag.1.Key", key, "Tag.1.Value", "x")
		e.instance()
		list := func(status, tag, page string) (ids []string, total int) {
			a := into[struct {
				TotalRecordCount int
				Items            struct {
					DBInstance []struct{ DBInstanceId string }
				}
			}](e.rds("DescribeDBInstances", "DBInstanceStatus", status, "Tags", `{"`+tag+`":"x"}`, "PageNumber", page, "PageSize", "100"))
			for _, i := range a.Items.DBInstance {
				ids = append(ids, i.DBInstanceId)
			}
			return ids, a.TotalRecordCount
		}
		if ids, total := list("Running", key, "1"); len(ids) != 1 || ids[0] != tagged || total != 1 {
			t.Errorf("running with the tag: %v of %d", ids, total)
		}
		if ids, total := list("Running", key, "2"); len(ids) != 0 || total != 1 {
			t.Errorf("the second page: %v of %d", ids, total)
		}
		for status, tag := range map[string]string{"Deleting": key, "Running": key + "-none"} {
			if ids, total := list(status, tag, "1"); len(ids)+total != 0 {
				t.Errorf("%s with the tag %s: %v of %d", status, tag, ids, total)
			}
		}
	})
}

type shownInstance struct {
	ResourceGroupId, OptimizedWritesInfo, LockMode string
	KindCode                                       string `json:"kindCode"`
}

func (e *environment) attribute(id string) shownInstance {
	e.Helper()
	return into[struct {
		Items struct{ DBInstanceAttribute []shownInstance }
	}](e.rds("DescribeDBInstanceAttribute", "DBInstanceId", id)).Items.DBInstanceAttribute[0]
}
