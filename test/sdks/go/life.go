package main

import (
	"fmt"
	"strings"
)

// A caller calls an action of a product, with parameters named as the API names
// them, and returns the members of the answer.
type caller func(product, action string, parameters map[string]any) (map[string]any, error)

// A life takes an RDS instance, a RAM user and a network from their creation to
// their deletion, by any client that is a caller.
type life struct {
	call    caller
	refused func(err error, status int, code string)
	name    string // of resources
	id      string // of the instance
}

func (l *life) scenarios(c *checks, prefix string) {
	for _, scenario := range []struct {
		name string
		run  func()
	}{
		{"identity", l.identity},
		{"user", l.user},
		{"policy", l.policy},
		{"group", l.group},
		{"role", l.role},
		{"network", l.network},
		{"rds-create", l.create},
		{"rds-list", l.list},
		{"rds-attribute", l.attribute},
		{"rds-connections", l.connections},
		{"rds-accounts", l.accounts},
		{"rds-whitelist", l.whitelist},
		{"rds-tags", l.tags},
		{"rds-settings", l.settings},
		{"rds-grow", l.grow},
		{"rds-delete", l.remove},
		{"rds-missing", l.missing},
	} {
		c.run(prefix+scenario.name, scenario.run)
	}
}

func (l *life) must(product, action string, parameters map[string]any) map[string]any {
	return got(l.call(product, action, parameters))
}

func (l *life) read(action string, parameters map[string]any) map[string]any {
	return got(l.inside(action, parameters))
}

// inside calls an action on the instance.
func (l *life) inside(action string, parameters map[string]any) (map[string]any, error) {
	all := map[string]any{"DBInstanceId": l.id}
	for name, value := range parameters {
		all[name] = value
	}
	return l.call("rds", action, all)
}

// at follows names of members, and the first item of lists.
func at(value any, path ...string) any {
	for _, name := range path {
		if list, ok := value.([]any); ok {
			holds("an item at "+name, len(list) > 0)
			value = list[0]
		}
		members, ok := value.(map[string]any)
		holds("members at "+name, ok)
		value = members[name]
	}
	return value
}

func (l *life) identity() {
	equal("identity", at(l.must("sts", "GetCallerIdentity", nil), "IdentityType"), any("Account"))
}

func (l *life) user() {
	name, comments := l.name+".user", "by a check + a*b~c/d é=&%20"
	made := l.must("ram", "CreateUser", map[string]any{"UserName": name, "Comments": comments})
	equal("comments", at(made, "User", "Comments"), any(comments))
	_, err := l.call("ram", "CreateUser", map[string]any{"UserName": name})
	l.refused(err, 409, "EntityAlreadyExists.User")
	key := at(l.must("ram", "CreateAccessKey", map[string]any{"UserName": name}), "AccessKey", "AccessKeyId")
	_, err = l.call("ram", "DeleteUser", map[string]any{"UserName": name})
	l.refused(err, 409, "DeleteConflict.User.AccessKey")
	l.must("ram", "DeleteAccessKey", map[string]any{"UserName": name, "UserAccessKeyId": key})
	l.must("ram", "DeleteUser", map[string]any{"UserName": name})
	_, err = l.call("ram", "GetUser", map[string]any{"UserName": name})
	l.refused(err, 404, "EntityNotExist.User")
}

func (l *life) role() {
	name := l.name + "-role"
	trust := `{"Version":"1","Statement":[{"Effect":"Allow","Action":"sts:AssumeRole","Principal":{"Service":["ecs.aliyuncs.com"]}}]}`
	made := l.must("ram", "CreateRole", map[string]any{"RoleName": name, "AssumeRolePolicyDocument": trust, "Description": "of a check"})
	holds("the name is in the ARN", strings.HasSuffix(strings.ToLower(fmt.Sprint(at(made, "Role", "Arn"))), strings.ToLower(":role/"+name)))
	equal("trust", at(l.must("ram", "GetRole", map[string]any{"RoleName": name}), "Role", "AssumeRolePolicyDocument"), any(trust))
	l.must("ram", "DeleteRole", map[string]any{"RoleName": name})
}

