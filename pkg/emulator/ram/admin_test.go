package ram_test

import (
	"testing"

	"github.com/aliyun/alibaba-cloud-sdk-go/sdk/requests"
	sdk "github.com/aliyun/alibaba-cloud-sdk-go/services/ram"
	"github.com/google/go-cmp/cmp"
)

func TestGroups_ReadRenameList_Shown(t *testing.T) {
	c := newEnvironment(t).root(t)
	for _, name := range []string{"b", "a"} {
		must(createUser(c, name))(t)
		must(c.CreateGroup(plain(sdk.CreateCreateGroupRequest(), func(r *sdk.CreateGroupRequest) { r.GroupName, r.Comments = "g"+name, "of "+name })))(t)
		must(c.AddUserToGroup(plain(sdk.CreateAddUserToGroupRequest(), func(r *sdk.AddUserToGroupRequest) { r.GroupName, r.UserName = "gb", name })))(t)
	}
	rename := func(from, to string) error {
		_, err := c.UpdateGroup(plain(sdk.CreateUpdateGroupRequest(), func(r *sdk.UpdateGroupRequest) { r.GroupName, r.NewGroupName = from, to }))
		return err
	}
	wantCode(t, rename("gb", "ga"), "EntityAlreadyExists.Group")
	wantCode(t, rename("gb", "g!"), "InvalidParameter.NewGroupName.InvalidChars")
	if err := rename("gb", "gc"); err != nil {
		t.Fatal(err)
	}
	got := must(c.GetGroup(plain(sdk.CreateGetGroupRequest(), func(r *sdk.GetGroupRequest) { r.GroupName = "gc" })))(t).Group
	if got.Comments != "of b" || got.GroupName != "gc" {
		t.Errorf("group %+v", got)
	}
	_, err := c.GetGroup(plain(sdk.CreateGetGroupRequest(), func(r *sdk.GetGroupRequest) { r.GroupName = "gb" }))
	wantCode(t, err, "EntityNotExist.Group")
	members := func(marker string) *sdk.ListUsersForGroupResponse {
		return must(c.ListUsersForGroup(plain(sdk.CreateListUsersForGroupRequest(), func(r *sdk.ListUsersForGroupRequest) {
			r.GroupName, r.Marker, r.MaxItems = "gc", marker, requests.NewInteger(1)
		})))(t)
	}
	first := members("")
	second := members(first.Marker)
	if first.Users.User[0].UserName != "a" || !first.IsTruncated || second.Users.User[0].UserName != "b" || second.IsTruncated {
		t.Errorf("members %+v, then %+v", first, second)
	}
	var names []string
	for _, g := range must(c.ListGroups(plain(sdk.CreateListGroupsRequest(), nil)))(t).Groups.Group {
		names = append(names, g.GroupName)
	}
	if diff := cmp.Diff([]string{"ga", "gc"}, names); diff != "" {
		t.Errorf("groups (-want, +got):\n%s", diff)
	}
	must(createPolicy(c, "p", readOnly))(t)
	must(c.AttachPolicyToGroup(plain(sdk.CreateAttachPolicyToGroupRequest(), func(r *sdk.AttachPolicyToGroupRequest) {
		r.GroupName, r.PolicyType, r.PolicyName = "gc", "Custom", "p"
	})))(t)
	policies := must(c.ListPoliciesForGroup(plain(sdk.CreateListPoliciesForGroupRequest(), func(r *sdk.ListPoliciesForGroupRequest) { r.GroupName = "gc" })))(t)
	if len(policies.Policies.Policy) != 1 || policies.Policies.Policy[0].AttachDate == "" {
		t.Errorf("policies %+v", policies.Policies.Policy)
	}
}

func TestUpdateUser_Renamed_KeepsKeyAndGroups(t *testing.T) {
	e := newEnvironment(t)
	c := e.root(t)
	must(createUser(c, "u"))(t)
	must(createUser(c, "taken"))(t)
	key := must(createKey(c, "u"))(t).AccessKey
	update := func(change func(*sdk.UpdateUserRequest)) (*sdk.UpdateUserResponse, error) {
		return c.UpdateUser(plain(sdk.CreateUpdateUserRequest(), func(r *sdk.UpdateUserRequest) { r.UserName = "u"; change(r) }))
	}
	for want, change := range map[string]func(*sdk.UpdateUserRequest){
		"EntityAlreadyExists.User":                  func(r *sdk.UpdateUserRequest) { r.NewUserName = "taken" },
		"InvalidParameter.NewUserName.InvalidChars": func(r *sdk.UpdateUserRequest) { r.NewUserName = "u/u" },
		"InvalidParameter.NewEmail.Format":          func(r *sdk.UpdateUserRequest) { r.NewEmail = "unknown" },
		"InvalidParameter.NewMobilePhone.Format":    func(r *sdk.UpdateUserRequest) { r.NewMobilePhone = "123" },
	} {
		_, err := update(change)
		wantCode(t, err, want)
	}
	got := must(update(func(r *sdk.UpdateUserRequest) { r.NewUserName, r.NewEmail = "v", "v@example.com" }))(t).User
	if got.UserName != "v" || got.Email != "v@example.com" {
		t.Errorf("updated %+v", got)
	}
	if k, ok := e.Key(key.AccessKeyId); !ok || k.Caller.Name != "v" || k.Caller.ARN != "acs:ram::1234567890123456:user/v" {
		t.Errorf("the key is %+v", k.Caller)
	}
	must(deleteKey(c, "v", key.AccessKeyId))(t)
	_, err := c.GetUser(plain(sdk.CreateGetUserRequest(), func(r *sdk.GetUserRequest) { r.UserName = "u" }))
	wantCode(t, err, "EntityNotExist.User")
}

