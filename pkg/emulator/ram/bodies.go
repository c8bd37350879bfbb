package ram

import "time"

// The bodies of answers. Each action shows its own members of a user, group,
// role or policy (the actions' pages of the RAM API); what is not set is empty.

// A userNames has the members of a user that most answers share.
type userNames struct {
	UserID      string `json:"UserId"`
	UserName    string `json:"UserName"`
	DisplayName string `json:"DisplayName"`
}

// A createdUser is the answer of CreateUser.
type createdUser struct {
	userNames

	MobilePhone string `json:"MobilePhone"`
	Email       string `json:"Email"`
	Comments    string `json:"Comments"`
	CreateDate  string `json:"CreateDate"`
}

// A listedUser is a user in the answers of ListUsers and UpdateUser.
type listedUser struct {
	createdUser

	UpdateDate string `json:"UpdateDate"`
}

// A singleUser is the answer of GetUser. LastLoginDate stays empty: the emulator has no console.
type singleUser struct {
	listedUser

	LastLoginDate string `json:"LastLoginDate"`
}

// An attachedUser is a user in the answer of ListEntitiesForPolicy.
type attachedUser struct {
	userNames

	AttachDate string `json:"AttachDate"`
}

// A memberUser is a user in the answer of ListUsersForGroup.
type memberUser struct {
	UserName    string `json:"UserName"`
	DisplayName string `json:"DisplayName"`
	JoinDate    string `json:"JoinDate"`
}

func (u *user) names() userNames { return userNames{u.id, u.name, u.displayName} }

func (u *user) createdBody() createdUser {
	return createdUser{u.names(), u.phone, u.email, u.comments, stamp(u.created)}
}

func (u *user) listedBody() listedUser { return listedUser{u.createdBody(), stamp(u.updated)} }

// A groupNames has the members of a group that most answers share.
type groupNames struct {
	GroupName string `json:"GroupName"`
	Comments  string `json:"Comments"`
}

// A createdGroup is the answer of CreateGroup.
type createdGroup struct {
	groupNames

	GroupID    string `json:"GroupId"`
	CreateDate string `json:"CreateDate"`
}

// A listedGroup is a group in the answers of ListGroups, GetGroup and
// UpdateGroup.
type listedGroup struct {
	createdGroup

	UpdateDate string `json:"UpdateDate"`
}

// A joinedGroup is a group in the answer of ListGroupsForUser.
type joinedGroup struct {
	groupNames

	GroupID  string `json:"GroupId"`
	JoinDate string `json:"JoinDate"`
}

// An attachedGroup is a group in the answer of ListEntitiesForPolicy.
type attachedGroup struct {
	groupNames

	AttachDate string `json:"AttachDate"`
}

func (g *group) names() groupNames { return groupNames{g.name, g.comments} }

func (g *group) createdBody() createdGroup { return createdGroup{g.names(), g.id, stamp(g.created)} }

func (g *group) listedBody() listedGroup { return listedGroup{g.createdBody(), stamp(g.updated)} }

// A roleNames has the members of a role that all answers share.
type roleNames struct {
	RoleID      string `json:"RoleId"`
	RoleName    string `json:"RoleName"`
	Arn         string `json:"Arn"`
	Description string `json:"Description"`
}

// A roleFields has the members of a role that all answers about roles share.
type roleFields struct {
	roleNames

	MaxSessionDuration int    `json:"MaxSessionDuration"`
	CreateDate         string `json:"CreateDate"`
}

// A createdRole is the answer of CreateRole.
type createdRole struct {
	roleFields

	AssumeRolePolicyDocument string `json:"AssumeRolePolicyDocument"`
}

// A singleRole is the answer of GetRole and UpdateRole.
type singleRole struct {
	createdRole

	UpdateDate string `json:"UpdateDate"`
}

// A listedRole is a role in the answer of ListRoles, which has its tags and
// leaves out the trust policy.
type listedRole struct {
	roleFields

	UpdateDate string  `json:"UpdateDate"`
	Tags       tagList `json:"Tags"`
}

// An attachedRole is a role in the answer of ListEntitiesForPolicy.
type attachedRole struct {
	roleNames

	AttachDate string `json:"AttachDate"`
}

func (r *RAM) roleNames(o *role) roleNames {
	return roleNames{o.id, o.name, "acs:ram::" + r.account + ":role/" + o.name, o.description}
}

func (r *RAM) roleFields(o *role) roleFields {
	return roleFields{r.roleNames(o), int(o.maxSession / time.Second), stamp(o.created)}
}

func (r *RAM) createdRole(o *role) createdRole { return createdRole{r.roleFields(o), o.trustText} }

func (r *RAM) singleRole(o *role) singleRole { return singleRole{r.createdRole(o), stamp(o.updated)} }

// A policyNames has the members of a policy that all answers share.
type policyNames struct {
	PolicyName     string `json:"PolicyName"`
	PolicyType     string `json:"PolicyType"`
	Description    string `json:"Description"`
	DefaultVersion string `json:"DefaultVersion"`
}

// A createdPolicy is the answer of CreatePolicy.
type createdPolicy struct {
	policyNames

	CreateDate string `json:"CreateDate"`
}

// An updatedPolicy is the answer of UpdatePolicyDescription.
type updatedPolicy struct {
	createdPolicy

	UpdateDate string `json:"UpdateDate"`
}

// A singlePolicy is the policy in the answer of GetPolicy.
type singlePolicy struct {
	updatedPolicy

	AttachmentCount int `json:"AttachmentCount"`
}

// A listedPolicy is a policy in the answer of ListPolicies.
type listedPolicy struct {
	singlePolicy

	Tags tagList `json:"Tags"`
}

// An attachedPolicy is a policy in the lists of a user, group or role.
type attachedPolicy struct {
	policyNames

	AttachDate string `json:"AttachDate"`
}

func (p *policy) names() policyNames {
	return policyNames{p.name, p.kind, p.description, p.defaultID}
}

func (p *policy) createdBody() createdPolicy { return createdPolicy{p.names(), stamp(p.created)} }

func (p *policy) updatedBody() updatedPolicy { return updatedPolicy{p.createdBody(), stamp(p.updated)} }

// singlePolicy counts the users, groups and roles that have the policy.
func (r *RAM) singlePolicy(p *policy) singlePolicy {
	users, groups, roles := r.attachedTo(p)
	return singlePolicy{p.updatedBody(), len(users) + len(groups) + len(roles)}
}
