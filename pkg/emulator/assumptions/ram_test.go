package assumptions_test

import (
	"testing"
	"time"

	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/emulator/metadata"
)

// user makes a RAM user with a key and, if actions is not empty, a policy that
// allows these actions on everything. All are removed at the end.
func (e *environment) user(actions string) (name string, k key) {
	e.Helper()
	name = e.name()
	e.ram("CreateUser", "UserName", name).ok()
	e.Cleanup(func() { e.ram("DeleteUser", "UserName", name) })
	made := into[struct {
		AccessKey struct{ AccessKeyId, AccessKeySecret string }
	}](e.ram("CreateAccessKey", "UserName", name)).AccessKey
	e.Cleanup(func() { e.ram("DeleteAccessKey", "UserName", name, "UserAccessKeyId", made.AccessKeyId) })
	if actions != "" {
		e.attached(e.policy(`{"Version":"1","Statement":[{"Effect":"Allow","Action":"`+actions+`","Resource":"*"}]}`), name)
	}
	k = key{id: made.AccessKeyId, secret: made.AccessKeySecret}
	e.eventually("the new key is known", func() bool { return e.as(k).sts("GetCallerIdentity").status == 200 })
	return name, k
}

func (e *environment) policy(document string) string {
	e.Helper()
	name := e.name()
	e.ram("CreatePolicy", "PolicyName", name, "PolicyDocument", document).ok()
	e.Cleanup(func() { e.ram("DeletePolicy", "PolicyName", name) })
	return name
}

func (e *environment) attached(policy, user string) {
	e.Helper()
	e.ram("AttachPolicyToUser", "PolicyType", "Custom", "PolicyName", policy, "UserName", user).ok()
	e.Cleanup(func() { e.ram("DetachPolicyFromUser", "PolicyType", "Custom", "PolicyName", policy, "UserName", user) })
}

// eventually waits for an effect that takes the real cloud seconds; the
// emulator gets one try.
func (e *environment) eventually(what string, condition func() bool) {
	e.Helper()
	for tries := 0; !condition(); tries++ {
		if e.srv != nil || tries == 60 {
			e.Fatalf("%s: not so", what)
		}
		select {
		case <-time.After(2 * time.Second):
		case <-e.Context().Done():
			e.Fatal(e.Context().Err())
		}
	}
}

func TestA100_PolicyActions_CaseInsensitive(t *testing.T) {
	verify(t, free, func(e *environment) {
		_, k := e.user("RAM:listusers")
		e.eventually("the policy counts", func() bool { return e.as(k).ram("ListUsers").status == 200 })
	})
}

func TestA101_AttachPolicy_AuthorisedOnUser(t *testing.T) {
	verify(t, free, func(e *environment) {
		other := e.name()
		e.ram("CreateUser", "UserName", other).ok()
		e.Cleanup(func() { e.ram("DeleteUser", "UserName", other) })
		name, k := e.user("")
		limited := e.policy(`{"Version":"1","Statement":[{"Effect":"Allow","Action":"ram:AttachPolicyToUser","Resource":"acs:ram:*:*:user/` + other + `"}]}`)
		e.attached(limited, name)
		target := e.policy(`{"Version":"1","Statement":[{"Effect":"Deny","Action":"*","Resource":"*"}]}`)
		e.eventually("the key may attach", func() bool {
			return e.as(k).ram("AttachPolicyToUser", "PolicyType", "Custom", "PolicyName", target, "UserName", other).status == 200
		})
		e.ram("DetachPolicyFromUser", "PolicyType", "Custom", "PolicyName", target, "UserName", other).ok()
		e.as(k).ram("AttachPolicyToUser", "PolicyType", "Custom", "PolicyName", target, "UserName", name).want(403, "NoPermission")
	})
}

func TestA102_User_AtMostTwoKeys(t *testing.T) {
	verify(t, free, func(e *environment) {
		name, _ := e.user("")
		second := into[struct{ AccessKey struct{ AccessKeyId string } }](e.ram("CreateAccessKey", "UserName", name)).AccessKey.AccessKeyId
		e.Cleanup(func() { e.ram("DeleteAccessKey", "UserName", name, "UserAccessKeyId", second) })
		e.ram("CreateAccessKey", "UserName", name).want(409, "LimitExceeded.User.AccessKey")
	})
}

func TestA103_DeleteUserWithKeysOrPolicies_Conflict(t *testing.T) {
	verify(t, free, func(e *environment) {
		name, k := e.user("ram:ListUsers")
		e.ram("DeleteUser", "UserName", name).want(409, "DeleteConflict.User.AccessKey")
		e.ram("DeleteAccessKey", "UserName", name, "UserAccessKeyId", k.id).ok()
		e.ram("DeleteUser", "UserName", name).want(409, "DeleteConflict.User.Policy")
	})
}

func TestA104_AttachTwice_Conflict(t *testing.T) {
	verify(t, free, func(e *environment) {
		name, _ := e.user("")
		policy := e.policy(`{"Version":"1","Statement":[{"Effect":"Allow","Action":"ram:ListUsers","Resource":"*"}]}`)
		e.attached(policy, name)
		e.ram("AttachPolicyToUser", "PolicyType", "Custom", "PolicyName", policy, "UserName", name).want(409, "EntityAlreadyExists.User.Policy")
		e.ram("DeletePolicy", "PolicyName", policy).want(409, "DeleteConflict.Policy.User")
	})
}

func TestA105_DetachUnattached_NotFound(t *testing.T) {
	verify(t, free, func(e *environment) {
		name, _ := e.user("")
		policy := e.policy(`{"Version":"1","Statement":[{"Effect":"Allow","Action":"ram:ListUsers","Resource":"*"}]}`)
		e.ram("DetachPolicyFromUser", "PolicyType", "Custom", "PolicyName", policy, "UserName", name).want(404, "EntityNotExist.User.Policy")
	})
}

