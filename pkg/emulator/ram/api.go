package ram

import (
	_ "embed"

	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/emulator/rpc"
)

//go:embed actions.yaml
var contracts []byte

// API returns the RAM API as the gateway serves it. A call that ties two
// resources together, as AttachPolicyToUser, is authorised on the user or the
// group alone; the real RAM authorises it on the policy too (A101).
func (r *RAM) API() rpc.API {
	user := func(do func(*rpc.Request) (any, *rpc.Error)) rpc.Action {
		return rpc.Action{Do: do, Resource: func(req *rpc.Request) string {
			name := req.Get("UserName")
			if name == "" {
				name = req.Caller.Name
			}
			return r.resource("user/" + name)
		}}
	}
	named := func(kind, parameter string, do func(*rpc.Request) (any, *rpc.Error)) rpc.Action {
		return rpc.Action{Do: do, Resource: func(req *rpc.Request) string { return r.resource(kind + "/" + req.Get(parameter)) }}
	}
	policy := func(do func(*rpc.Request) (any, *rpc.Error)) rpc.Action { return named("policy", "PolicyName", do) }
	group := func(do func(*rpc.Request) (any, *rpc.Error)) rpc.Action { return named("group", "GroupName", do) }
	role := func(do func(*rpc.Request) (any, *rpc.Error)) rpc.Action { return named("role", "RoleName", do) }
	all := func(kind string, do func(*rpc.Request) (any, *rpc.Error)) rpc.Action {
		return rpc.Action{Do: do, Resource: func(*rpc.Request) string {
			if kind == "" {
				return r.resource("*")
			}
			return r.resource(kind + "/*")
		}}
	}
	read := func(a rpc.Action) rpc.Action {
		a.ReadOnly = true
		return a
	}
	actions := map[string]rpc.Action{
		"CreateUser": user(r.createUser),
		"GetUser":    read(user(r.getUser)),
		"ListUsers":  read(all("user", r.listUsers)),
		"UpdateUser": user(r.updateUser),
		"DeleteUser": user(r.deleteUser),

		"CreateLoginProfile": user(r.createLoginProfile),
		"GetLoginProfile":    read(user(r.getLoginProfile)),
		"UpdateLoginProfile": user(r.updateLoginProfile),
		"DeleteLoginProfile": user(r.deleteLoginProfile),

		"UnbindMFADevice": user(r.unbindMFADevice),

		"CreateAccessKey": user(r.createAccessKey),
		"ListAccessKeys":  read(user(r.listAccessKeys)),
		"UpdateAccessKey": user(r.updateAccessKey),
		"DeleteAccessKey": user(r.deleteAccessKey),

		"CreatePolicy":            policy(r.createPolicy),
		"GetPolicy":               read(policy(r.getPolicy)),
		"ListPolicies":            read(all("policy", r.listPolicies)),
		"UpdatePolicyDescription": policy(r.updatePolicyDescription),
		"DeletePolicy":            policy(r.deletePolicy),
		"CreatePolicyVersion":     policy(r.createPolicyVersion),
		"ListPolicyVersions":      read(policy(r.listPolicyVersions)),
		"GetPolicyVersion":        read(policy(r.getPolicyVersion)),
		"SetDefaultPolicyVersion": policy(r.setDefaultPolicyVersion),
		"DeletePolicyVersion":     policy(r.deletePolicyVersion),

		"AttachPolicyToUser":    user(r.attachPolicyToUser),
		"DetachPolicyFromUser":  user(r.detachPolicyFromUser),
		"ListPoliciesForUser":   read(user(r.listPoliciesForUser)),
		"ListEntitiesForPolicy": read(policy(r.listEntitiesForPolicy)),

		"CreateGroup":           group(r.createGroup),
		"DeleteGroup":           group(r.deleteGroup),
		"AddUserToGroup":        group(r.addUserToGroup),
		"RemoveUserFromGroup":   group(r.removeUserFromGroup),
		"ListGroupsForUser":     read(user(r.listGroupsForUser)),
		"AttachPolicyToGroup":   group(r.attachPolicyToGroup),
		"DetachPolicyFromGroup": group(r.detachPolicyFromGroup),
		"GetGroup":              read(group(r.getGroup)),
		"UpdateGroup":           group(r.updateGroup),
		"ListGroups":            read(all("group", r.listGroups)),
		"ListUsersForGroup":     read(group(r.listUsersForGroup)),
		"ListPoliciesForGroup":  read(group(r.listPoliciesForGroup)),

		"CreateRole":           role(r.createRole),
		"GetRole":              read(role(r.getRole)),
		"UpdateRole":           role(r.updateRole),
		"ListRoles":            read(all("role", r.listRoles)),
		"DeleteRole":           role(r.deleteRole),
		"AttachPolicyToRole":   role(r.attachPolicyToRole),
		"DetachPolicyFromRole": role(r.detachPolicyFromRole),
		"ListPoliciesForRole":  read(role(r.listPoliciesForRole)),

		"TagResources":     all("", r.tagResources),
		"UntagResources":   all("", r.untagResources),
		"ListTagResources": read(all("", r.listTagResources)),

		"SetAccountAlias":   all("", r.setAccountAlias),
		"GetAccountAlias":   read(all("", r.getAccountAlias)),
		"ClearAccountAlias": all("", r.clearAccountAlias),
	}
	for name, action := range actions {
		actions[name] = r.ownResources(name, action)
	}
	return rpc.API{Name: "Ram", Version: "2015-05-01", Denied: "NoPermission", HTTPSOnly: true, Actions: rpc.MustReadContracts(contracts).Actions(actions, nil)}
}

func (r *RAM) resource(name string) string { return "acs:ram:*:" + r.account + ":" + name }
