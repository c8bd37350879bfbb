package emulator_test

import "testing"

// wantedInstance returns the parameters of a small instance, followed by the given ones.
func wantedInstance(more ...string) []string {
	return append([]string{
		"Engine", "MySQL", "EngineVersion", "8.0", "DBInstanceClass", "mysql.n2.medium.xc", "Category", "cluster", "DBInstanceStorageType", "cloud_essd",
		"DBInstanceStorage", "20", "DBInstanceNetType", "Intranet", "SecurityIPList", "127.0.0.1", "PayType", "Postpaid", "InstanceNetworkType", "VPC",
		"VPCId", "vpc-cnhangzhou0default", "VSwitchId", "vsw-cnhangzhou0h", "ZoneId", "cn-hangzhou-h", "ZoneIdSlave1", "Auto",
		"DBInstanceDescription", "answers", "Tag.1.Key", "a", "Tag.1.Value", "1",
	}, more...)
}

// answersOfRDS makes a cluster of MySQL and an instance of PostgreSQL and goes through
// their lives.
func answersOfRDS(t *testing.T, a *answers) {
	t.Helper()
	mysql := text(t, a.do(t, "CreateDBInstance", wantedInstance()...), "DBInstanceId")
	pg := text(t, a.do(t, "CreateDBInstance", wantedInstance("Engine", "PostgreSQL", "EngineVersion", "16.0", "DBInstanceClass", "pg.n2.2c.2m", "Category", "HighAvailability")...), "DBInstanceId")
	a.do(t, "CreateDBInstance", wantedInstance("Amount", "2")...)
	a.do(t, "CreateDBInstance", wantedInstance("DryRun", "true")...)
	a.do(t, "CreateDBInstance", wantedInstance("PayType", "Prepaid", "Period", "Month", "UsedTime", "1")...)
	mssql := text(t, a.do(t, "CreateDBInstance", wantedInstance("Engine", "SQLServer", "EngineVersion", "2022_std_ha", "DBInstanceClass", "mssql.x4.medium.s2", "Category", "HighAvailability")...), "DBInstanceId")
	a.do(t, "ModifyDBInstanceSSL", "DBInstanceId", mssql, "ConnectionString", mssql+".sqlserver.rds.aliyuncs.com", "SSLEnabled", "1", "TlsVersion", "1.2")
	a.do(t, "DescribeDBInstanceSSL", "DBInstanceId", mssql)
	answersOfSales(t, a)
	answersOfPower(t, a)
	answersOfTags(t, a, mysql)
	answersOfAccounts(t, a, mysql, pg)
	for _, id := range []string{mysql, pg} {
		answersOfSettings(t, a, id)
		a.do(t, "DescribeDBInstanceAttribute", "DBInstanceId", id)
		a.do(t, "DescribeDBInstances", "DBInstanceId", id, "InstanceLevel", "1")
		a.do(t, "DescribeDBInstanceNetInfo", "DBInstanceId", id)
		a.do(t, "DescribeDBInstanceIPArrayList", "DBInstanceId", id)
	}
	a.do(t, "ModifyPGHbaConfig", "DBInstanceId", pg, "OpsType", "delete", "HbaItem.1.PriorityId", "0")
	a.do(t, "DescribePGHbaConfig", "DBInstanceId", pg)
	a.do(t, "DescribeDBInstances", "MaxResults", "1")
	a.do(t, "ModifySecurityIps", "DBInstanceId", mysql, "DBInstanceIPArrayName", "answers", "SecurityIps", "10.0.0.1")
	a.do(t, "AllocateInstancePublicConnection", "DBInstanceId", mysql, "ConnectionStringPrefix", "answers1", "Port", "3306")
	a.do(t, "ModifyDBInstanceConnectionString", "DBInstanceId", mysql, "CurrentConnectionString", "answers1.mysql.rds.aliyuncs.com", "ConnectionStringPrefix", "answers2", "Port", "3307")
	a.do(t, "ReleaseInstancePublicConnection", "DBInstanceId", mysql, "CurrentConnectionString", "answers2.mysql.rds.aliyuncs.com")
	a.do(t, "ModifyDBInstanceSpec", "DBInstanceId", mysql, "PayType", "Postpaid", "DBInstanceStorage", "25")
	a.do(t, "ModifyDBInstanceDescription", "DBInstanceId", mysql, "DBInstanceDescription", "answered")
	a.do(t, "ModifyDBInstanceDeletionProtection", "DBInstanceId", mysql, "DeletionProtection", "false")
	a.do(t, "ModifyResourceGroup", "DBInstanceId", mysql, "ResourceGroupId", "rg-answers")
	a.do(t, "ModifyDasInstanceConfig", "DBInstanceId", mysql, "StorageAutoScale", "Disable")
	a.do(t, "RestartDBInstance", "DBInstanceId", mysql)
	a.do(t, "ModifyDBInstancePayType", "DBInstanceId", mysql, "PayType", "Prepaid", "Period", "Month", "UsedTime", "1")
	a.do(t, "TransformDBInstancePayType", "DBInstanceId", mysql, "PayType", "Postpaid")
	a.do(t, "TransformDBInstancePayType", "DBInstanceId", pg, "PayType", "Prepaid", "Period", "Year", "UsedTime", "1")
	a.do(t, "DeleteDBInstance", "DBInstanceId", mysql)
}