func TestA106_PolicyNameWithUnderscore_Refused(t *testing.T) {
	verify(t, free, func(e *environment) {
		e.ram("CreatePolicy", "PolicyName", "check_1", "PolicyDocument", `{"Version":"1","Statement":[{"Effect":"Allow","Action":"*","Resource":"*"}]}`).
			want(400, "InvalidParameter.PolicyName.InvalidChars")
	})
}

func TestA107_ExplicitDeny_OverridesAllow(t *testing.T) {
	verify(t, free, func(e *environment) {
		name, k := e.user("ram:*")
		e.eventually("the policy counts", func() bool { return e.as(k).ram("ListUsers").status == 200 })
		e.attached(e.policy(`{"Version":"1","Statement":[{"Effect":"Deny","Action":"ram:List*","Resource":"*"}]}`), name)
		e.eventually("the denial counts", func() bool { return e.as(k).ram("ListUsers").code() == "NoPermission" })
	})
}

func TestA108_OtherPolicyVersion_Malformed(t *testing.T) {
	verify(t, free, func(e *environment) {
		e.ram("CreatePolicy", "PolicyName", e.name(), "PolicyDocument", `{"Version":"2","Statement":[]}`).want(400, "MalformedPolicyDocument")
	})
}

func TestA109_DeletePolicyWithVersions_Conflict(t *testing.T) {
	verify(t, free, func(e *environment) {
		const document = `{"Version":"1","Statement":[{"Effect":"Allow","Action":"ram:ListUsers","Resource":"*"}]}`
		name := e.policy(document)
		e.ram("CreatePolicyVersion", "PolicyName", name, "PolicyDocument", document).ok()
		e.ram("DeletePolicy", "PolicyName", name).want(409, "DeleteConflict.Policy.Version")
		e.ram("DeletePolicyVersion", "PolicyName", name, "VersionId", "v1").want(409, "DeleteConflict.Policy.Version.Default")
		e.ram("DeletePolicyVersion", "PolicyName", name, "VersionId", "v2").ok()
	})
}

func TestA120_SessionDuration_AtLeast15Minutes(t *testing.T) {
	verify(t, free, func(e *environment) {
		_, k := e.user("sts:AssumeRole")
		role := "acs:ram::" + into[struct{ AccountId string }](e.sts("GetCallerIdentity")).AccountId + ":role/check-none"
		e.as(k).sts("AssumeRole", "RoleArn", role, "RoleSessionName", "check", "DurationSeconds", "899").
			want(400, "InvalidParameter.DurationSeconds")
		e.as(k).sts("AssumeRole", "RoleArn", "none", "RoleSessionName", "check").want(400, "InvalidParameter.RoleArn")
		e.as(k).sts("AssumeRole", "RoleArn", role, "RoleSessionName", "b").want(400, "InvalidParameter.RoleSessionName")
	})
}

func TestA121_CallerIdentity_AccountUserOrRole(t *testing.T) {
	verify(t, free, func(e *environment) {
		name, k := e.user("")
		me := into[struct{ IdentityType, Arn, AccountId string }](e.as(k).sts("GetCallerIdentity"))
		if me.IdentityType != "RAMUser" || me.Arn != "acs:ram::"+me.AccountId+":user/"+name {
			t.Errorf("a user is %+v", me)
		}
	})
}

func TestA122_SessionARN_LowerCaseRoleName(t *testing.T) {
	verify(t, never, func(e *environment) {
		_, k := e.user("sts:AssumeRole")
		me := into[struct{ AccountId string }](e.sts("GetCallerIdentity"))
		session := into[struct {
			AssumedRoleUser struct{ Arn string }
		}](e.as(k).sts("AssumeRole", "RoleArn", "acs:ram::"+me.AccountId+":role/EmulatedInstanceRole", "RoleSessionName", "Check"))
		if want := "acs:ram::" + me.AccountId + ":assumed-role/emulatedinstancerole/Check"; session.AssumedRoleUser.Arn != want {
			t.Errorf("the session is %s, want %s", session.AssumedRoleUser.Arn, want)
		}
	})
}

func TestA123_MetadataWithoutV1_RequiresToken(t *testing.T) {
	verify(t, never, func(e *environment) {
		if a := e.do("GET", e.srv.URL()+"/latest/meta-data/region-id", "metadata", nil); a.status != 403 {
			t.Errorf("metadata without a token are answered %d", a.status)
		}
		if a := e.do("GET", e.srv.URL()+"/latest/meta-data/region-id", "metadata", map[string][]string{"X-Aliyun-Ecs-Metadata-Token": {"x"}}); a.status != 401 {
			t.Errorf("metadata with a wrong token are answered %d", a.status)
		}
	})
}

func TestA450_MetadataWithoutTokens_AnswersWithoutThem(t *testing.T) {
	verify(t, never, func(e *environment) {
		e.srv.Metadata().Behave(func(b *metadata.Behaviour) { b.AllowV1, b.RefuseToken = true, true })
		if a := e.do("PUT", e.srv.URL()+"/latest/api/token", "metadata", map[string][]string{"X-Aliyun-Ecs-Metadata-Token-Ttl-Seconds": {"60"}}); a.status != 403 {
			t.Errorf("the PUT of a token is answered %d", a.status)
		}
		if a := e.do("GET", e.srv.URL()+"/latest/meta-data/region-id", "metadata", nil); a.status != 200 || a.body != "cn-hangzhou" {
			t.Errorf("metadata without a token are answered %d %q", a.status, a.body)
		}
	})
}
