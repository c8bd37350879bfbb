package beliefs_test

import (
	"testing"
	"time"
)

// user makes a RAM user with a key and, if actions is not empty, a policy that
// allows those actions on everything. All is removed at the end.
func (w *world) user(actions string) (name string, k key) {
	w.Helper()
	name = w.name()
	w.ram("CreateUser", "UserName", name).ok()
	w.Cleanup(func() { w.ram("DeleteUser", "UserName", name) })
	made := into[struct {
		AccessKey struct{ AccessKeyId, AccessKeySecret string }
	}](w.ram("CreateAccessKey", "UserName", name)).AccessKey
	w.Cleanup(func() { w.ram("DeleteAccessKey", "UserName", name, "UserAccessKeyId", made.AccessKeyId) })
	if actions != "" {
		w.attached(w.policy(`{"Version":"1","Statement":[{"Effect":"Allow","Action":"`+actions+`","Resource":"*"}]}`), name)
	}
	k = key{id: made.AccessKeyId, secret: made.AccessKeySecret}
	w.eventually("the new key is known", func() bool { return w.as(k).sts("GetCallerIdentity").status == 200 })
	return name, k
}

func (w *world) policy(document string) string {
	w.Helper()
	name := w.name()
	w.ram("CreatePolicy", "PolicyName", name, "PolicyDocument", document).ok()
	w.Cleanup(func() { w.ram("DeletePolicy", "PolicyName", name) })
	return name
}

func (w *world) attached(policy, user string) {
	w.Helper()
	w.ram("AttachPolicyToUser", "PolicyType", "Custom", "PolicyName", policy, "UserName", user).ok()
	w.Cleanup(func() { w.ram("DetachPolicyFromUser", "PolicyType", "Custom", "PolicyName", policy, "UserName", user) })
}

// eventually waits for what takes the real cloud seconds; the emulator is given
// one look.
func (w *world) eventually(what string, condition func() bool) {
	w.Helper()
	for tries := 0; !condition(); tries++ {
		if w.srv != nil || tries == 60 {
			w.Fatalf("%s: not so", what)
		}
		select {
		case <-time.After(2 * time.Second):
		case <-w.Context().Done():
			w.Fatal(w.Context().Err())
		}
	}
}

func TestA100ActionsOfPoliciesAreComparedWithoutCase(t *testing.T) {
	ask(t, free, func(w *world) {
		_, k := w.user("RAM:listusers")
		w.eventually("the policy counts", func() bool { return w.as(k).ram("ListUsers").status == 200 })
	})
}

func TestA101AttachingIsAuthorisedOnTheUserAlone(t *testing.T) {
	ask(t, free, func(w *world) {
		other := w.name()
		w.ram("CreateUser", "UserName", other).ok()
		w.Cleanup(func() { w.ram("DeleteUser", "UserName", other) })
		name, k := w.user("")
		limited := w.policy(`{"Version":"1","Statement":[{"Effect":"Allow","Action":"ram:AttachPolicyToUser","Resource":"acs:ram:*:*:user/` + other + `"}]}`)
		w.attached(limited, name)
		target := w.policy(`{"Version":"1","Statement":[{"Effect":"Deny","Action":"*","Resource":"*"}]}`)
		w.eventually("the key may attach", func() bool {
			return w.as(k).ram("AttachPolicyToUser", "PolicyType", "Custom", "PolicyName", target, "UserName", other).status == 200
		})
		w.ram("DetachPolicyFromUser", "PolicyType", "Custom", "PolicyName", target, "UserName", other).ok()
		w.as(k).ram("AttachPolicyToUser", "PolicyType", "Custom", "PolicyName", target, "UserName", name).want(403, "NoPermission")
	})
}

func TestA102AUserHasTwoKeysAtMost(t *testing.T) {
	ask(t, free, func(w *world) {
		name, _ := w.user("")
		second := into[struct{ AccessKey struct{ AccessKeyId string } }](w.ram("CreateAccessKey", "UserName", name)).AccessKey.AccessKeyId
		w.Cleanup(func() { w.ram("DeleteAccessKey", "UserName", name, "UserAccessKeyId", second) })
		w.ram("CreateAccessKey", "UserName", name).want(409, "LimitExceeded.User.AccessKey")
	})
}

func TestA103AUserGoesAfterItsKeysAndPolicies(t *testing.T) {
	ask(t, free, func(w *world) {
		name, k := w.user("ram:ListUsers")
		w.ram("DeleteUser", "UserName", name).want(409, "DeleteConflict.User.AccessKey")
		w.ram("DeleteAccessKey", "UserName", name, "UserAccessKeyId", k.id).ok()
		w.ram("DeleteUser", "UserName", name).want(409, "DeleteConflict.User.Policy")
	})
}

func TestA104WhatIsAttachedAlreadyIsAConflict(t *testing.T) {
	ask(t, free, func(w *world) {
		name, _ := w.user("")
		policy := w.policy(`{"Version":"1","Statement":[{"Effect":"Allow","Action":"ram:ListUsers","Resource":"*"}]}`)
		w.attached(policy, name)
		w.ram("AttachPolicyToUser", "PolicyType", "Custom", "PolicyName", policy, "UserName", name).want(409, "EntityAlreadyExists.User.Policy")
		w.ram("DeletePolicy", "PolicyName", policy).want(409, "DeleteConflict.Policy.User")
	})
}