func answersOfSales(t *testing.T, a *answers) {
	t.Helper()
	a.do(t, "DescribeRegions")
	a.do(t, "DescribeAvailableZones", "Engine", "MySQL")
	a.do(t, "DescribeAvailableClasses", "Engine", "MySQL", "EngineVersion", "8.0", "ZoneId", "cn-hangzhou-h", "InstanceChargeType", "Postpaid", "Category", "Basic",
		"DBInstanceStorageType", "cloud_essd")
}

func answersOfTags(t *testing.T, a *answers, id string) {
	t.Helper()
	a.do(t, "TagResources", "ResourceType", "INSTANCE", "ResourceId.1", id, "Tag.1.Key", "b", "Tag.1.Value", "2")
	a.do(t, "AddTagsToResource", "DBInstanceId", id, "Tags", `{"c":"3"}`)
	a.do(t, "ListTagResources", "ResourceType", "INSTANCE", "ResourceId.1", id)
	a.do(t, "DescribeTags", "DBInstanceId", id)
	a.do(t, "RemoveTagsFromResource", "DBInstanceId", id, "Tags", `{"c":"3"}`)
	a.do(t, "UntagResources", "ResourceType", "INSTANCE", "ResourceId.1", id, "TagKey.1", "b")
}

// answersOfPower makes a serverless instance, and stops and starts another one.
func answersOfPower(t *testing.T, a *answers) {
	t.Helper()
	serverless := []string{"DBInstanceClass", "mysql.n2.serverless.1c", "Category", "serverless_basic", "PayType", "Serverless", "ZoneIdSlave1", ""}
	id := text(t, a.do(t, "CreateDBInstance", wantedInstance(append(serverless, "ServerlessConfig", `{"MinCapacity":0.5,"MaxCapacity":8,"AutoPause":true,"SwitchForce":false}`)...)...), "DBInstanceId")
	a.do(t, "DescribeDBInstanceAttribute", "DBInstanceId", id)
	a.do(t, "CreateDBInstance", wantedInstance(append(serverless, "ServerlessConfig.MinCapacity", "1", "ServerlessConfig.MaxCapacity", "2")...)...)
	a.do(t, "DescribeParameterGroups")
	grouped := text(t, a.do(t, "CreateDBInstance", wantedInstance("DBParamGroupId", "rpg-sys-0280")...), "DBInstanceId")
	a.do(t, "ModifyParameter", "DBInstanceId", grouped, "ParameterGroupId", "rpg-sys-0180")
	a.do(t, "DescribeParameters", "DBInstanceId", grouped)
	a.do(t, "CreateServiceLinkedRole", "ServiceLinkedRole", "AliyunServiceRoleForRds")
	a.do(t, "CheckServiceLinkedRole", "ServiceLinkedRole", "AliyunServiceRoleForRds")
	encrypted := text(t, a.do(t, "CreateDBInstance", wantedInstance("EncryptionKey", "answers", "RoleARN", "acs:ram::1000000000000001:role/aliyunrdsinstanceencryptiondefaultrole")...), "DBInstanceId")
	a.do(t, "DescribeDBInstanceEncryptionKey", "DBInstanceId", encrypted)
	a.do(t, "ModifyDBInstanceSpec", "DBInstanceId", id, "PayType", "Serverless", "Direction", "Serverless", "ServerlessConfiguration", `{"MinCapacity":1,"MaxCapacity":4}`)
	old := text(t, a.do(t, "CreateDBInstance", wantedInstance("DBInstanceClass", "mysql.n2.small.2c", "Category", "HighAvailability", "EngineVersion", "5.7")...), "DBInstanceId")
	a.do(t, "UpgradeDBInstanceEngineVersion", "DBInstanceId", old, "EngineVersion", "8.0")
	id = text(t, a.do(t, "CreateDBInstance", wantedInstance("DBInstanceClass", "mysql.n2.small.2c", "Category", "HighAvailability")...), "DBInstanceId")
	a.do(t, "StopDBInstance", "DBInstanceId", id)
	a.do(t, "StartDBInstance", "DBInstanceId", id)
}

