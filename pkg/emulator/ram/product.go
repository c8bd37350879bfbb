package ram

import "github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/emulator/rpc"

// Product returns the RAM API as the gateway serves it. A call that ties two
// things together, as AttachPolicyToUser, is authorised on the user or the
// group alone, where the real RAM asks for the policy too (A101).
func (r *RAM) Product() rpc.Product {
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
		return rpc.Action{Do: do, Resource: func(*rpc.Request) string { return r.resource(kind + "/*") }}
	}
	return rpc.Product{Name: "Ram", Version: "2015-05-01", Denied: "NoPermission", HTTPSOnly: true, Actions: map[string]rpc.Action{
		"CreateUser": user(r.createUser),
		"GetUser":    user(r.getUser),
		"ListUsers":  all("user", r.listUsers),
		"UpdateUser": user(r.updateUser),
		"DeleteUser": user(r.deleteUser),

		"CreateLoginProfile": user(r.createLoginProfile),
		"GetLoginProfile":    user(r.getLoginProfile),
		"UpdateLoginProfile": user(r.updateLoginProfile),
		"DeleteLoginProfile": user(r.deleteLoginProfile),

		"CreateAccessKey": user(r.createAccessKey),
		"ListAccessKeys":  user(r.listAccessKeys),
		"UpdateAccessKey": user(r.updateAccessKey),
		"DeleteAccessKey": user(r.deleteAccessKey),

		"CreatePolicy":            policy(r.createPolicy),
		"GetPolicy":               policy(r.getPolicy),
		"ListPolicies":            all("policy", r.listPolicies),
		"DeletePolicy":            policy(r.deletePolicy),
		"CreatePolicyVersion":     policy(r.createPolicyVersion),
		"ListPolicyVersions":      policy(r.listPolicyVersions),
		"GetPolicyVersion":        policy(r.getPolicyVersion),
		"SetDefaultPolicyVersion": policy(r.setDefaultPolicyVersion),
		"DeletePolicyVersion":     policy(r.deletePolicyVersion),

		"AttachPolicyToUser":    user(r.attachPolicyToUser),
		"DetachPolicyFromUser":  user(r.detachPolicyFromUser),
		"ListPoliciesForUser":   user(r.listPoliciesForUser),
		"ListEntitiesForPolicy": policy(r.listEntitiesForPolicy),

		"CreateGroup":           group(r.createGroup),
		"DeleteGroup":           group(r.deleteGroup),
		"AddUserToGroup":        group(r.addUserToGroup),
		"RemoveUserFromGroup":   group(r.removeUserFromGroup),
		"ListGroupsForUser":     user(r.listGroupsForUser),
		"AttachPolicyToGroup":   group(r.attachPolicyToGroup),
		"DetachPolicyFromGroup": group(r.detachPolicyFromGroup),
		"GetGroup":              group(r.getGroup),
		"UpdateGroup":           group(r.updateGroup),
		"ListGroups":            all("group", r.listGroups),
		"ListUsersForGroup":     group(r.listUsersForGroup),
		"ListPoliciesForGroup":  group(r.listPoliciesForGroup),

		"CreateRole":           role(r.createRole),
		"GetRole":              role(r.getRole),
		"UpdateRole":           role(r.updateRole),
		"ListRoles":            all("role", r.listRoles),
		"DeleteRole":           role(r.deleteRole),
		"AttachPolicyToRole":   role(r.attachPolicyToRole),
		"DetachPolicyFromRole": role(r.detachPolicyFromRole),
		"ListPoliciesForRole":  role(r.listPoliciesForRole),
	}}
}

func (r *RAM) resource(name string) string { return "acs:ram:*:" + r.account + ":" + name }