func TestDeleteUser_WithLoginProfile_Refused(t *testing.T) {
	c := newEnvironment(t).root(t)
	must(createUser(c, "u"))(t)
	create := func(password string) error {
		_, err := c.CreateLoginProfile(plain(sdk.CreateCreateLoginProfileRequest(), func(r *sdk.CreateLoginProfileRequest) {
			r.UserName, r.Password, r.PasswordResetRequired = "u", password, requests.NewBoolean(true)
		}))
		return err
	}
	get := func() (*sdk.GetLoginProfileResponse, error) {
		return c.GetLoginProfile(plain(sdk.CreateGetLoginProfileRequest(), func(r *sdk.GetLoginProfileRequest) { r.UserName = "u" }))
	}
	_, err := get()
	wantCode(t, err, "EntityNotExist.User.LoginProfile")
	wantCode(t, create("short"), "InvalidParameter.Password.TooWeak")
	if err := create("long enough"); err != nil {
		t.Fatal(err)
	}
	wantCode(t, create("long enough"), "EntityAlreadyExists.User.LoginProfile")
	must(c.UpdateLoginProfile(plain(sdk.CreateUpdateLoginProfileRequest(), func(r *sdk.UpdateLoginProfileRequest) {
		r.UserName, r.MFABindRequired = "u", requests.NewBoolean(true)
	})))(t)
	if p := must(get())(t).LoginProfile; !p.PasswordResetRequired || !p.MFABindRequired {
		t.Errorf("profile %+v", p)
	}
	_, err = deleteU(c)
	wantCode(t, err, "DeleteConflict.User.LoginProfile")
	must(c.DeleteLoginProfile(plain(sdk.CreateDeleteLoginProfileRequest(), func(r *sdk.DeleteLoginProfileRequest) { r.UserName = "u" })))(t)
	must(deleteU(c))(t)
}

func TestPolicyVersions_DefaultVersion_Counts(t *testing.T) {
	e := newEnvironment(t)
	c := e.root(t)
	must(createPolicy(c, "p", readOnly))(t)
	must(c.CreatePolicyVersion(plain(sdk.CreateCreatePolicyVersionRequest(), func(r *sdk.CreatePolicyVersionRequest) {
		r.PolicyName, r.PolicyDocument = "p", `{"Version":"1","Statement":[{"Effect":"Allow","Action":"oss:*","Resource":"*"}]}`
	})))(t)
	must(c.SetDefaultPolicyVersion(plain(sdk.CreateSetDefaultPolicyVersionRequest(), func(r *sdk.SetDefaultPolicyVersionRequest) {
		r.PolicyName, r.VersionId = "p", "v2"
	})))(t)
	version := func(id string) (*sdk.GetPolicyVersionResponse, error) {
		return c.GetPolicyVersion(plain(sdk.CreateGetPolicyVersionRequest(), func(r *sdk.GetPolicyVersionRequest) {
			r.PolicyType, r.PolicyName, r.VersionId = "Custom", "p", id
		}))
	}
	if v := must(version("v1"))(t).PolicyVersion; v.IsDefaultVersion || v.PolicyDocument != readOnly {
		t.Errorf("v1 is %+v", v)
	}
	if v := must(version("v2"))(t).PolicyVersion; !v.IsDefaultVersion {
		t.Errorf("v2 is %+v", v)
	}
	_, err := version("v3")
	wantCode(t, err, "EntityNotExist.Policy.Version")
}

func TestAccessKey_OfTheAccount_ActsAsTheAccount(t *testing.T) {
	e := newEnvironment(t)
	c := e.root(t)
	key := must(createKey(c, ""))(t).AccessKey
	must(createUser(e.client(t, key.AccessKeyId, key.AccessKeySecret), "u"))(t)
	if keys := e.Keys(); len(keys) != 1 || keys[0].ID != key.AccessKeyId || keys[0].User != "" {
		t.Errorf("keys %+v", keys)
	}
	saved, err := e.Snapshot()
	if err != nil {
		t.Fatal(err)
	}
	if err := e.Restore(saved); err != nil {
		t.Fatal(err)
	}
	list := must(c.ListAccessKeys(plain(sdk.CreateListAccessKeysRequest(), nil)))(t).AccessKeys.AccessKey
	if len(list) != 1 || list[0].AccessKeyId != key.AccessKeyId || list[0].Status != "Active" {
		t.Errorf("keys %+v", list)
	}
	must(c.UpdateAccessKey(plain(sdk.CreateUpdateAccessKeyRequest(), func(r *sdk.UpdateAccessKeyRequest) {
		r.UserAccessKeyId, r.Status = key.AccessKeyId, "Inactive"
	})))(t)
	_, err = createUser(e.client(t, key.AccessKeyId, key.AccessKeySecret), "v")
	wantCode(t, err, "InvalidAccessKeyId.Inactive")
	for range 4 {
		must(createKey(c, ""))(t)
	}
	_, err = createKey(c, "")
	wantCode(t, err, "LimitExceeded.User.AccessKey")
	must(deleteKey(c, "", key.AccessKeyId))(t)
	_, err = deleteKey(c, "", key.AccessKeyId)
	wantCode(t, err, "EntityNotExist.User.AccessKey")
}
