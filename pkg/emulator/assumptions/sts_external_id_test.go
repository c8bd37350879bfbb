package assumptions_test

import "testing"

func TestA520_ExternalIDOfTrust_IsRequired(t *testing.T) {
	verify(t, free, func(e *environment) {
		me := into[struct{ AccountId string }](e.sts("GetCallerIdentity")).AccountId
		name, k := e.user("sts:AssumeRole")
		role := e.name()
		e.ram("CreateRole", "RoleName", role, "AssumeRolePolicyDocument",
			`{"Version":"1","Statement":[{"Effect":"Allow","Action":"sts:AssumeRole","Principal":{"RAM":["acs:ram::`+me+`:user/`+name+`"]},`+
				`"Condition":{"StringEquals":{"sts:ExternalId":"bank-1"}}}]}`).ok()
		e.Cleanup(func() { e.ram("DeleteRole", "RoleName", role) })
		assume := func(pairs ...string) answer {
			return e.as(k).sts("AssumeRole", append([]string{"RoleArn", "acs:ram::" + me + ":role/" + role, "RoleSessionName", "Check"}, pairs...)...)
		}
		assume("ExternalId", "bank-1").ok()
		assume("ExternalId", "Bank-1").want(403, "NoPermission")
		assume().want(403, "NoPermission")
	})
}
