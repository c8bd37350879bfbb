package ram_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/aliyun/alibaba-cloud-sdk-go/sdk/requests"
	sdk "github.com/aliyun/alibaba-cloud-sdk-go/services/ram"
	"github.com/google/go-cmp/cmp"

	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/emulator/cloud"
)

func TestUser_WithKeyAndPolicy_CreatedUsedDeleted(t *testing.T) {
	e := newEnvironment(t)
	c := e.root(t)
	made := must(c.CreateUser(plain(sdk.CreateCreateUserRequest(), func(r *sdk.CreateUserRequest) {
		r.UserName, r.Comments = "u", "made for a binding"
	})))(t)
	if made.User.UserId == "" || made.User.CreateDate != "2026-03-04T05:06:07Z" || made.User.DisplayName != "" {
		t.Errorf("created %+v", made.User)
	}
	must(createPolicy(c, "p", readOnly))(t)
	must(attach(c, "u", "Custom", "p"))(t)
	key := must(createKey(c, "u"))(t).AccessKey
	if key.Status != "Active" || len(key.AccessKeyId) != 24 || len(key.AccessKeySecret) != 30 {
		t.Errorf("key %+v", key)
	}

	got := must(c.GetUser(plain(sdk.CreateGetUserRequest(), func(r *sdk.GetUserRequest) { r.UserName = "u" })))(t)
	if got.User.Comments != "made for a binding" || got.User.UserId != made.User.UserId {
		t.Errorf("GetUser gave %+v", got.User)
	}
	entities := must(c.ListEntitiesForPolicy(plain(sdk.CreateListEntitiesForPolicyRequest(), func(r *sdk.ListEntitiesForPolicyRequest) {
		r.PolicyName, r.PolicyType = "p", "Custom"
	})))(t)
	if len(entities.Users.User) != 1 || entities.Users.User[0].UserName != "u" {
		t.Errorf("entities %+v", entities.Users)
	}
	_, err := createUser(c, "u")
	wantCode(t, err, "EntityAlreadyExists.User")
	_, err = createPolicy(c, "p", readOnly)
	wantCode(t, err, "EntityAlreadyExists.Policy")
	_, err = attach(c, "u", "Custom", "p")
	wantCode(t, err, "EntityAlreadyExists.User.Policy")

	_, err = deleteU(c)
	wantCode(t, err, "DeleteConflict.User.AccessKey")
	must(deleteKey(c, "u", key.AccessKeyId))(t)
	_, err = deleteU(c)
	wantCode(t, err, "DeleteConflict.User.Policy")
	_, err = deleteP(c)
	wantCode(t, err, "DeleteConflict.Policy.User")
	must(detachFromU(c, "p"))(t)
	must(deleteP(c))(t)
	must(deleteU(c))(t)

	_, err = detachFromU(c, "p")
	wantCode(t, err, "EntityNotExist.User")
	_, err = deleteKey(c, "u", key.AccessKeyId)
	wantCode(t, err, "EntityNotExist.User")
	_, err = deleteP(c)
	wantCode(t, err, "EntityNotExist.Policy")
	if len(e.Users())+len(e.Keys())+len(e.Policies()) != 0 {
		t.Errorf("left: %v %v %v", e.Users(), e.Keys(), e.Policies())
	}
}

func TestCreateAccessKey_SecretShownOnce_ThirdRefused(t *testing.T) {
	e := newEnvironment(t)
	c := e.root(t)
	must(createUser(c, "u"))(t)
	for range 2 {
		must(createKey(c, "u"))(t)
	}
	_, err := createKey(c, "u")
	wantCode(t, err, "LimitExceeded.User.AccessKey")
	list := must(c.ListAccessKeys(plain(sdk.CreateListAccessKeysRequest(), func(r *sdk.ListAccessKeysRequest) { r.UserName = "u" })))(t)
	if len(list.AccessKeys.AccessKey) != 2 {
		t.Fatalf("listed %+v", list.AccessKeys)
	}
	for _, k := range list.AccessKeys.AccessKey {
		key, _ := e.Key(k.AccessKeyId)
		if k.AccessKeySecret != "" || key.Secret == "" || strings.Contains(list.GetHttpContentString(), key.Secret) {
			t.Errorf("listed with its secret: %+v", k)
		}
	}
}