func (l *life) network() {
	vpc := at(l.must("vpc", "CreateVpc", map[string]any{"RegionId": region, "CidrBlock": "10.3.0.0/16", "VpcName": l.name}), "VpcId")
	one := at(l.must("vpc", "DescribeVpcs", map[string]any{"RegionId": region, "VpcId": vpc}), "Vpcs", "Vpc")
	equal("network", []any{at(one, "CidrBlock"), at(one, "VpcName"), at(one, "Status")}, []any{"10.3.0.0/16", l.name, "Available"})
	vswitch := at(l.must("vpc", "CreateVSwitch", map[string]any{"RegionId": region, "VpcId": vpc, "ZoneId": "cn-hangzhou-h", "CidrBlock": "10.3.1.0/24"}), "VSwitchId")
	found := at(l.must("vpc", "DescribeVSwitches", map[string]any{"RegionId": region, "VpcId": vpc}), "VSwitches", "VSwitch")
	equal("VSwitch", at(found, "VSwitchId"), vswitch)
	_, err := l.call("vpc", "DeleteVpc", map[string]any{"RegionId": region, "VpcId": vpc})
	holds("a network with a VSwitch stays", err != nil)
	l.must("vpc", "DeleteVSwitch", map[string]any{"RegionId": region, "VSwitchId": vswitch})
	l.must("vpc", "DeleteVpc", map[string]any{"RegionId": region, "VpcId": vpc})
}

func (l *life) create() {
	wanted := map[string]any{
		"RegionId": region, "Engine": "MySQL", "EngineVersion": "5.7", "DBInstanceClass": "rds.mysql.t1.small", "DBInstanceStorage": 20,
		"DBInstanceNetType": "Intranet", "SecurityIPList": "127.0.0.1", "PayType": "Postpaid", "InstanceNetworkType": "VPC",
		"VPCId": "vpc-cnhangzhou0default", "VSwitchId": "vsw-cnhangzhou0h", "ZoneIdSlave1": "Auto", "ClientToken": l.name, "DBInstanceDescription": "a-check",
	}
	made := l.must("rds", "CreateDBInstance", wanted)
	l.id = fmt.Sprint(at(made, "DBInstanceId"))
	equal("connection", at(made, "ConnectionString"), any(l.id+".mysql.rds.aliyuncs.com"))
	equal("the instance of the same token", at(l.must("rds", "CreateDBInstance", wanted), "DBInstanceId"), any(l.id))
	wanted["DBInstanceStorage"] = 25
	_, err := l.call("rds", "CreateDBInstance", wanted)
	l.refused(err, 400, "IdempotentParameterMismatch")
}

func (l *life) list() {
	found := l.must("rds", "DescribeDBInstances", map[string]any{"RegionId": region, "DBInstanceId": l.id})
	equal("instances", []string{fmt.Sprint(at(found, "TotalRecordCount")), fmt.Sprint(at(found, "Items", "DBInstance", "DBInstanceId"))}, []string{"1", l.id})
}

func (l *life) attribute() {
	one := at(l.read("DescribeDBInstanceAttribute", nil), "Items", "DBInstanceAttribute")
	equal("instance", []string{fmt.Sprint(at(one, "DBInstanceStatus")), fmt.Sprint(at(one, "DBInstanceStorage")), fmt.Sprint(at(one, "DBInstanceDescription"))}, []string{"Running", "20", "a-check"})
	holds("more members", at(one, "MaintainTime") != nil && at(one, "CreationTime") != nil)
}

func (l *life) accounts() {
	account := map[string]any{"AccountName": "checker", "AccountPassword": "Sesame+open_1&2"}
	l.read("CreateAccount", account)
	_, err := l.inside("CreateAccount", account)
	l.refused(err, 400, "InvalidAccountName.Duplicate")
	l.read("CreateDatabase", map[string]any{"DBName": "orders", "CharacterSetName": "utf8mb4"})
	l.read("GrantAccountPrivilege", map[string]any{"AccountName": "checker", "DBName": "orders", "AccountPrivilege": "ReadWrite"})
	one := at(l.read("DescribeAccounts", map[string]any{"AccountName": "checker"}), "Accounts", "DBInstanceAccount")
	equal("account", []any{at(one, "AccountStatus"), at(one, "DatabasePrivileges", "DatabasePrivilege", "DBName")}, []any{"Available", "orders"})
	equal("database", at(l.read("DescribeDatabases", nil), "Databases", "Database", "CharacterSetName"), any("utf8mb4"))
	l.read("RevokeAccountPrivilege", map[string]any{"AccountName": "checker", "DBName": "orders"})
	l.read("DeleteDatabase", map[string]any{"DBName": "orders"})
	l.read("DeleteAccount", map[string]any{"AccountName": "checker"})
}

