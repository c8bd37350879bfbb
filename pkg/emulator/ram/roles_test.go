package ram_test

import (
	"testing"
	"time"

	"github.com/aliyun/alibaba-cloud-sdk-go/sdk/requests"
	sdk "github.com/aliyun/alibaba-cloud-sdk-go/services/ram"

	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/emulator/cloud"
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/emulator/ram"
)

func trust(principal, condition string) string {
	if condition != "" {
		condition = `,"Condition":{` + condition + `}`
	}
	return `{"Version":"1","Statement":[{"Effect":"Allow","Action":"sts:AssumeRole","Principal":{` + principal + `}` + condition + `}]}`
}

const rootTrust = `"RAM":["acs:ram::1234567890123456:root"]`

func createRole(c *sdk.Client, name, document string, change ...func(*sdk.CreateRoleRequest)) (*sdk.CreateRoleResponse, error) {
	return c.CreateRole(plain(sdk.CreateCreateRoleRequest(), func(r *sdk.CreateRoleRequest) {
		r.RoleName, r.AssumeRolePolicyDocument = name, document
		for _, f := range change {
			f(r)
		}
	}))
}

func attachToRole(c *sdk.Client, kind, name string) (*sdk.AttachPolicyToRoleResponse, error) {
	return c.AttachPolicyToRole(plain(sdk.CreateAttachPolicyToRoleRequest(), func(r *sdk.AttachPolicyToRoleRequest) {
		r.RoleName, r.PolicyType, r.PolicyName = "r", kind, name
	}))
}

func detachFromRole(c *sdk.Client) (*sdk.DetachPolicyFromRoleResponse, error) {
	return c.DetachPolicyFromRole(plain(sdk.CreateDetachPolicyFromRoleRequest(), func(r *sdk.DetachPolicyFromRoleRequest) {
		r.RoleName, r.PolicyType, r.PolicyName = "r", "Custom", "p"
	}))
}

func deleteRole(c *sdk.Client) (*sdk.DeleteRoleResponse, error) {
	return c.DeleteRole(plain(sdk.CreateDeleteRoleRequest(), func(r *sdk.DeleteRoleRequest) { r.RoleName = "r" }))
}

func TestRole_Lifecycle_CreatedUsedDeleted(t *testing.T) {
	e := newEnvironment(t)
	c := e.root(t)
	made := must(createRole(c, "r", trust(rootTrust, ""), func(r *sdk.CreateRoleRequest) {
		r.Description, r.MaxSessionDuration = "d", requests.NewInteger(7200)
	}))(t).Role
	if made.Arn != "acs:ram::1234567890123456:role/r" || made.RoleId == "" || made.MaxSessionDuration != 7200 || made.AssumeRolePolicyDocument != trust(rootTrust, "") {
		t.Errorf("created %+v", made)
	}
	must(createPolicy(c, "p", readOnly))(t)
	must(attachToRole(c, "Custom", "p"))(t)
	_, err := attachToRole(c, "Custom", "p")
	wantCode(t, err, "EntityAlreadyExists.Role.Policy")
	session := cloud.Caller{AccountID: account, Kind: cloud.Role, Name: "r"}
	if !e.Allowed(session, "oss:GetObject", resource) {
		t.Error("a session is denied an action of the role's policy")
	}
	entities := must(c.ListEntitiesForPolicy(plain(sdk.CreateListEntitiesForPolicyRequest(), func(r *sdk.ListEntitiesForPolicyRequest) {
		r.PolicyType, r.PolicyName = "Custom", "p"
	})))(t)
	if roles := entities.Roles.Role; len(roles) != 1 || roles[0].RoleName != "r" || roles[0].AttachDate == "" {
		t.Errorf("the policy is attached to the roles %+v", roles)
	}
	policies := must(c.ListPoliciesForRole(plain(sdk.CreateListPoliciesForRoleRequest(), func(r *sdk.ListPoliciesForRoleRequest) { r.RoleName = "r" })))(t)
	if len(policies.Policies.Policy) != 1 {
		t.Errorf("the role has the policies %+v", policies.Policies.Policy)
	}
	_, err = deleteRole(c)
	wantCode(t, err, "DeleteConflict.Role.Policy")
	_, err = deleteP(c)
	wantCode(t, err, "DeleteConflict.Role.Policy")
	if state := e.Roles(); len(state) != 1 || len(state[0].Policies) != 1 || state[0].Policies[0] != "Custom/p" {
		t.Errorf("state %+v", state)
	}
	must(detachFromRole(c))(t)
	_, err = detachFromRole(c)
	wantCode(t, err, "EntityNotExist.Role.Policy")
	if e.Allowed(session, "oss:GetObject", resource) {
		t.Error("a session is allowed an action of a detached policy")
	}
	other := trust(`"Service":["ecs.aliyuncs.com"]`, "")
	must(c.UpdateRole(plain(sdk.CreateUpdateRoleRequest(), func(r *sdk.UpdateRoleRequest) { r.RoleName, r.NewAssumeRolePolicyDocument = "r", other })))(t)
	got := must(c.GetRole(plain(sdk.CreateGetRoleRequest(), func(r *sdk.GetRoleRequest) { r.RoleName = "r" })))(t).Role
	if got.AssumeRolePolicyDocument != other || got.Description != "d" || got.MaxSessionDuration != 7200 {
		t.Errorf("after an update of the trust: %+v", got)
	}
	if list := must(c.ListRoles(plain(sdk.CreateListRolesRequest(), nil)))(t); len(list.Roles.Role) != 1 {
		t.Errorf("roles %+v", list.Roles.Role)
	}
	must(deleteRole(c))(t)
	_, err = deleteRole(c)
	wantCode(t, err, "EntityNotExist.Role")
}

