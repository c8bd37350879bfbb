package ram

import (
	"net/http"
	"slices"
	"strconv"

	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/emulator/rpc"
)

type versionFields struct {
	VersionID        string `json:"VersionId"`
	IsDefaultVersion bool   `json:"IsDefaultVersion"`
	PolicyDocument   string `json:"PolicyDocument"`
	CreateDate       string `json:"CreateDate"`
}

func (p *policy) version(v *policyVersion) versionFields {
	return versionFields{VersionID: v.id, IsDefaultVersion: v.id == p.defaultID, PolicyDocument: v.text, CreateDate: stamp(v.created)}
}

// createPolicyVersion adds a version to a policy (RAM API,
// CreatePolicyVersion).
func (r *RAM) createPolicyVersion(req *rpc.Request) (any, *rpc.Error) {
	text, doc, err := readDocument(req)
	if err != nil {
		return nil, err
	}
	asDefault, err := req.Bool("SetAsDefault", false)
	if err != nil {
		return nil, err
	}
	rotate := req.Get("RotateStrategy")
	if rotate != "" && rotate != "None" && rotate != "DeleteOldestNonDefaultVersionWhenLimitExceeded" {
		return nil, rpc.Errorf(http.StatusBadRequest, "InvalidParameter.RotateStrategy", "The parameter %q has an unknown value.", "RotateStrategy")
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	p, err := r.custom(req)
	if err != nil {
		return nil, err
	}
	if len(p.versions) >= maxVersions {
		if rotate == "" || rotate == "None" {
			return nil, rpc.Errorf(http.StatusConflict, "LimitExceeded.Policy.Version", "The policy %q has %d versions, no more are allowed.", p.name, maxVersions)
		}
		oldest := slices.IndexFunc(p.versions, func(v *policyVersion) bool { return v.id != p.defaultID })
		p.versions = slices.Delete(p.versions, oldest, oldest+1)
	}
	p.lastVersion++
	v := &policyVersion{"v" + strconv.Itoa(p.lastVersion), text, doc, req.Now}
	p.versions = append(p.versions, v)
	p.updated = req.Now
	if asDefault {
		p.switchTo(v, req.Now)
	}
	return struct {
		PolicyVersion versionFields `json:"PolicyVersion"`
	}{p.version(v)}, nil
}

// listPolicyVersions lists the versions of a policy (RAM API,
// ListPolicyVersions).
func (r *RAM) listPolicyVersions(req *rpc.Request) (any, *rpc.Error) {
	if _, err := req.Require("PolicyType"); err != nil {
		return nil, err
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	p, err := r.policy(req)
	if err != nil {
		return nil, err
	}
	type versionList struct {
		PolicyVersion []versionFields `json:"PolicyVersion"`
	}
	list := versionList{PolicyVersion: []versionFields{}}
	for _, v := range p.versions {
		list.PolicyVersion = append(list.PolicyVersion, p.version(v))
	}
	return struct {
		PolicyVersions versionList `json:"PolicyVersions"`
	}{list}, nil
}

// getPolicyVersion describes a version of a policy of either type (RAM API,
// GetPolicyVersion).
func (r *RAM) getPolicyVersion(req *rpc.Request) (any, *rpc.Error) {
	id, err := req.Require("VersionId")
	if err != nil {
		return nil, err
	}
	if _, err := req.Require("PolicyType"); err != nil {
		return nil, err
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	p, err := r.policy(req)
	if err != nil {
		return nil, err
	}
	i, err := p.indexOf(id)
	if err != nil {
		return nil, err
	}
	return struct {
		PolicyVersion versionFields `json:"PolicyVersion"`
	}{p.version(p.versions[i])}, nil
}

// setDefaultPolicyVersion puts another version of a policy in force (RAM API,
// SetDefaultPolicyVersion).
func (r *RAM) setDefaultPolicyVersion(req *rpc.Request) (any, *rpc.Error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	p, i, err := r.namedVersion(req)
	if err != nil {
		return nil, err
	}
	p.switchTo(p.versions[i], req.Now)
	p.updated = req.Now
	return nil, nil
}

// namedVersion finds the policy and the index of the version of VersionId.
func (r *RAM) namedVersion(req *rpc.Request) (*policy, int, *rpc.Error) {
	id, err := req.Require("VersionId")
	if err != nil {
		return nil, 0, err
	}
	p, err := r.custom(req)
	if err != nil {
		return nil, 0, err
	}
	i, err := p.indexOf(id)
	return p, i, err
}

func (p *policy) indexOf(version string) (int, *rpc.Error) {
	i := slices.IndexFunc(p.versions, func(v *policyVersion) bool { return v.id == version })
	if i < 0 {
		return 0, rpc.Errorf(http.StatusNotFound, "EntityNotExist.Policy.Version", "The policy %q has no version %q.", p.name, version)
	}
	return i, nil
}

// deletePolicyVersion removes a version other than the default one (RAM API,
// DeletePolicyVersion).
func (r *RAM) deletePolicyVersion(req *rpc.Request) (any, *rpc.Error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	p, i, err := r.namedVersion(req)
	if err != nil {
		return nil, err
	}
	if p.versions[i].id == p.defaultID {
		return nil, rpc.Errorf(http.StatusConflict, "DeleteConflict.Policy.Version.Default", "The version %q is the default one of the policy %q.", p.defaultID, p.name)
	}
	p.versions = slices.Delete(p.versions, i, i+1)
	return nil, nil
}