func (l *life) whitelist() {
	l.read("ModifySecurityIps", map[string]any{"DBInstanceIPArrayName": "apps", "SecurityIps": "10.0.0.0/8,192.168.1.1"})
	found := fmt.Sprint(l.read("DescribeDBInstanceIPArrayList", nil))
	holds("the group", strings.Contains(found, "apps") && strings.Contains(found, "10.0.0.0/8,192.168.1.1"))
}

func (l *life) tags() {
	target := map[string]any{"RegionId": region, "ResourceType": "INSTANCE", "ResourceId": []any{l.id}}
	with := func(name string, value any) map[string]any {
		all := map[string]any{name: value}
		for name, value := range target {
			all[name] = value
		}
		return all
	}
	l.must("rds", "TagResources", with("Tag", []any{map[string]any{"Key": "k", "Value": "é"}}))
	tag := at(l.must("rds", "ListTagResources", target), "TagResources", "TagResource")
	equal("tag", []any{at(tag, "TagKey"), at(tag, "TagValue"), at(tag, "ResourceType")}, []any{"k", "é", "ALIYUN::RDS::INSTANCE"})
	l.must("rds", "UntagResources", with("TagKey", []any{"k"}))
}

func (l *life) settings() {
	l.read("ModifyDBInstanceMaintainTime", map[string]any{"MaintainTime": "18:00Z-22:00Z"})
	equal("maintenance window", at(l.read("DescribeDBInstanceAttribute", nil), "Items", "DBInstanceAttribute", "MaintainTime"), any("18:00Z-22:00Z"))
	holds("parameters", at(l.read("DescribeParameters", nil), "RunningParameters", "DBInstanceParameter") != nil)
	holds("backups", at(l.read("DescribeBackupPolicy", nil), "PreferredBackupPeriod") != nil)
}

func (l *life) remove() {
	l.read("DeleteDBInstance", nil)
	_, err := l.inside("DescribeDBInstanceAttribute", nil)
	l.refused(err, 404, "InvalidDBInstanceId.NotFound")
}

func (l *life) missing() {
	for _, action := range []string{"DescribeDBInstanceAttribute", "DeleteDBInstance"} {
		_, err := l.call("rds", action, map[string]any{"DBInstanceId": "rm-none"})
		l.refused(err, 404, "InvalidDBInstanceId.NotFound")
	}
}

func (l *life) grow() {
	l.read("ModifyDBInstanceSpec", map[string]any{"PayType": "Postpaid", "DBInstanceStorage": 30})
	one := at(l.read("DescribeDBInstanceAttribute", nil), "Items", "DBInstanceAttribute")
	equal("storage", fmt.Sprint(at(one, "DBInstanceStorage")), "30")
	_, err := l.inside("ModifyDBInstanceSpec", map[string]any{"PayType": "Postpaid", "DBInstanceStorage": 20})
	l.refused(err, 400, "InvalidStorageSize.Direction")
}

func (l *life) connections() {
	list := func() []any {
		all, ok := at(l.read("DescribeDBInstanceNetInfo", nil), "DBInstanceNetInfos", "DBInstanceNetInfo").([]any)
		holds("a list of connections", ok)
		return all
	}
	equal("port", at(list()[0], "Port"), any("3306"))
	l.read("AllocateInstancePublicConnection", map[string]any{"ConnectionStringPrefix": "pub" + l.id[len(l.id)-10:], "Port": "3306"})
	for _, one := range list() {
		if at(one, "IPType") == any("Public") {
			l.read("ReleaseInstancePublicConnection", map[string]any{"CurrentConnectionString": at(one, "ConnectionString")})
		}
	}
	equal("connections at the end", len(list()), 1)
}
