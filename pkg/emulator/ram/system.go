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
	add("AdministratorAccess", "Everything in the account.", `"*"`)
	for _, s := range []struct{ title, code, read string }{
		{"OSS", "oss", `"oss:Get*","oss:List*"`},
		{"RAM", "ram", `"ram:Get*","ram:List*"`},
		{"RDS", "rds", `"rds:Describe*"`},
		{"VPC", "vpc", `"vpc:Describe*"`},
	} {
		add("Aliyun"+s.title+"FullAccess", "Everything in "+s.title+".", `"`+s.code+`:*"`)
		add("Aliyun"+s.title+"ReadOnlyAccess", "Reading in "+s.title+".", s.read)
	}
	add("AliyunSTSAssumeRoleAccess", "Assuming roles.", `"sts:AssumeRole"`)
	return policies
}
