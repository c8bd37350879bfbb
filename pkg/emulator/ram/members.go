package ram

import (
	"maps"
	"net/http"
	"slices"

	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/emulator/rpc"
)

// getGroup describes a group (RAM API, GetGroup).
func (r *RAM) getGroup(req *rpc.Request) (any, *rpc.Error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	g, err := r.group(req)
	if err != nil {
		return nil, err
	}
	return struct {
		Group listedGroup `json:"Group"`
	}{g.listedBody()}, nil
}

// updateGroup changes name and comments of a group (RAM API, UpdateGroup).
func (r *RAM) updateGroup(req *rpc.Request) (any, *rpc.Error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	g, err := r.group(req)
	if err != nil {
		return nil, err
	}
	name, comments := given(req, "NewGroupName", g.name), given(req, "NewComments", g.comments)
	if err := firstError(checkName("NewGroupName", name, 64, "._-"), checkLength("NewComments", comments, maxShortText)); err != nil {
		return nil, err
	}
	if other := r.groups[name]; other != nil && other != g {
		return nil, rpc.Errorf(http.StatusConflict, "EntityAlreadyExists.Group", "The group %q already exists.", name)
	}
	for _, u := range r.membersOf(g) {
		joined := u.joined[g.name]
		delete(u.joined, g.name)
		u.groups[slices.Index(u.groups, g.name)], u.joined[name] = name, joined
	}
	delete(r.groups, g.name)
	g.name, g.comments, g.updated = name, comments, req.Now
	r.groups[name] = g
	return struct {
		Group listedGroup `json:"Group"`
	}{g.listedBody()}, nil
}

// membersOf lists the users of a group by name.
func (r *RAM) membersOf(g *group) []*user {
	var members []*user
	for _, name := range slices.Sorted(maps.Keys(r.users)) {
		if u := r.users[name]; slices.Contains(u.groups, g.name) {
			members = append(members, u)
		}
	}
	return members
}

// listGroups lists groups by name, in pages (RAM API, ListGroups).
func (r *RAM) listGroups(req *rpc.Request) (any, *rpc.Error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	names, p, err := pageOf(req, slices.Sorted(maps.Keys(r.groups)))
	if err != nil {
		return nil, err
	}
	list := []listedGroup{}
	for _, name := range names {
		list = append(list, r.groups[name].listedBody())
	}
	type groups struct {
		Group []listedGroup `json:"Group"`
	}
	return struct {
		page

		Groups groups `json:"Groups"`
	}{p, groups{list}}, nil
}

// listUsersForGroup lists the users of a group by name, in pages (RAM API,
// ListUsersForGroup).
func (r *RAM) listUsersForGroup(req *rpc.Request) (any, *rpc.Error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	g, err := r.group(req)
	if err != nil {
		return nil, err
	}
	var members []string
	for _, u := range r.membersOf(g) {
		members = append(members, u.name)
	}
	names, p, err := pageOf(req, members)
	if err != nil {
		return nil, err
	}
	list := []memberUser{}
	for _, name := range names {
		u := r.users[name]
		list = append(list, memberUser{u.name, u.displayName, stamp(u.joined[g.name])})
	}
	type users struct {
		User []memberUser `json:"User"`
	}
	return struct {
		page

		Users users `json:"Users"`
	}{p, users{list}}, nil
}

// listPoliciesForGroup lists the policies of a group (RAM API,
// ListPoliciesForGroup).
func (r *RAM) listPoliciesForGroup(req *rpc.Request) (any, *rpc.Error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	g, err := r.group(req)
	if err != nil {
		return nil, err
	}
	return r.policiesOf(g.policies), nil
}