func TestCreateRole_BadRequest_Refused(t *testing.T) {
	c := newEnvironment(t).root(t)
	must(createRole(c, "r", trust(rootTrust, "")))(t)
	for name, tc := range map[string]struct{ role, document, session, want string }{
		"again":                    {"r", trust(rootTrust, ""), "", "EntityAlreadyExists.Role"},
		"name":                     {"r_r", trust(rootTrust, ""), "", "InvalidParameter.RoleName.InvalidChars"},
		"no document":              {"x", "", "", "MissingAssumeRolePolicyDocument"},
		"document of no trust":     {"x", readOnly, "", "MalformedPolicyDocument"},
		"no principal":             {"x", trust("", ""), "", "MalformedPolicyDocument"},
		"another principal":        {"x", trust(`"AWS":"*"`, ""), "", "MalformedPolicyDocument"},
		"principals of no names":   {"x", trust(`"RAM":[]`, ""), "", "MalformedPolicyDocument"},
		"a condition of no values": {"x", trust(rootTrust, `"Bool":{"acs:SecureTransport":[]}`), "", "MalformedPolicyDocument"},
		"too short a session":      {"x", trust(rootTrust, ""), "3599", "InvalidParameter.MaxSessionDuration"},
		"too long a session":       {"x", trust(rootTrust, ""), "43201", "InvalidParameter.MaxSessionDuration"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := createRole(c, tc.role, tc.document, func(r *sdk.CreateRoleRequest) { r.MaxSessionDuration = requests.Integer(tc.session) })
			wantCode(t, err, tc.want)
		})
	}
}

