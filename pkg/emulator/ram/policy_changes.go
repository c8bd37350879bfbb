package ram

import (
	"net/http"

	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/emulator/rpc"
)

// custom finds the policy that a call changes.
func (r *RAM) custom(req *rpc.Request) (*policy, *rpc.Error) {
	name, err := req.Require("PolicyName")
	if err != nil {
		return nil, err
	}
	if err := checkName("PolicyName", name, 128, "-"); err != nil {
		return nil, err
	}
	p := r.policies[name]
	if p == nil {
		return nil, rpc.Errorf(http.StatusNotFound, "EntityNotExist.Policy", "The custom policy %q does not exist.", name)
	}
	return p, nil
}

// deletePolicy removes an unattached policy with one version, or with any
// number if CascadingDelete is set (RAM API, DeletePolicy).
func (r *RAM) deletePolicy(req *rpc.Request) (any, *rpc.Error) {
	cascading, err := req.Bool("CascadingDelete", false)
	if err != nil {
		return nil, err
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	p, err := r.custom(req)
	if err != nil {
		return nil, err
	}
	users, groups, roles := r.attachedTo(p)
	switch {
	case len(users) > 0:
		return nil, rpc.Errorf(http.StatusConflict, conflictWith("User"), "The policy %q is attached to a user.", p.name)
	case len(groups) > 0:
		return nil, rpc.Errorf(http.StatusConflict, conflictWith("Group"), "The policy %q is attached to a group.", p.name)
	case len(roles) > 0:
		return nil, rpc.Errorf(http.StatusConflict, conflictWith("Role"), "The policy %q is attached to a role.", p.name)
	case r.lags(p.detached):
		return nil, rpc.Errorf(http.StatusConflict, conflictWith(p.detached.from), "The policy %q was attached until a moment ago.", p.name)
	case len(p.versions) > 1 && !cascading:
		return nil, rpc.Errorf(http.StatusConflict, "DeleteConflict.Policy.Version", "The policy %q has versions that are not the default one.", p.name)
	}
	delete(r.policies, p.name)
	return nil, nil
}

// conflictWith is the code of DeletePolicy while a User, Group or Role has the
// policy. The one of roles is the code of DeleteRole (A363).
func conflictWith(entity string) string {
	if entity == "Role" {
		return "DeleteConflict.Role.Policy"
	}
	return "DeleteConflict.Policy." + entity
}

// updatePolicyDescription changes the description of a policy (RAM API,
// UpdatePolicyDescription).
func (r *RAM) updatePolicyDescription(req *rpc.Request) (any, *rpc.Error) {
	description := req.Get("NewDescription")
	if !req.Has("NewDescription") {
		return nil, rpc.Missing("NewDescription")
	}
	if err := checkLength("NewDescription", description, maxDescription); err != nil {
		return nil, err
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	p, err := r.custom(req)
	if err != nil {
		return nil, err
	}
	p.description, p.updated = description, req.Now
	return struct {
		Policy updatedPolicy `json:"Policy"`
	}{p.updatedBody()}, nil
}
