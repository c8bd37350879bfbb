package ram

import (
	"fmt"
	"time"
)

// systemPolicies are a few of the policies that every account has. Their
// documents are shorter than the real ones and grant the same.
func systemPolicies(now time.Time) map[string]*policy {
	policies := make(map[string]*policy)
	add := func(name, description, actions string) {
		text := fmt.Sprintf(`{"Version":"1","Statement":[{"Effect":"Allow","Action":[%s],"Resource":"*"}]}`, actions)
		doc, err := parseDocument(text)
		if err != nil {
			panic(fmt.Sprintf("ram: system policy %s: %v", name, err)) // the list below is wrong
		}
		policies[name] = newPolicy(name, typeSystem, description, text, doc, now)
	}
	reads := func(code string) string {
		return fmt.Sprintf(`"%[1]s:Describe*","%[1]s:Get*","%[1]s:List*","%[1]s:Query*"`, code)
	}
	add("AdministratorAccess", "Everything in the account.", `"*"`)
	add("ReadOnlyAccess", "Reading in the account.", reads("*"))
	for _, s := range []struct{ title, code string }{
		{"CS", "cs"}, {"ECS", "ecs"}, {"KMS", "kms"}, {"Kvstore", "kvstore"}, {"Log", "log"}, {"MNS", "mns"}, {"OSS", "oss"}, {"OTS", "ots"},
		{"PolarDB", "polardb"}, {"RAM", "ram"}, {"RDS", "rds"}, {"ROS", "ros"}, {"SLB", "slb"}, {"VPC", "vpc"},
	} {
		add("Aliyun"+s.title+"FullAccess", "Everything in "+s.title+".", `"`+s.code+`:*"`)
		add("Aliyun"+s.title+"ReadOnlyAccess", "Reading in "+s.title+".", reads(s.code))
	}
	add("AliyunSTSAssumeRoleAccess", "Assuming roles.", `"sts:AssumeRole"`)
	return policies
}
