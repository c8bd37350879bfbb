package ram_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/aliyun/alibaba-cloud-sdk-go/sdk/requests"
	sdk "github.com/aliyun/alibaba-cloud-sdk-go/services/ram"
	"github.com/google/go-cmp/cmp"

	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/emulator/cloud"
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/emulator/ram"
)

// common makes a call by a common request of the SDK, whose RAM package lacks
// tags. The answer is decoded into the result.
func common(t *testing.T, c *sdk.Client, into any, action string, pairs ...string) error {
	t.Helper()
	r := requests.NewCommonRequest()
	r.Method, r.Scheme, r.Domain, r.Version, r.ApiName = "POST", "HTTP", c.Domain, "2015-05-01", action
	r.QueryParams["Format"] = "JSON"
	for i := 0; i+1 < len(pairs); i += 2 {
		r.QueryParams[pairs[i]] = pairs[i+1]
	}
	response, err := c.ProcessCommonRequest(r)
	if err != nil {
		return err
	}
	if into != nil {
		if err := json.Unmarshal(response.GetHttpContentBytes(), into); err != nil {
			t.Fatalf("%s is answered %s: %v", action, response.GetHttpContentString(), err)
		}
	}
	return nil
}

func mustCommon(t *testing.T, c *sdk.Client, into any, action string, pairs ...string) {
	t.Helper()
	if err := common(t, c, into, action, pairs...); err != nil {
		t.Fatalf("%s: %v", action, err)
	}
}

// tagsOf lists tags as "name key=value".
func tagsOf(t *testing.T, c *sdk.Client, pairs ...string) []string {
	t.Helper()
	var answer struct {
		TagResources []struct{ ResourceName, ResourceType, TagKey, TagValue string }
	}
	mustCommon(t, c, &answer, "ListTagResources", pairs...)
	list := []string{}
	for _, tag := range answer.TagResources {
		list = append(list, tag.ResourceType+" "+tag.ResourceName+" "+tag.TagKey+"="+tag.TagValue)
	}
	return list
}

func wantTags(t *testing.T, want, got []string) {
	t.Helper()
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("tags (-want, +got):\n%s", diff)
	}
}

// TestTags_RolesAndPolicies_ReadBack sends tags as JSON text, as Terraform's
// provider and the newest SDKs do.
func TestTags_RolesAndPolicies_ReadBack(t *testing.T) {
	e := newEnvironment(t)
	c := e.root(t)
	trust := `{"Version":"1","Statement":[{"Effect":"Allow","Action":"sts:AssumeRole","Principal":{"RAM":[],"Service":["ecs.aliyuncs.com"]}}]}`
	mustCommon(t, c, nil, "CreateRole", "RoleName", "r", "AssumeRolePolicyDocument", trust, "Tag", `[{"Key":"a","Value":"1"},{"Key":"b","Value":""}]`)
	mustCommon(t, c, nil, "CreatePolicy", "PolicyName", "p", "PolicyDocument", readOnly, "Tag", `[{"Key":"a","Value":"2"}]`)
	must(createPolicy(c, "bare", readOnly))(t)
	wantTags(t, []string{"role r a=1", "role r b="}, tagsOf(t, c, "ResourceType", "role", "ResourceNames", `["r"]`))
	wantTags(t, []string{}, tagsOf(t, c, "ResourceType", "policy", "ResourceNames", `["bare"]`))

	mustCommon(t, c, nil, "TagResources", "ResourceType", "policy", "ResourceNames", `["p","bare"]`, "Tag", `[{"Key":"c","Value":"3"},{"Key":"a","Value":"4"}]`)
	wantTags(t, []string{"policy bare a=4", "policy bare c=3", "policy p a=4", "policy p c=3"}, tagsOf(t, c, "ResourceType", "policy"))
	mustCommon(t, c, nil, "UntagResources", "ResourceType", "policy", "ResourceNames", `["p"]`, "TagKeys", `["c"]`)
	mustCommon(t, c, nil, "UntagResources", "ResourceType", "policy", "ResourceNames", `["bare"]`, "All", "true")
	wantTags(t, []string{"policy p a=4"}, tagsOf(t, c, "ResourceType", "policy", "Tag", `[{"Key":"a","Value":"4"}]`))

	var roles struct {
		Roles struct {
			Role []struct {
				RoleName string
				Tags     struct {
					Tag []struct{ TagKey, TagValue string }
				}
			}
		}
	}
	mustCommon(t, c, &roles, "ListRoles", "Tag", `[{"Key":"a","Value":"1"}]`)
	if list := roles.Roles.Role; len(list) != 1 || list[0].RoleName != "r" || len(list[0].Tags.Tag) != 2 || list[0].Tags.Tag[0].TagKey != "a" {
		t.Errorf("roles %+v", list)
	}
	var policies struct {
		Policies struct{ Policy []struct{ PolicyName string } }
	}
	mustCommon(t, c, &policies, "ListPolicies", "Tag", `[{"Key":"a","Value":"4"}]`)
	if list := policies.Policies.Policy; len(list) != 1 || list[0].PolicyName != "p" {
		t.Errorf("policies %+v", list)
	}

	mustCommon(t, c, nil, "SetAccountAlias", "AccountAlias", "a-bank")
	saved, err := e.Snapshot()
	if err != nil {
		t.Fatal(err)
	}
	again := ram.New(cloud.NewClock(), account)
	if err := again.Restore(saved); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(e.Roles(), again.Roles()); diff != "" || again.Roles()[0].Tags["a"] != "1" || again.Policies()[1].Tags["a"] != "4" {
		t.Errorf("restored %+v, %+v: roles (-want, +got):\n%s", again.Roles(), again.Policies(), diff)
	}
	if got, _ := again.Snapshot(); string(got) != string(saved) {
		t.Errorf("the restored state is %s, want %s", got, saved)
	}
}

