package main

import "fmt"

// policy attaches a policy of the account to a user, and gives it a second version.
func (l *life) policy() {
	user, policy := l.name+".holder", l.name+"-policy"
	document := func(action string) string {
		return `{"Version":"1","Statement":[{"Effect":"Allow","Action":"` + action + `","Resource":"*"}]}`
	}
	l.must("ram", "CreateUser", map[string]any{"UserName": user})
	made := l.must("ram", "CreatePolicy", map[string]any{"PolicyName": policy, "PolicyDocument": document("oss:Get*")})
	equal("version", at(made, "Policy", "DefaultVersion"), any("v1"))
	_, err := l.call("ram", "CreatePolicy", map[string]any{"PolicyName": policy + "2", "PolicyDocument": "{}"})
	l.refused(err, 400, "MalformedPolicyDocument")
	attachment := map[string]any{"PolicyType": "Custom", "PolicyName": policy, "UserName": user}
	l.must("ram", "AttachPolicyToUser", attachment)
	_, err = l.call("ram", "AttachPolicyToUser", attachment)
	l.refused(err, 409, "EntityAlreadyExists.User.Policy")
	equal("attached", at(l.must("ram", "ListPoliciesForUser", map[string]any{"UserName": user}), "Policies", "Policy", "PolicyName"), any(policy))
	_, err = l.call("ram", "DeletePolicy", map[string]any{"PolicyName": policy})
	l.refused(err, 409, "DeleteConflict.Policy.User")
	second := l.must("ram", "CreatePolicyVersion", map[string]any{"PolicyName": policy, "PolicyDocument": document("oss:List*"), "SetAsDefault": true})
	equal("version", at(second, "PolicyVersion", "VersionId"), any("v2"))
	l.must("ram", "DeletePolicyVersion", map[string]any{"PolicyName": policy, "VersionId": "v1"})
	l.must("ram", "DetachPolicyFromUser", attachment)
	l.must("ram", "DeletePolicy", map[string]any{"PolicyName": policy})
	l.must("ram", "DeleteUser", map[string]any{"UserName": user})
}

func (l *life) group() {
	group, user := l.name+"-group", l.name+".member"
	l.must("ram", "CreateGroup", map[string]any{"GroupName": group, "Comments": "é"})
	l.must("ram", "CreateUser", map[string]any{"UserName": user})
	l.must("ram", "AddUserToGroup", map[string]any{"GroupName": group, "UserName": user})
	equal("member", fmt.Sprint(at(l.must("ram", "ListUsersForGroup", map[string]any{"GroupName": group}), "Users", "User", "UserName")), user)
	_, err := l.call("ram", "DeleteGroup", map[string]any{"GroupName": group})
	l.refused(err, 409, "DeleteConflict.Group.User")
	l.must("ram", "RemoveUserFromGroup", map[string]any{"GroupName": group, "UserName": user})
	l.must("ram", "DeleteGroup", map[string]any{"GroupName": group})
	l.must("ram", "DeleteUser", map[string]any{"UserName": user})
}
