package ram_test

import (
	"testing"
	"time"

	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/emulator/cloud"
)

func TestWhoIsAllowed(t *testing.T) {
	w := newWorld(t)
	c := w.root(t)
	must(createUser(c, "u"))(t)
	must(createPolicy(c, "p", readOnly))(t)
	must(attach(c, "u", "Custom", "p"))(t)
	if err := w.AddRole("reader", readOnly, `{"Version":"1","Statement":[{"Effect":"Allow","Action":"rds:*","Resource":"*"}]}`); err != nil {
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
			if got := w.Allowed(c.caller, c.action, c.resource); got != c.want {
				t.Errorf("Allowed = %v, want %v", got, c.want)
			}
		})
	}
	if err := w.AddRole("bad", "{}"); err == nil {
		t.Error("a role with a malformed document was added")
	}
}

func TestADenyInOnePolicyIsStrongerThanAnAllowInAnother(t *testing.T) {
	w := newWorld(t)
	c := w.root(t)
	must(createUser(c, "u"))(t)
	must(createPolicy(c, "deny", `{"Version":"1","Statement":[{"Effect":"Deny","Action":"oss:DeleteBucket","Resource":"*"}]}`))(t)
	must(attach(c, "u", "Custom", "deny"))(t)
	must(attach(c, "u", "System", "AdministratorAccess"))(t)
	caller := cloud.Caller{AccountID: account, Kind: cloud.User, Name: "u"}
	if w.Allowed(caller, "oss:DeleteBucket", "acs:oss:*:*:b") {
		t.Error("the denied action is allowed")
	}
	if !w.Allowed(caller, "oss:PutBucket", "acs:oss:*:*:b") {
		t.Error("another action is not allowed")
	}
}

func TestSessionKeysAreForgottenADayAfterTheirEnd(t *testing.T) {
	w := newWorld(t)
	key := cloud.Key{Secret: "s", Token: "t", Active: true, Expires: w.clock.Now().Add(time.Hour)}
	w.AddSessionKey("STS.a", key)
	w.clock.Advance(2 * time.Hour)
	w.AddSessionKey("STS.b", cloud.Key{Secret: "s", Expires: w.clock.Now().Add(time.Hour)})
	if got, ok := w.Key("STS.a"); !ok || got.Token != "t" {
		t.Errorf("an expired key is gone too early: %+v, %v", got, ok)
	}
	w.clock.Advance(24 * time.Hour)
	w.AddSessionKey("STS.c", cloud.Key{Secret: "s", Expires: w.clock.Now().Add(time.Hour)})
	if _, ok := w.Key("STS.a"); ok {
		t.Error("a key that ended a day ago is still known")
	}
	if key, ok := w.Key("testid"); !ok || key.Caller.Kind != cloud.Account || key.Caller.ARN != "acs:ram::1234567890123456:root" {
		t.Errorf("the account's own key: %+v, %v", key, ok)
	}
}