func TestTags_BadInput_RefusedWithoutEffect(t *testing.T) {
	e := newEnvironment(t)
	c := e.root(t)
	mustCommon(t, c, nil, "CreatePolicy", "PolicyName", "p", "PolicyDocument", readOnly, "Tag", `[{"Key":"a","Value":"2"}]`)
	var many []string
	for i := range 21 {
		many = append(many, fmt.Sprintf(`{"Key":"k%d"}`, i))
	}
	before, _ := e.Snapshot()
	for _, tc := range []struct {
		code, action string
		pairs        []string
	}{
		{"MissingResourceType", "TagResources", []string{"ResourceNames", `["p"]`, "Tag", `[{"Key":"x"}]`}},
		{"MissingResourceNames", "TagResources", []string{"ResourceType", "policy", "Tag", `[{"Key":"x"}]`}},
		{"MissingTag", "TagResources", []string{"ResourceType", "policy", "ResourceNames", `["p"]`}},
		{"MissingTagKeys", "UntagResources", []string{"ResourceType", "policy", "ResourceNames", `["p"]`}},
		{"InvalidParameter.ResourceType", "ListTagResources", []string{"ResourceType", "user"}},
		{"InvalidParameter.ResourceNames", "ListTagResources", []string{"ResourceType", "role", "ResourceNames", "p"}},
		{"InvalidParameter.PageSize", "ListTagResources", []string{"ResourceType", "role", "PageSize", "101"}},
		{"InvalidParameter.NextToken", "ListTagResources", []string{"ResourceType", "role", "NextToken", "9"}},
		{"InvalidParameter.Tag.Format", "TagResources", []string{"ResourceType", "policy", "ResourceNames", `["p"]`, "Tag", "x=y"}},
		{"InvalidParameter.TagKey", "TagResources", []string{"ResourceType", "policy", "ResourceNames", `["p"]`, "Tag", `[{"Key":"acs:x"}]`}},
		{"InvalidParameter.TagValue", "TagResources", []string{"ResourceType", "policy", "ResourceNames", `["p"]`, "Tag", `[{"Key":"x","Value":"` + strings.Repeat("v", 257) + `"}]`}},
		{"LimitExceeded.Tag", "TagResources", []string{"ResourceType", "policy", "ResourceNames", `["p"]`, "Tag", "[" + strings.Join(many, ",") + "]"}},
		{"LimitExceeded.Tag", "TagResources", []string{"ResourceType", "policy", "ResourceNames", `["p"]`, "Tag", "[" + strings.Join(many[:20], ",") + "]"}},
		{"EntityNotExist.Policy", "TagResources", []string{"ResourceType", "policy", "ResourceNames", `["p","none"]`, "Tag", `[{"Key":"x"}]`}},
		{"EntityNotExist.Role", "UntagResources", []string{"ResourceType", "role", "ResourceNames", `["none"]`, "All", "true"}},
	} {
		wantCode(t, common(t, c, nil, tc.action, tc.pairs...), tc.code)
	}
	if after, _ := e.Snapshot(); string(after) != string(before) {
		t.Errorf("the state is %s, was %s", after, before)
	}
}