// answersOfAccounts makes accounts and databases with privileges.
func answersOfAccounts(t *testing.T, a *answers, mysql, pg string) {
	t.Helper()
	on := func(id string, more ...string) []string { return append(more, "DBInstanceId", id) }
	const password = "Answers_1"
	a.do(t, "CheckAccountNameAvailable", on(mysql, "AccountName", "alice")...)
	a.do(t, "CheckDBNameAvailable", on(mysql, "DBName", "shop")...)
	for id, privilege := range map[string]string{mysql: "ReadWrite", pg: "DBOwner"} {
		charset := "utf8mb4"
		if id == pg {
			charset = "UTF8"
		}
		a.do(t, "CreateAccount", on(id, "AccountName", "root1", "AccountPassword", password, "AccountType", "Super")...)
		a.do(t, "CreateAccount", on(id, "AccountName", "alice", "AccountPassword", password)...)
		a.do(t, "CreateDatabase", on(id, "DBName", "shop", "CharacterSetName", charset)...)
		a.do(t, "GrantAccountPrivilege", on(id, "AccountName", "alice", "DBName", "shop", "AccountPrivilege", privilege)...)
		a.do(t, "DescribeAccounts", on(id)...)
		a.do(t, "DescribeDatabases", on(id)...)
	}
	a.do(t, "ResetAccountPassword", on(mysql, "AccountName", "alice", "AccountPassword", password)...)
	a.do(t, "ResetAccount", on(mysql, "AccountName", "root1", "AccountPassword", password)...)
	a.do(t, "ModifyAccountDescription", on(mysql, "AccountName", "alice", "AccountDescription", "answers")...)
	a.do(t, "ModifyDBDescription", on(mysql, "DBName", "shop", "DBDescription", "answers")...)
	a.do(t, "LockAccount", on(pg, "AccountName", "alice")...)
	a.do(t, "UnlockAccount", on(pg, "AccountName", "alice")...)
	a.do(t, "RevokeAccountPrivilege", on(mysql, "AccountName", "alice", "DBName", "shop")...)
	a.do(t, "DeleteAccount", on(mysql, "AccountName", "alice")...)
	a.do(t, "DeleteDatabase", on(mysql, "DBName", "shop")...)
}

// answersOfSettings changes and reads the settings of an instance.
func answersOfSettings(t *testing.T, a *answers, id string) {
	t.Helper()
	on := func(more ...string) []string { return append(more, "DBInstanceId", id) }
	attribute := a.do(t, "DescribeDBInstanceAttribute", on()...)
	host, engine := text(t, attribute, "Items", "DBInstanceAttribute", 0, "ConnectionString"), text(t, attribute, "Items", "DBInstanceAttribute", 0, "Engine")
	a.do(t, "ModifyDBInstanceSSL", on("ConnectionString", host, "SSLEnabled", "1", "CAType", "custom", "ServerCert", "c", "ServerKey", "k")...)
	a.do(t, "DescribeDBInstanceSSL", on()...)
	for action, word := range map[string][2]string{
		"ModifyDBInstanceMonitor": {"Period", "5"}, "ModifySQLCollectorPolicy": {"SQLCollectorStatus", "Enable"}, "ModifySQLCollectorRetention": {"ConfigValue", "180"},
		"ModifyHADiagnoseConfig": {"TcpConnectionType", "LONG"}, "ModifyHASwitchConfig": {"HAConfig", "Manual"},
	} {
		a.do(t, action, on(word[0], word[1])...)
	}
	parameter := `{"wait_timeout":"3600"}`
	if engine == "PostgreSQL" {
		parameter = `{"work_mem":"8192"}`
	}
	a.do(t, "ModifyParameter", on("Parameters", parameter)...)
	a.do(t, "DescribeParameters", on()...)
	a.do(t, "DescribeParameterTemplates", on("Engine", engine, "EngineVersion", text(t, attribute, "Items", "DBInstanceAttribute", 0, "EngineVersion"))...)
	a.do(t, "ModifyBackupPolicy", on("PreferredBackupPeriod", "Monday,Friday", "PreferredBackupTime", "01:00Z-02:00Z", "BackupRetentionPeriod", "7")...)
	a.do(t, "ModifyBackupPolicy", on("BackupPolicyMode", "LogBackupPolicy", "LocalLogRetentionHours", "24")...)
	a.do(t, "DescribeBackupPolicy", on()...)
	a.do(t, "ModifyDBInstanceMaintainTime", on("MaintainTime", "22:00Z-02:00Z")...)
	a.do(t, "ModifyDBInstanceAutoUpgradeMinorVersion", on("AutoUpgradeMinorVersion", "Auto")...)
	a.do(t, "ModifySecurityGroupConfiguration", on("SecurityGroupId", "sg-answers")...)
	a.do(t, "DescribeSecurityGroupConfiguration", on()...)
	for _, read := range []string{
		"DescribeDBInstanceHAConfig", "DescribeTasks", "DescribeDBInstanceMonitor", "DescribeSQLCollectorPolicy", "DescribeSQLCollectorRetention",
		"DescribeHASwitchConfig", "DescribeHADiagnoseConfig", "DescribeDBInstanceEncryptionKey", "DescribeDBInstanceTDE",
	} {
		a.do(t, read, on()...)
	}
	a.do(t, "DescribeInstanceLinkedWhitelistTemplate", "InsName", id)
}
