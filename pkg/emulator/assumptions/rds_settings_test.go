package assumptions_test

import (
	"testing"
)

func (e *environment) mariaDB() string {
	e.Helper()
	return e.instance("Engine", "MariaDB", "EngineVersion", "10.6", "DBInstanceClass", "mariadb.n2.medium.2c", "DBInstanceStorageType", "cloud_essd", "ZoneIdSlave1", "Auto")
}

func TestA335_MariaDB_HasNoSSL(t *testing.T) {
	verify(t, spend, func(e *environment) {
		e.rds("DescribeDBInstanceSSL", "DBInstanceId", e.mariaDB()).want(400, "InvaildEngineInRegion.ValueNotSupported")
	})
}

func TestA336_ConnectionWithSSL_IsRenamed(t *testing.T) {
	verify(t, spend, func(e *environment) {
		id := e.instance()
		host := id + ".mysql.rds.aliyuncs.com"
		e.rds("ModifyDBInstanceSSL", "DBInstanceId", id, "ConnectionString", host, "SSLEnabled", "1").ok()
		e.running(id)
		e.rds("ModifyDBInstanceConnectionString", "DBInstanceId", id, "CurrentConnectionString", host, "ConnectionStringPrefix", id+"-a", "Port", "3306").ok()
	})
}

type parameters struct {
	RunningParameters struct {
		DBInstanceParameter []struct{ ParameterName, ParameterValue string }
	}
}

func (e *environment) parameter(id, name string) string {
	e.Helper()
	for _, p := range into[parameters](e.rds("DescribeParameters", "DBInstanceId", id)).RunningParameters.DBInstanceParameter {
		if p.ParameterName == name {
			return p.ParameterValue
		}
	}
	return ""
}

func TestA337_ParameterOfRestart_WaitsForOne(t *testing.T) {
	verify(t, spend, func(e *environment) {
		id := e.instance()
		e.rds("ModifyParameter", "DBInstanceId", id, "Parameters", `{"back_log":"100"}`).ok()
		if got := e.parameter(id, "back_log"); got == "100" {
			t.Error("the value is in use without a restart")
		}
		e.rds("RestartDBInstance", "DBInstanceId", id).ok()
		e.running(id)
		if got := e.parameter(id, "back_log"); got != "100" {
			t.Errorf("after the restart the value is %q", got)
		}
	})
}

func TestA338_BackupPolicy_OfNewInstance(t *testing.T) {
	verify(t, spend, func(e *environment) {
		policy := into[struct{ ReleasedKeepPolicy, EnableBackupLog, PreferredBackupPeriod string }](e.rds("DescribeBackupPolicy", "DBInstanceId", e.instance()))
		if policy.ReleasedKeepPolicy != "None" || policy.EnableBackupLog != "1" || policy.PreferredBackupPeriod == "" {
			t.Errorf("the policy of local disks is %+v", policy)
		}
	})
}

func TestA339_BackupPolicy_BadValueMalformed(t *testing.T) {
	verify(t, spend, func(e *environment) {
		e.rds("ModifyBackupPolicy", "DBInstanceId", e.instance(), "BackupRetentionPeriod", "6").want(400, "InvalidBackupRetentionPeriod.Malformed")
	})
}

func TestA340_BadParameter_Refused(t *testing.T) {
	verify(t, spend, func(e *environment) {
		e.rds("ModifyParameter", "DBInstanceId", e.instance(), "Parameters", `{"no_such_parameter":"1"}`).want(400, "InvalidParameters.Format")
	})
}

func TestA341_TDEOfMariaDB_Refused(t *testing.T) {
	verify(t, spend, func(e *environment) {
		e.rds("DescribeDBInstanceTDE", "DBInstanceId", e.mariaDB()).want(403, "IncorrectDBInstanceType")
	})
}

func TestA343_DescriptionOfDatabase_MayHaveBlanks(t *testing.T) {
	verify(t, spend, func(e *environment) {
		id := e.instance()
		e.rds("CreateDatabase", "DBInstanceId", id, "DBName", "checked", "CharacterSetName", "utf8", "DBDescription", "a checked one").ok()
		e.rds("CreateAccount", "DBInstanceId", id, "AccountName", "checked", "AccountPassword", password, "AccountDescription", "a checked one").ok()
	})
}

func TestA344_MariaDB_SecurityGroupsAndMonitoring(t *testing.T) {
	verify(t, spend, func(e *environment) {
		id := e.mariaDB()
		e.rds("ModifySecurityGroupConfiguration", "DBInstanceId", id, "SecurityGroupId", "Empty").ok()
		if got := into[struct{ Period string }](e.rds("DescribeDBInstanceMonitor", "DBInstanceId", id)).Period; got != "300" {
			t.Errorf("the period is %s", got)
		}
	})
}

func TestA345_MinorVersions_UpgradedByThemselves(t *testing.T) {
	verify(t, spend, func(e *environment) {
		answer := into[struct {
			Items struct {
				DBInstanceAttribute []struct{ AutoUpgradeMinorVersion string }
			}
		}](e.rds("DescribeDBInstanceAttribute", "DBInstanceId", e.instance()))
		if got := answer.Items.DBInstanceAttribute[0].AutoUpgradeMinorVersion; got != "Auto" {
			t.Errorf("AutoUpgradeMinorVersion is %s", got)
		}
	})
}

func TestA342_TasksOfDeletedInstance_NotFound(t *testing.T) {
	verify(t, free, func(e *environment) {
		e.rds("DescribeTasks", "DBInstanceId", "rm-checknone").want(404, "InvalidDBInstanceId.NotFound")
	})
}
