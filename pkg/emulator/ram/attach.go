package ram

import (
	"maps"
	"net/http"
	"slices"
	"time"

	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/emulator/rpc"
)

// An attachment ties a policy to a user, a group or a role.
type attachment struct {
	kind, name string // of the policy
	at         time.Time
}

func attachedAt(list []attachment, p *policy) int {
	return slices.IndexFunc(list, func(a attachment) bool { return a.kind == p.kind && a.name == p.name })
}

// attach adds a policy to the list of an entity, which is a User, Group or Role,
// within its quotas.
func attach(list []attachment, p *policy, entity string, maxCustom, maxSystem int, now time.Time) ([]attachment, *rpc.Error) {
	if attachedAt(list, p) >= 0 {
		return nil, rpc.Errorf(http.StatusConflict, "EntityAlreadyExists."+entity+".Policy", "The policy %q is attached already.", p.name)
	}
	limit, count := maxCustom, 0
	if p.kind == typeSystem {
		limit = maxSystem
	}
	for _, a := range list {
		if a.kind == p.kind {
			count++
		}
	}
	if count >= limit {
		return nil, rpc.Errorf(http.StatusConflict, "LimitExceeded."+entity+".Policy", "%d policies of type %s are attached, no more are allowed.", count, p.kind)
	}
	return append(list, attachment{p.kind, p.name, now}), nil
}

func detach(list []attachment, p *policy, entity string) ([]attachment, *rpc.Error) {
	i := attachedAt(list, p)
	if i < 0 {
		return nil, rpc.Errorf(http.StatusNotFound, "EntityNotExist."+entity+".Policy", "The policy %q is not attached.", p.name)
	}
	return slices.Delete(slices.Clone(list), i, i+1), nil
}

// A detachment is the last time that a policy was taken from something.
type detachment struct {
	at   time.Time
	from string // User, Group or Role
}

// attachedTo lists by name to whom a policy is attached.
func (r *RAM) attachedTo(p *policy) (users []*user, groups []*group, roles []*role) {
	for _, name := range slices.Sorted(maps.Keys(r.users)) {
		if attachedAt(r.users[name].policies, p) >= 0 {
			users = append(users, r.users[name])
		}
	}
	for _, name := range slices.Sorted(maps.Keys(r.groups)) {
		if attachedAt(r.groups[name].policies, p) >= 0 {
			groups = append(groups, r.groups[name])
		}
	}
	for _, name := range slices.Sorted(maps.Keys(r.roles)) {
		if attachedAt(r.roles[name].policies, p) >= 0 {
			roles = append(roles, r.roles[name])
		}
	}
	return users, groups, roles
}

// attachPolicyToUser gives a user a policy (RAM API, AttachPolicyToUser).
func (r *RAM) attachPolicyToUser(req *rpc.Request) (any, *rpc.Error) {
	return r.changeUser(req, func(u *user, p *policy) (err *rpc.Error) {
		attached, err := attach(u.policies, p, "User", maxCustomPerUser, maxSystemPerUser, req.Now)
		if err == nil {
			u.policies = attached
		}
		return err
	})
}

// detachPolicyFromUser takes a policy from a user (RAM API,
// DetachPolicyFromUser).
func (r *RAM) detachPolicyFromUser(req *rpc.Request) (any, *rpc.Error) {
	return r.changeUser(req, func(u *user, p *policy) (err *rpc.Error) {
		left, err := detach(u.policies, p, "User")
		if err == nil {
			r.revoke(u.id, u.policies, p, req.Now)
			u.policies, u.detached = left, detachment{req.Now, "User"}
			p.detached = u.detached
		}
		return err
	})
}

func (r *RAM) changeUser(req *rpc.Request, change func(*user, *policy) *rpc.Error) (any, *rpc.Error) {
	if _, err := req.Require("PolicyType"); err != nil {
		return nil, err
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	u, err := r.user(req)
	if err != nil {
		return nil, err
	}
	p, err := r.policy(req)
	if err != nil {
		return nil, err
	}
	return nil, change(u, p)
}

// policiesOf lists the attached policies, with the time of attachment.
func (r *RAM) policiesOf(list []attachment) any {
	type policies struct {
		Policy []attachedPolicy `json:"Policy"`
	}
	attached := []attachedPolicy{}
	for _, a := range list {
		attached = append(attached, attachedPolicy{r.policyOf(a.kind, a.name).names(), stamp(a.at)})
	}
	return struct {
		Policies policies `json:"Policies"`
	}{policies{attached}}
}

// listPoliciesForUser lists the policies of a user without the ones of its
// groups (RAM API, ListPoliciesForUser).
func (r *RAM) listPoliciesForUser(req *rpc.Request) (any, *rpc.Error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	u, err := r.user(req)
	if err != nil {
		return nil, err
	}
	return r.policiesOf(u.policies), nil
}

// listEntitiesForPolicy lists to whom a policy is attached (RAM API,
// ListEntitiesForPolicy).
func (r *RAM) listEntitiesForPolicy(req *rpc.Request) (any, *rpc.Error) {
	if _, err := req.Require("PolicyType"); err != nil {
		return nil, err
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	p, err := r.policy(req)
	if err != nil {
		return nil, err
	}
	users, groups, roles := r.attachedTo(p)
	var answer struct {
		Users struct {
			User []attachedUser `json:"User"`
		} `json:"Users"`
		Groups struct {
			Group []attachedGroup `json:"Group"`
		} `json:"Groups"`
		Roles struct {
			Role []attachedRole `json:"Role"`
		} `json:"Roles"`
	}
	since := func(list []attachment) string { return stamp(list[attachedAt(list, p)].at) }
	for _, u := range users {
		answer.Users.User = append(answer.Users.User, attachedUser{u.names(), since(u.policies)})
	}
	for _, g := range groups {
		answer.Groups.Group = append(answer.Groups.Group, attachedGroup{g.names(), since(g.policies)})
	}
	for _, o := range roles {
		answer.Roles.Role = append(answer.Roles.Role, attachedRole{r.roleNames(o), since(o.policies)})
	}
	return answer, nil
}
