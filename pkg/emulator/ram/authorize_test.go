package ram_test

import (
	"reflect"
	"testing"

	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/emulator/cloud"
)

func TestAllowed_Callers_DecidedByPolicies(t *testing.T) {
	e := newEnvironment(t)
	c := e.root(t)
	must(createUser(c, "u"))(t)
	must(createPolicy(c, "p", readOnly))(t)
	must(attach(c, "u", "Custom", "p"))(t)
	if err := e.AddRole("reader", readOnly, `{"Version":"1","Statement":[{"Effect":"Allow","Action":"rds:*","Resource":"*"}]}`); err != nil {
		t.Fatal(err)
	}
	role := func(name, policy string) cloud.Caller {
		return cloud.Caller{AccountID: account, Kind: cloud.Role, Name: name, Policy: policy}
	}
	for name, c := range map[string]struct {
		caller           cloud.Caller
		action, resource string
		want             bool
	}{
		"the account, with its own":                 {cloud.Caller{AccountID: account}, "rds:CreateDBInstance", "*", true},
		"the account, with another's":               {cloud.Caller{AccountID: account}, "oss:GetObject", "acs:oss:*:9999999999999999:b/k", false},
		"another account":                           {cloud.Caller{AccountID: "9999999999999999"}, "oss:GetObject", resource, false},
		"a user, by its policy":                     {cloud.Caller{AccountID: account, Kind: cloud.User, Name: "u"}, "oss:GetObject", resource, true},
		"a user, beyond it":                         {cloud.Caller{AccountID: account, Kind: cloud.User, Name: "u"}, "oss:PutObject", resource, false},
		"a user that does not exist":                {cloud.Caller{AccountID: account, Kind: cloud.User, Name: "gone"}, "oss:GetObject", resource, false},
		"a role, by its policy":                     {role("reader", ""), "oss:GetObject", resource, true},
		"a role, by its other policy":               {role("reader", ""), "rds:DescribeDBInstances", "*", true},
		"a role, beyond them":                       {role("reader", ""), "oss:PutObject", resource, false},
		"a role that is not known":                  {role("other", ""), "oss:GetObject", resource, false},
		"a session's policy takes away":             {role("reader", `{"Version":"1","Statement":[{"Effect":"Allow","Action":"oss:*","Resource":"*"}]}`), "rds:DescribeDBInstances", "*", false},
		"a session's policy adds nothing":           {role("reader", `{"Version":"1","Statement":[{"Effect":"Allow","Action":"*","Resource":"*"}]}`), "oss:PutObject", resource, false},
		"both the role's and the session's policy":  {role("reader", `{"Version":"1","Statement":[{"Effect":"Allow","Action":"*","Resource":"*"}]}`), "oss:GetObject", resource, true},
		"a session's policy that cannot be read":    {role("reader", `{}`), "oss:GetObject", resource, false},
		"a kind of caller that does not exist here": {cloud.Caller{AccountID: account, Kind: 99}, "oss:GetObject", resource, false},
	} {
		t.Run(name, func(t *testing.T) {
			if got := e.Allowed(c.caller, c.action, c.resource); got != c.want {
				t.Errorf("Allowed = %v, want %v", got, c.want)
			}
		})
	}
	if err := e.AddRole("bad", "{}"); err == nil {
		t.Error("a role with a malformed document was added")
	}
}

func TestAllowed_DenyInOnePolicy_OverridesAllow(t *testing.T) {
	e := newEnvironment(t)
	c := e.root(t)
	must(createUser(c, "u"))(t)
	must(createPolicy(c, "deny", `{"Version":"1","Statement":[{"Effect":"Deny","Action":"oss:DeleteBucket","Resource":"*"}]}`))(t)
	must(attach(c, "u", "Custom", "deny"))(t)
	must(attach(c, "u", "System", "AdministratorAccess"))(t)
	caller := cloud.Caller{AccountID: account, Kind: cloud.User, Name: "u"}
	if e.Allowed(caller, "oss:DeleteBucket", "acs:oss:*:*:b") {
		t.Error("the denied action is allowed")
	}
	if !e.Allowed(caller, "oss:PutBucket", "acs:oss:*:*:b") {
		t.Error("another action is not allowed")
	}
}

func TestKey_Caller_HasNameAndARN(t *testing.T) {
	e := newEnvironment(t)
	c := e.root(t)
	id := must(createUser(c, "u"))(t).User.UserId
	key := must(createKey(c, "u"))(t).AccessKey
	for keyID, want := range map[string]cloud.Key{
		"testid": {Secret: "testsecret", Active: true, Caller: cloud.Caller{
			AccountID: account, AccessKeyID: "testid", Kind: cloud.Account, ARN: "acs:ram::1234567890123456:root",
		}},
		key.AccessKeyId: {Secret: key.AccessKeySecret, Active: true, Caller: cloud.Caller{
			AccountID: account, AccessKeyID: key.AccessKeyId, Kind: cloud.User, Name: "u", ID: id, ARN: "acs:ram::1234567890123456:user/u",
		}},
	} {
		got, ok := e.Key(keyID)
		if !ok || !reflect.DeepEqual(got, want) {
			t.Errorf("Key(%s) = %+v, %v, want %+v", keyID, got, ok, want)
		}
	}
	if _, ok := e.Key("unknown"); ok {
		t.Error("an unknown key is known")
	}
}
