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

func TestAllowed_OldPolicyVersion_Ignored(t *testing.T) {
	e := newEnvironment(t)
	c := e.root(t)
	must(createUser(c, "u"))(t)
	must(createPolicy(c, "p", readOnly))(t)
	must(attach(c, "u", "Custom", "p"))(t)
	version := func(asDefault bool, rotate string) (string, error) {
		answer, err := c.CreatePolicyVersion(plain(sdk.CreateCreatePolicyVersionRequest(), func(r *sdk.CreatePolicyVersionRequest) {
			r.PolicyName, r.SetAsDefault, r.RotateStrategy = "p", requests.NewBoolean(asDefault), rotate
			r.PolicyDocument = strings.Replace(readOnly, "Get", "Put", 1)
		}))
		return answer.PolicyVersion.VersionId, err
	}
	remove := func(id string) error {
		_, err := c.DeletePolicyVersion(plain(sdk.CreateDeletePolicyVersionRequest(), func(r *sdk.DeletePolicyVersionRequest) {
			r.PolicyName, r.VersionId = "p", id
		}))
		return err
	}
	caller := cloud.Caller{AccountID: account, Kind: cloud.User, Name: "u"}
	must(version(false, ""))(t)
	if !e.Allowed(caller, "oss:GetObject", resource) || e.Allowed(caller, "oss:PutObject", resource) {
		t.Error("a version that is not the default one counts")
	}
	v3 := must(version(true, ""))(t)
	if e.Allowed(caller, "oss:GetObject", resource) || !e.Allowed(caller, "oss:PutObject", resource) {
		t.Error("the new default version does not count")
	}
	must(version(false, "None"))(t)
	must(version(false, ""))(t)
	_, err := version(false, "None")
	wantCode(t, err, "LimitExceeded.Policy.Version")
	for range 3 { // v1, v2 and, since v3 is the default one, v4 make room
		must(version(false, "DeleteOldestNonDefaultVersionWhenLimitExceeded"))(t)
	}
	list := must(c.ListPolicyVersions(plain(sdk.CreateListPolicyVersionsRequest(), func(r *sdk.ListPolicyVersionsRequest) {
		r.PolicyName, r.PolicyType = "p", "Custom"
	})))(t)
	var ids []string
	for _, v := range list.PolicyVersions.PolicyVersion {
		ids = append(ids, fmt.Sprint(v.VersionId, v.IsDefaultVersion))
	}
	if diff := cmp.Diff([]string{"v3true", "v5false", "v6false", "v7false", "v8false"}, ids); diff != "" {
		t.Errorf("versions (-want, +got):\n%s", diff)
	}

	wantCode(t, remove(v3), "DeleteConflict.Policy.Version.Default")
	wantCode(t, remove("v1"), "EntityNotExist.Policy.Version")
	must(detachFromU(c, "p"))(t)
	_, err = deleteP(c)
	wantCode(t, err, "DeleteConflict.Policy.Version")
	must(c.DeletePolicy(plain(sdk.CreateDeletePolicyRequest(), func(r *sdk.DeletePolicyRequest) {
		r.PolicyName = "p"
		r.QueryParams["CascadingDelete"] = "true"
	})))(t)
}

func TestAttachPolicyToUser_MoreThanLimit_Refused(t *testing.T) {
	e := newEnvironment(t)
	c := e.root(t)
	must(createUser(c, "u"))(t)
	must(attach(c, "u", "System", "AliyunOSSReadOnlyAccess"))(t) // has a quota of its own
	for i := range 11 {
		name := fmt.Sprint("p", i)
		must(createPolicy(c, name, readOnly))(t)
		_, err := attach(c, "u", "Custom", name)
		if i == 10 {
			wantCode(t, err, "LimitExceeded.User.Policy")
		} else if err != nil {
			t.Fatal(err)
		}
	}
	_, err := attach(c, "u", "Custom", "AliyunOSSReadOnlyAccess")
	wantCode(t, err, "EntityNotExist.Policy")
	_, err = detachFromU(c, "p10")
	wantCode(t, err, "EntityNotExist.User.Policy")
	list := must(c.ListPoliciesForUser(plain(sdk.CreateListPoliciesForUserRequest(), func(r *sdk.ListPoliciesForUserRequest) { r.UserName = "u" })))(t)
	if got := list.Policies.Policy; len(got) != 11 || got[0].PolicyType != "System" || got[1].PolicyName != "p0" {
		t.Errorf("policies of the user: %+v", got)
	}
}
