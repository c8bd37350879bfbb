package ram

import (
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/emulator/rpc"
)

// attachPolicyToRole gives a role a policy (RAM API, AttachPolicyToRole).
func (r *RAM) attachPolicyToRole(req *rpc.Request) (any, *rpc.Error) {
	return r.changeRole(req, func(o *role, p *policy) *rpc.Error {
		attached, err := attach(o.policies, p, "Role", maxCustomPerRole, maxSystemPerRole, req.Now)
		if err == nil {
			o.policies = attached
		}
		return err
	})
}

// detachPolicyFromRole takes a policy from a role (RAM API,
// DetachPolicyFromRole).
func (r *RAM) detachPolicyFromRole(req *rpc.Request) (any, *rpc.Error) {
	return r.changeRole(req, func(o *role, p *policy) *rpc.Error {
		left, err := detach(o.policies, p, "Role")
		if err == nil {
			r.revoke(o.id, o.policies, p, req.Now)
			o.policies, o.detached = left, detachment{req.Now, "Role"}
			p.detached = o.detached
		}
		return err
	})
}

func (r *RAM) changeRole(req *rpc.Request, change func(*role, *policy) *rpc.Error) (any, *rpc.Error) {
	if _, err := req.Require("PolicyType"); err != nil {
		return nil, err
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	o, err := r.role(req)
	if err != nil {
		return nil, err
	}
	p, err := r.policy(req)
	if err != nil {
		return nil, err
	}
	return nil, change(o, p)
}

// listPoliciesForRole lists the policies of a role (RAM API,
// ListPoliciesForRole).
func (r *RAM) listPoliciesForRole(req *rpc.Request) (any, *rpc.Error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	o, err := r.role(req)
	if err != nil {
		return nil, err
	}
	return r.policiesOf(o.policies), nil
}
