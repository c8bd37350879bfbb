package ram

import (
	"net/http"
	"slices"
	"time"

	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/emulator/rpc"
)

type group struct {
	id, name, comments string

	created  time.Time
	updated  time.Time
	policies []attachment
	detached detachment
}

// createGroup makes a group of users (RAM API, CreateGroup).
func (r *RAM) createGroup(req *rpc.Request) (any, *rpc.Error) {
	name, err := req.Require("GroupName")
	if err != nil {
		return nil, err
	}
	if err := firstError(checkName("GroupName", name, 64, "._-"), checkLength("Comments", req.Get("Comments"), maxShortText)); err != nil {
		return nil, err
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.groups[name] != nil {
		return nil, rpc.Errorf(http.StatusConflict, "EntityAlreadyExists.Group", "The group %q already exists.", name)
	}
	if len(r.groups) >= maxGroups {
		return nil, rpc.Errorf(http.StatusConflict, "LimitExceeded.Group", "The account has %d groups, no more are allowed.", maxGroups)
	}
	g := &group{id: r.nextID(), name: name, comments: req.Get("Comments"), created: req.Now, updated: req.Now}
	r.groups[name] = g
	return struct {
		Group createdGroup `json:"Group"`
	}{g.createdBody()}, nil
}

func (r *RAM) group(req *rpc.Request) (*group, *rpc.Error) {
	name, err := req.Require("GroupName")
	if err != nil {
		return nil, err
	}
	g := r.groups[name]
	if g == nil {
		return nil, rpc.Errorf(http.StatusNotFound, "EntityNotExist.Group", "The group %q does not exist.", name)
	}
	return g, nil
}

// deleteGroup removes an empty group without policies (RAM API, DeleteGroup).
func (r *RAM) deleteGroup(req *rpc.Request) (any, *rpc.Error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	g, err := r.group(req)
	if err != nil {
		return nil, err
	}
	for _, u := range r.users {
		if slices.Contains(u.groups, g.name) {
			return nil, rpc.Errorf(http.StatusConflict, "DeleteConflict.Group.User", "The group %q still has users.", g.name)
		}
	}
	if len(g.policies) > 0 || r.lags(g.detached) {
		return nil, rpc.Errorf(http.StatusConflict, "DeleteConflict.Group.Policy", "The group %q still has policies.", g.name)
	}
	delete(r.groups, g.name)
	return nil, nil
}

// addUserToGroup makes a user a member (RAM API, AddUserToGroup).
func (r *RAM) addUserToGroup(req *rpc.Request) (any, *rpc.Error) {
	return r.changeMember(req, func(u *user, g *group) *rpc.Error {
		if slices.Contains(u.groups, g.name) {
			return rpc.Errorf(http.StatusConflict, "EntityAlreadyExists.User.Group", "The user %q is a member of %q already.", u.name, g.name)
		}
		if len(u.groups) >= maxGroupsPerUser {
			return rpc.Errorf(http.StatusConflict, "LimitExceeded.User.Group", "The user %q is in %d groups, no more are allowed.", u.name, maxGroupsPerUser)
		}
		if u.joined == nil {
			u.joined = map[string]time.Time{}
		}
		u.groups, u.joined[g.name] = append(u.groups, g.name), req.Now
		return nil
	})
}

// removeUserFromGroup ends a membership (RAM API, RemoveUserFromGroup).
func (r *RAM) removeUserFromGroup(req *rpc.Request) (any, *rpc.Error) {
	return r.changeMember(req, func(u *user, g *group) *rpc.Error {
		if !slices.Contains(u.groups, g.name) {
			return rpc.Errorf(http.StatusNotFound, "EntityNotExist.User.Group", "The user %q is no member of %q.", u.name, g.name)
		}
		u.groups = without(u.groups, g.name)
		delete(u.joined, g.name)
		return nil
	})
}

func (r *RAM) changeMember(req *rpc.Request, change func(*user, *group) *rpc.Error) (any, *rpc.Error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	u, err := r.user(req)
	if err != nil {
		return nil, err
	}
	g, err := r.group(req)
	if err != nil {
		return nil, err
	}
	return nil, change(u, g)
}

// listGroupsForUser lists the groups of a user (RAM API, ListGroupsForUser).
func (r *RAM) listGroupsForUser(req *rpc.Request) (any, *rpc.Error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	u, err := r.user(req)
	if err != nil {
		return nil, err
	}
	list := []joinedGroup{}
	for _, name := range u.groups {
		g := r.groups[name]
		list = append(list, joinedGroup{g.names(), g.id, stamp(u.joined[name])})
	}
	type groups struct {
		Group []joinedGroup `json:"Group"`
	}
	return struct {
		Groups groups `json:"Groups"`
	}{groups{list}}, nil
}

// attachPolicyToGroup gives a group a policy (RAM API, AttachPolicyToGroup).
func (r *RAM) attachPolicyToGroup(req *rpc.Request) (any, *rpc.Error) {
	return r.changeGroup(req, func(g *group, p *policy) *rpc.Error {
		attached, err := attach(g.policies, p, "Group", maxCustomPerGroup, maxSystemPerGroup, req.Now)
		if err == nil {
			g.policies = attached
		}
		return err
	})
}

// detachPolicyFromGroup takes a policy from a group (RAM API,
// DetachPolicyFromGroup).
func (r *RAM) detachPolicyFromGroup(req *rpc.Request) (any, *rpc.Error) {
	return r.changeGroup(req, func(g *group, p *policy) *rpc.Error {
		left, err := detach(g.policies, p, "Group")
		if err == nil {
			r.revoke(g.id, g.policies, p, req.Now)
			g.policies, g.detached = left, detachment{req.Now, "Group"}
			p.detached = g.detached
		}
		return err
	})
}

func (r *RAM) changeGroup(req *rpc.Request, change func(*group, *policy) *rpc.Error) (any, *rpc.Error) {
	if _, err := req.Require("PolicyType"); err != nil {
		return nil, err
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	g, err := r.group(req)
	if err != nil {
		return nil, err
	}
	p, err := r.policy(req)
	if err != nil {
		return nil, err
	}
	return nil, change(g, p)
}