func TestAccessKey_InactiveOrDeleted_Refused(t *testing.T) {
	e := newEnvironment(t)
	c := e.root(t)
	must(createUser(c, "u"))(t)
	id := must(createKey(c, "u"))(t).AccessKey.AccessKeyId
	update := func(status string) error {
		_, err := c.UpdateAccessKey(plain(sdk.CreateUpdateAccessKeyRequest(), func(r *sdk.UpdateAccessKeyRequest) {
			r.UserName, r.UserAccessKeyId, r.Status = "u", id, status
		}))
		return err
	}
	for status, active := range map[string]bool{"Inactive": false, "Active": true} {
		if err := update(status); err != nil {
			t.Fatal(err)
		}
		if key, ok := e.Key(id); !ok || key.Active != active || key.Caller.Name != "u" || key.Caller.Kind != cloud.User {
			t.Errorf("%s key: %+v, %v", status, key, ok)
		}
	}
	wantCode(t, update("Disabled"), "InvalidParameter.Status")
	must(deleteKey(c, "u", id))(t)
	if _, ok := e.Key(id); ok {
		t.Error("a deleted key is still known")
	}
	_, err := deleteKey(c, "u", id)
	wantCode(t, err, "EntityNotExist.User.AccessKey")
}

func TestCreate_BadNamesAndTexts_Refused(t *testing.T) {
	c := newEnvironment(t).root(t)
	user := func(name, comments string) error {
		_, err := c.CreateUser(plain(sdk.CreateCreateUserRequest(), func(r *sdk.CreateUserRequest) { r.UserName, r.Comments = name, comments }))
		return err
	}
	policy := func(name, text string) error { _, err := createPolicy(c, name, text); return err }
	long := func(n int) string { return strings.Repeat("a", n) }
	for name, check := range map[string]struct {
		err  error
		code string
	}{
		"user name missing":         {user("", ""), "MissingUserName"},
		"user name too long":        {user(long(65), ""), "InvalidParameter.UserName.Length"},
		"user name with a slash":    {user("a/b", ""), "InvalidParameter.UserName.InvalidChars"},
		"comments too long":         {user("u", long(129)), "InvalidParameter.Comments.Length"},
		"policy name too long":      {policy(long(129), readOnly), "InvalidParameter.PolicyName.Length"},
		"policy name with a dot":    {policy("a.b", readOnly), "InvalidParameter.PolicyName.InvalidChars"},
		"policy name with a line":   {policy("a_b", readOnly), "InvalidParameter.PolicyName.InvalidChars"},
		"policy document missing":   {policy("p", ""), "MissingPolicyDocument"},
		"policy document too long":  {policy("p", readOnly+strings.Repeat(" ", 6144)), "InvalidParameter.PolicyDocument.Length"},
		"policy document malformed": {policy("p", "{}"), "MalformedPolicyDocument"},
	} {
		t.Run(name, func(t *testing.T) { wantCode(t, check.err, check.code) })
	}
	if err := user(long(64), long(128)); err != nil {
		t.Errorf("a user at the limits: %v", err)
	}
	if err := policy(long(128), readOnly); err != nil {
		t.Errorf("a policy at the limits: %v", err)
	}
	_, err := attach(c, long(64), "Other", long(128))
	wantCode(t, err, "InvalidParameter.PolicyType")
}

