package assumptions_test

import (
	"strings"
	"testing"

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