func TestListTagResources_Pages_ListEachTagOnce(t *testing.T) {
	c := newEnvironment(t).root(t)
	mustCommon(t, c, nil, "CreatePolicy", "PolicyName", "p", "PolicyDocument", readOnly, "Tag", `[{"Key":"a"},{"Key":"b"},{"Key":"c"}]`)
	var keys []string
	for token := ""; ; {
		var page struct {
			NextToken    string
			TagResources []struct{ TagKey string }
		}
		mustCommon(t, c, &page, "ListTagResources", "ResourceType", "policy", "PageSize", "2", "NextToken", token)
		for _, tag := range page.TagResources {
			keys = append(keys, tag.TagKey)
		}
		if token = page.NextToken; token == "" {
			break
		}
	}
	wantTags(t, []string{"a", "b", "c"}, keys)
}

func TestAccountAlias_SetAndCleared_ReadBack(t *testing.T) {
	c := newEnvironment(t).root(t)
	want := func(alias string) {
		t.Helper()
		var got struct{ AccountAlias string }
		if mustCommon(t, c, &got, "GetAccountAlias"); got.AccountAlias != alias {
			t.Errorf("alias %q, want %q", got.AccountAlias, alias)
		}
	}
	want(account)
	mustCommon(t, c, nil, "SetAccountAlias", "AccountAlias", "a-bank")
	want("a-bank")
	for _, bad := range []string{"A-bank", "a--bank", "-bank"} {
		wantCode(t, common(t, c, nil, "SetAccountAlias", "AccountAlias", bad), "InvalidParameter.AccountAlias.InvalidChars")
	}
	wantCode(t, common(t, c, nil, "SetAccountAlias", "AccountAlias", "ab"), "InvalidParameter.AccountAlias.Length")
	want("a-bank")
	mustCommon(t, c, nil, "ClearAccountAlias")
	want(account)
}

func TestUnbindMFADevice_UserWithoutDevice_NotFound(t *testing.T) {
	c := newEnvironment(t).root(t)
	must(createUser(c, "u"))(t)
	wantCode(t, common(t, c, nil, "UnbindMFADevice", "UserName", "u"), "EntityNotExist.User.MFADevice")
	wantCode(t, common(t, c, nil, "UnbindMFADevice", "UserName", "none"), "EntityNotExist.User")
}

func TestUpdatePolicyDescription_Policy_Changed(t *testing.T) {
	e := newEnvironment(t)
	c := e.root(t)
	must(createPolicy(c, "p", readOnly))(t)
	var answer struct {
		Policy struct{ PolicyName, Description, UpdateDate string }
	}
	mustCommon(t, c, &answer, "UpdatePolicyDescription", "PolicyName", "p", "NewDescription", "new")
	if answer.Policy.Description != "new" || answer.Policy.UpdateDate == "" || e.Policies()[0].Description != "new" {
		t.Errorf("answer %+v, policies %+v", answer, e.Policies())
	}
	wantCode(t, common(t, c, nil, "UpdatePolicyDescription", "PolicyName", "p", "NewDescription", strings.Repeat("d", 1025)), "InvalidParameter.NewDescription.Length")
	wantCode(t, common(t, c, nil, "UpdatePolicyDescription", "PolicyName", "none", "NewDescription", "d"), "EntityNotExist.Policy")
	wantCode(t, common(t, c, nil, "UpdatePolicyDescription", "PolicyName", "p"), "MissingNewDescription")
}

// TestRestore_OldState_MembersJoinedWhenUpdated loads a state without the
// members that later programs added.
func TestRestore_OldState_MembersJoinedWhenUpdated(t *testing.T) {
	e := newEnvironment(t)
	if err := e.Restore(json.RawMessage(`{"lastId":1,"users":[{"id":"1","name":"u","displayName":"u","created":"2026-01-02T03:04:05Z",
		"updated":"2026-02-02T03:04:05Z","groups":["g"]}],"groups":[{"id":"2","name":"g","created":"2026-01-02T03:04:05Z","updated":"2026-01-02T03:04:05Z"}]}`)); err != nil {
		t.Fatal(err)
	}
	var answer struct {
		Groups struct{ Group []struct{ JoinDate string } }
	}
	mustCommon(t, e.root(t), &answer, "ListGroupsForUser", "UserName", "u")
	if list := answer.Groups.Group; len(list) != 1 || list[0].JoinDate != "2026-02-02T03:04:05Z" {
		t.Errorf("groups %+v", list)
	}
}