func TestA105WhatIsNotAttachedIsNotFound(t *testing.T) {
	ask(t, free, func(w *world) {
		name, _ := w.user("")
		policy := w.policy(`{"Version":"1","Statement":[{"Effect":"Allow","Action":"ram:ListUsers","Resource":"*"}]}`)
		w.ram("DetachPolicyFromUser", "PolicyType", "Custom", "PolicyName", policy, "UserName", name).want(404, "EntityNotExist.User.Policy")
	})
}

func TestA106NamesOfPoliciesHaveNoUnderscore(t *testing.T) {
	ask(t, free, func(w *world) {
		w.ram("CreatePolicy", "PolicyName", "belief_1", "PolicyDocument", `{"Version":"1","Statement":[{"Effect":"Allow","Action":"*","Resource":"*"}]}`).
			want(400, "InvalidParameter.PolicyName.InvalidChars")
	})
}

func TestA107AnExplicitDenyIsStronger(t *testing.T) {
	ask(t, free, func(w *world) {
		name, k := w.user("ram:*")
		w.eventually("the policy counts", func() bool { return w.as(k).ram("ListUsers").status == 200 })
		w.attached(w.policy(`{"Version":"1","Statement":[{"Effect":"Deny","Action":"ram:List*","Resource":"*"}]}`), name)
		w.eventually("the denial counts", func() bool { return w.as(k).ram("ListUsers").code() == "NoPermission" })
	})
}

func TestA108APolicyOfAnotherVersionIsMalformed(t *testing.T) {
	ask(t, free, func(w *world) {
		w.ram("CreatePolicy", "PolicyName", w.name(), "PolicyDocument", `{"Version":"2","Statement":[]}`).want(400, "MalformedPolicyDocument")
	})
}

func TestA109APolicyWithVersionsIsDeletedAfterThem(t *testing.T) {
	ask(t, free, func(w *world) {
		const document = `{"Version":"1","Statement":[{"Effect":"Allow","Action":"ram:ListUsers","Resource":"*"}]}`
		name := w.policy(document)
		w.ram("CreatePolicyVersion", "PolicyName", name, "PolicyDocument", document).ok()
		w.ram("DeletePolicy", "PolicyName", name).want(409, "DeleteConflict.Policy.Version")
		w.ram("DeletePolicyVersion", "PolicyName", name, "VersionId", "v1").want(409, "DeleteConflict.Policy.Version.Default")
		w.ram("DeletePolicyVersion", "PolicyName", name, "VersionId", "v2").ok()
	})
}

func TestA120ASessionLivesForAQuarterOfAnHourAtLeast(t *testing.T) {
	ask(t, free, func(w *world) {
		_, k := w.user("sts:AssumeRole")
		role := "acs:ram::" + into[struct{ AccountId string }](w.sts("GetCallerIdentity")).AccountId + ":role/belief-none"
		w.as(k).sts("AssumeRole", "RoleArn", role, "RoleSessionName", "belief", "DurationSeconds", "899").
			want(400, "InvalidParameter.DurationSeconds")
		w.as(k).sts("AssumeRole", "RoleArn", "none", "RoleSessionName", "belief").want(400, "InvalidParameter.RoleArn")
		w.as(k).sts("AssumeRole", "RoleArn", role, "RoleSessionName", "b").want(400, "InvalidParameter.RoleSessionName")
	})
}

func TestA121ACallerIsAnAccountAUserOrARole(t *testing.T) {
	ask(t, free, func(w *world) {
		name, k := w.user("")
		me := into[struct{ IdentityType, Arn, AccountId string }](w.as(k).sts("GetCallerIdentity"))
		if me.IdentityType != "RAMUser" || me.Arn != "acs:ram::"+me.AccountId+":user/"+name {
			t.Errorf("a user is %+v", me)
		}
	})
}

func TestA122TheNameOfARoleIsLowerCaseInASession(t *testing.T) {
	ask(t, never, func(w *world) {
		_, k := w.user("sts:AssumeRole")
		me := into[struct{ AccountId string }](w.sts("GetCallerIdentity"))
		session := into[struct {
			AssumedRoleUser struct{ Arn string }
		}](w.as(k).sts("AssumeRole", "RoleArn", "acs:ram::"+me.AccountId+":role/EmulatedInstanceRole", "RoleSessionName", "Belief"))
		if want := "acs:ram::" + me.AccountId + ":assumed-role/emulatedinstancerole/Belief"; session.AssumedRoleUser.Arn != want {
			t.Errorf("the session is %s, want %s", session.AssumedRoleUser.Arn, want)
		}
	})
}

func TestA123MetadataNeedATokenWhereVersion1IsOff(t *testing.T) {
	ask(t, never, func(w *world) {
		if a := w.do("GET", w.srv.URL()+"/latest/meta-data/region-id", "metadata", nil); a.status != 403 {
			t.Errorf("metadata without a token are answered %d", a.status)
		}
		if a := w.do("GET", w.srv.URL()+"/latest/meta-data/region-id", "metadata", map[string][]string{"X-Aliyun-Ecs-Metadata-Token": {"x"}}); a.status != 401 {
			t.Errorf("metadata with a wrong token are answered %d", a.status)
		}
	})
}