func TestGroup_Policies_ApplyToMembers(t *testing.T) {
	e := newEnvironment(t)
	c := e.root(t)
	must(createUser(c, "u"))(t)
	must(createPolicy(c, "p", readOnly))(t)
	must(c.CreateGroup(plain(sdk.CreateCreateGroupRequest(), func(r *sdk.CreateGroupRequest) { r.GroupName = "g" })))(t)
	must(c.AttachPolicyToGroup(plain(sdk.CreateAttachPolicyToGroupRequest(), func(r *sdk.AttachPolicyToGroupRequest) {
		r.GroupName, r.PolicyType, r.PolicyName = "g", "Custom", "p"
	})))(t)
	caller := cloud.Caller{AccountID: account, Kind: cloud.User, Name: "u"}
	if e.Allowed(caller, "oss:GetObject", resource) {
		t.Error("allowed before it is a member")
	}
	member := plain(sdk.CreateAddUserToGroupRequest(), func(r *sdk.AddUserToGroupRequest) { r.GroupName, r.UserName = "g", "u" })
	must(c.AddUserToGroup(member))(t)
	if !e.Allowed(caller, "oss:GetObject", resource) {
		t.Error("not allowed as a member")
	}
	groups := must(c.ListGroupsForUser(plain(sdk.CreateListGroupsForUserRequest(), func(r *sdk.ListGroupsForUserRequest) { r.UserName = "u" })))(t)
	if len(groups.Groups.Group) != 1 || groups.Groups.Group[0].GroupName != "g" {
		t.Errorf("groups %+v", groups.Groups)
	}
	remove := func() error {
		_, err := c.DeleteGroup(plain(sdk.CreateDeleteGroupRequest(), func(r *sdk.DeleteGroupRequest) { r.GroupName = "g" }))
		return err
	}
	_, err := deleteP(c)
	wantCode(t, err, "DeleteConflict.Policy.Group")
	_, err = deleteU(c)
	wantCode(t, err, "DeleteConflict.User.Group")
	wantCode(t, remove(), "DeleteConflict.Group.User")
	must(c.RemoveUserFromGroup(plain(sdk.CreateRemoveUserFromGroupRequest(), func(r *sdk.RemoveUserFromGroupRequest) { r.GroupName, r.UserName = "g", "u" })))(t)
	wantCode(t, remove(), "DeleteConflict.Group.Policy")
	must(c.DetachPolicyFromGroup(plain(sdk.CreateDetachPolicyFromGroupRequest(), func(r *sdk.DetachPolicyFromGroupRequest) {
		r.GroupName, r.PolicyType, r.PolicyName = "g", "Custom", "p"
	})))(t)
	if err := remove(); err != nil {
		t.Error(err)
	}
	if e.Allowed(caller, "oss:GetObject", resource) || len(e.Groups()) != 0 {
		t.Error("the group is gone and still counts")
	}
}

func TestLists_Pages_Complete(t *testing.T) {
	c := newEnvironment(t).root(t)
	for i := range 5 {
		must(createUser(c, fmt.Sprint("u", i)))(t)
	}
	var names []string
	for marker, more := "", true; more; {
		answer := must(c.ListUsers(plain(sdk.CreateListUsersRequest(), func(r *sdk.ListUsersRequest) {
			r.MaxItems, r.Marker = requests.NewInteger(2), marker
		})))(t)
		for _, u := range answer.Users.User {
			names = append(names, u.UserName)
		}
		marker, more = answer.Marker, answer.IsTruncated
	}
	if diff := cmp.Diff([]string{"u0", "u1", "u2", "u3", "u4"}, names); diff != "" {
		t.Errorf("users (-want, +got):\n%s", diff)
	}
	_, err := c.ListUsers(plain(sdk.CreateListUsersRequest(), func(r *sdk.ListUsersRequest) { r.MaxItems = requests.NewInteger(1001) }))
	wantCode(t, err, "InvalidParameter.MaxItems")

	must(createPolicy(c, "p", readOnly))(t)
	for kind, want := range map[string]int{"Custom": 1, "System": 31, "": 32} {
		answer := must(c.ListPolicies(plain(sdk.CreateListPoliciesRequest(), func(r *sdk.ListPoliciesRequest) { r.PolicyType = kind })))(t)
		if got := len(answer.Policies.Policy); got != want {
			t.Errorf("%d policies of type %q, want %d", got, kind, want)
		}
	}
}

func TestGateway_UserPolicy_DecidesOnRAMCalls(t *testing.T) {
	e := newEnvironment(t)
	root := e.root(t)
	must(createUser(root, "u"))(t)
	key := must(createKey(root, "u"))(t).AccessKey
	c := e.client(t, key.AccessKeyId, key.AccessKeySecret)
	_, err := createUser(c, "v")
	wantCode(t, err, "NoPermission")
	must(createPolicy(root, "p", `{"Version":"1","Statement":[{"Effect":"Allow","Action":["ram:*AccessKey*"],"Resource":"acs:ram:*:*:user/u"},
		{"Effect":"Deny","Action":["ram:DeleteAccessKey"],"Resource":"*"}]}`))(t)
	must(attach(root, "u", "Custom", "p"))(t)
	_, err = createUser(c, "v")
	wantCode(t, err, "NoPermission")
	must(createKey(c, ""))(t) // its own
	if keys := e.Users()[0].Keys; len(keys) != 2 {
		t.Errorf("keys of the user: %v", keys)
	}
	_, err = deleteKey(c, "", key.AccessKeyId)
	wantCode(t, err, "NoPermission")
}