func TestAssumableRole_TrustPolicy_Decides(t *testing.T) {
	alice := cloud.Principal{RAM: []string{"acs:ram::1234567890123456:user/alice", "acs:ram::1234567890123456:root"}, Origin: cloud.Origin{Secure: true}}
	withID := alice
	withID.Facts = map[string][]string{"sts:ExternalId": {"e1"}}
	pod := cloud.Principal{Federated: "acs:ram::1234567890123456:oidc-provider/p", Facts: map[string][]string{"oidc:sub": {"system:serviceaccount:a:b"}, "oidc:aud": {"x", "sts.aliyuncs.com"}}}
	for name, tc := range map[string]struct {
		trust     string
		principal cloud.Principal
		want      bool
	}{
		"the account's users":              {trust(rootTrust, ""), alice, true},
		"one user":                         {trust(`"RAM":"acs:ram::1234567890123456:user/alice"`, ""), alice, true},
		"another user":                     {trust(`"RAM":"acs:ram::1234567890123456:user/bob"`, ""), alice, false},
		"another account":                  {trust(`"RAM":"acs:ram::9999999999999999:root"`, ""), alice, false},
		"a service is no user":             {trust(`"Service":"ecs.aliyuncs.com"`, ""), alice, false},
		"the service":                      {trust(`"Service":"ecs.aliyuncs.com"`, ""), cloud.Principal{Service: "ecs.aliyuncs.com"}, true},
		"the external id":                  {trust(rootTrust, `"StringEquals":{"sts:ExternalId":"e1"}`), withID, true},
		"another external id":              {trust(rootTrust, `"StringEquals":{"sts:ExternalId":"e2"}`), withID, false},
		"no external id where one must be": {trust(rootTrust, `"StringEquals":{"sts:ExternalId":"e1"}`), alice, false},
		"over TLS":                         {trust(rootTrust, `"Bool":{"acs:SecureTransport":"true"}`), alice, true},
		"the pod":                          {trust(`"Federated":"acs:ram::1234567890123456:oidc-provider/p"`, `"StringEquals":{"oidc:aud":"sts.aliyuncs.com","oidc:sub":"system:serviceaccount:a:b"}`), pod, true},
		"another pod":                      {trust(`"Federated":"acs:ram::1234567890123456:oidc-provider/p"`, `"StringEquals":{"oidc:sub":"system:serviceaccount:a:c"}`), pod, false},
		"an action of another name":        {`{"Version":"1","Statement":[{"Effect":"Allow","Action":"sts:GetCallerIdentity","Principal":{` + rootTrust + `}}]}`, alice, false},
		"a Deny beside the Allow": {`{"Version":"1","Statement":[{"Effect":"Allow","Action":"sts:AssumeRole","Principal":{` + rootTrust + `}},` +
			`{"Effect":"Deny","Action":"sts:*","Principal":{"RAM":"acs:ram::1234567890123456:user/alice"}}]}`, alice, false},
	} {
		t.Run(name, func(t *testing.T) {
			e := ram.New(cloud.NewClock(), account)
			if err := e.AddTrustedRole("r", tc.trust); err != nil {
				t.Fatal(err)
			}
			if _, exists, trusted := e.AssumableRole("r", tc.principal); !exists || trusted != tc.want {
				t.Errorf("exists %v, trusted %v; want trusted %v", exists, trusted, tc.want)
			}
		})
	}
}

func TestBehaviour_Lags_DelayReadsAndDecisions(t *testing.T) {
	e := newEnvironment(t)
	e.Behave(func(b *ram.Behaviour) {
		b.KeyLag, b.PolicyLag, b.RevokeLag, b.DetachLag = 3*time.Second, 5*time.Second, 4*time.Second, 10*time.Second
	})
	c := e.root(t)
	must(createUser(c, "u"))(t)
	key := must(createKey(c, "u"))(t).AccessKey
	must(createPolicy(c, "p", readOnly))(t)
	must(attach(c, "u", "Custom", "p"))(t)
	user := cloud.Caller{AccountID: account, Kind: cloud.User, Name: "u"}
	check := func(at string, known, allowed bool) {
		t.Helper()
		if _, ok := e.Key(key.AccessKeyId); ok != known || e.Allowed(user, "oss:GetObject", resource) != allowed {
			t.Errorf("%s: the key is known: %v, the policy allows: %v", at, ok, !allowed)
		}
	}
	check("at once", false, false)
	e.clock.Advance(3 * time.Second)
	check("after 3 seconds", true, false)
	e.clock.Advance(2 * time.Second)
	check("after 5 seconds", true, true)
	must(deleteKey(c, "u", key.AccessKeyId))(t)
	must(detachFromU(c, "p"))(t)
	_, err := deleteP(c)
	wantCode(t, err, "DeleteConflict.Policy.User")
	_, err = deleteU(c)
	wantCode(t, err, "DeleteConflict.User.Policy")
	state := must(e.Snapshot())(t)
	if err := e.Restore(state); err != nil {
		t.Fatal(err)
	}
	e.clock.Advance(3 * time.Second)
	check("3 seconds after the detachment, restarted", false, true)
	e.clock.Advance(time.Second)
	check("4 seconds after the detachment", false, false)
	e.clock.Advance(6 * time.Second)
	must(deleteP(c))(t)
	must(deleteU(c))(t)
}
