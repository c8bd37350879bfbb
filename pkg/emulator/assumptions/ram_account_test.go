package assumptions_test

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"
)

const anyPolicy = `{"Version":"1","Statement":[{"Effect":"Allow","Action":"ram:ListUsers","Resource":"*"}]}`

// network makes a VPC, which is removed at the end.
// policyTags lists the tags of a policy as "key=value".
func (e *environment) policyTags(name string) string {
	e.Helper()
	names, _ := json.Marshal([]string{name}) // a list of texts always encodes
	list := []string{}
	for _, tag := range into[struct {
		TagResources []struct{ TagKey, TagValue string }
	}](e.ram("ListTagResources", "ResourceType", "policy", "ResourceNames", string(names))).TagResources {
		list = append(list, tag.TagKey+"="+tag.TagValue)
	}
	slices.Sort(list)
	return strings.Join(list, " ")
}

func TestA361_RAMTags_JSONTextAndPlainList(t *testing.T) {
	verify(t, free, func(e *environment) {
		name := e.name()
		e.ram("CreatePolicy", "PolicyName", name, "PolicyDocument", anyPolicy, "Tag", `[{"Key":"a","Value":"1"}]`).ok()
		e.Cleanup(func() { e.ram("DeletePolicy", "PolicyName", name) })
		e.ram("TagResources", "ResourceType", "policy", "ResourceNames", `["`+name+`"]`, "Tag", `[{"Key":"b","Value":"2"}]`).ok()
		e.eventually("both tags are listed", func() bool { return e.policyTags(name) == "a=1 b=2" })
		e.ram("UntagResources", "ResourceType", "policy", "ResourceNames", `["`+name+`"]`, "TagKeys", `["a"]`).ok()
		e.eventually("one tag is left", func() bool { return e.policyTags(name) == "b=2" })
	})
}

func TestA362_BadRAMTag_Refused(t *testing.T) {
	verify(t, free, func(e *environment) {
		name := e.policy(anyPolicy)
		tag := func(text string) answer {
			return e.ram("TagResources", "ResourceType", "policy", "ResourceNames", `["`+name+`"]`, "Tag", text)
		}
		tag(`[{"Key":"acs:x","Value":""}]`).want(400, "InvalidParameter.TagKey")
		tag(`[{"Key":"x","Value":"`+strings.Repeat("v", 257)+`"}]`).want(400, "InvalidParameter.TagValue")
		var many []string
		for i := range 21 {
			many = append(many, fmt.Sprintf(`{"Key":"k%d","Value":""}`, i))
		}
		tag("["+strings.Join(many, ",")+"]").want(400, "LimitExceeded.Tag")
		e.ram("ListTagResources", "ResourceType", "user").want(400, "InvalidParameter.ResourceType")
	})
}

func TestA363_DeletePolicyOfRole_Conflict(t *testing.T) {
	verify(t, free, func(e *environment) {
		policy, role := e.policy(anyPolicy), e.name()
		e.ram("CreateRole", "RoleName", role, "AssumeRolePolicyDocument",
			`{"Version":"1","Statement":[{"Effect":"Allow","Action":"sts:AssumeRole","Principal":{"Service":["ecs.aliyuncs.com"]}}]}`).ok()
		e.Cleanup(func() { e.ram("DeleteRole", "RoleName", role) })
		e.ram("AttachPolicyToRole", "RoleName", role, "PolicyType", "Custom", "PolicyName", policy).ok()
		e.Cleanup(func() { e.ram("DetachPolicyFromRole", "RoleName", role, "PolicyType", "Custom", "PolicyName", policy) })
		e.ram("DeletePolicy", "PolicyName", policy).want(409, "DeleteConflict.Role.Policy")
		e.ram("DeletePolicy", "PolicyName", policy, "CascadingDelete", "true").want(409, "DeleteConflict.Role.Policy")
	})
}

func TestA364_AccountWithoutAlias_HasItsID(t *testing.T) {
	verify(t, never, func(e *environment) {
		me := into[struct{ AccountId string }](e.sts("GetCallerIdentity")).AccountId
		if got := into[struct{ AccountAlias string }](e.ram("GetAccountAlias")); got.AccountAlias != me {
			t.Errorf("the alias is %q, want %s", got.AccountAlias, me)
		}
	})
}

func TestA365_UserWithoutDisplayName_StaysEmpty(t *testing.T) {
	verify(t, free, func(e *environment) {
		name, _ := e.user("")
		type answer struct {
			User struct{ UserName, DisplayName string }
		}
		if got := into[answer](e.ram("GetUser", "UserName", name)).User; got.UserName != name || got.DisplayName != "" {
			t.Errorf("the user is %+v", got)
		}
	})
}

func TestA366_MetadataPath_CaseInsensitive(t *testing.T) {
	verify(t, never, func(e *environment) {
		token := e.do("PUT", e.srv.URL()+"/latest/api/token", "metadata", map[string][]string{"X-Aliyun-Ecs-Metadata-Token-Ttl-Seconds": {"60"}}).ok().body
		get := func(path string) answer {
			return e.do("GET", e.srv.URL()+path, "metadata", map[string][]string{"X-Aliyun-Ecs-Metadata-Token": {token}}).ok()
		}
		role := get("/latest/meta-data/Ram/security-credentials/").body
		if keys := into[struct{ Code string }](get("/latest/meta-data/Ram/security-credentials/" + role)); keys.Code != "Success" {
			t.Errorf("keys %+v", keys)
		}
		if region := get("/Latest/Meta-Data/Region-ID").body; region != e.region {
			t.Errorf("region %q", region)
		}
	})
}

func TestA373_AccountKeys_AtMostFive(t *testing.T) {
	verify(t, never, func(e *environment) {
		for range 5 {
			made := into[struct {
				AccessKey struct{ AccessKeyId, AccessKeySecret string }
			}](e.ram("CreateAccessKey")).AccessKey
			k := key{id: made.AccessKeyId, secret: made.AccessKeySecret}
			if me := into[struct{ IdentityType string }](e.as(k).sts("GetCallerIdentity")); me.IdentityType != "Account" {
				t.Errorf("the key is one of %s", me.IdentityType)
			}
		}
		e.ram("CreateAccessKey").want(409, "LimitExceeded.User.AccessKey")
	})
}
