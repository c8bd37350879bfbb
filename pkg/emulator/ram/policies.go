package ram

import (
	"maps"
	"net/http"
	"slices"
	"time"

	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/emulator/rpc"
)

// The types of a policy.
const (
	typeCustom = "Custom"
	typeSystem = "System"
)

type policy struct {
	name, kind, description string

	created, updated time.Time
	versions         []*policyVersion // oldest first
	defaultID        string
	lastVersion      int
	detached         detachment
}

type policyVersion struct {
	id, text string
	doc      document
	created  time.Time
}

// current is the default version, the one that counts.
func (p *policy) current() *policyVersion {
	i := slices.IndexFunc(p.versions, func(v *policyVersion) bool { return v.id == p.defaultID })
	return p.versions[i]
}

type policyFields struct {
	PolicyName      string `json:"PolicyName"`
	PolicyType      string `json:"PolicyType"`
	Description     string `json:"Description"`
	DefaultVersion  string `json:"DefaultVersion"`
	CreateDate      string `json:"CreateDate,omitempty"`
	UpdateDate      string `json:"UpdateDate,omitempty"`
	AttachmentCount *int   `json:"AttachmentCount,omitempty"`
	AttachDate      string `json:"AttachDate,omitempty"`
}

func (r *RAM) policyFields(p *policy) policyFields {
	users, groups, roles := r.attachedTo(p)
	count := len(users) + len(groups) + len(roles)
	return policyFields{
		PolicyName: p.name, PolicyType: p.kind, Description: p.description, DefaultVersion: p.defaultID,
		CreateDate: stamp(p.created), UpdateDate: stamp(p.updated), AttachmentCount: &count,
	}
}

// readDocument reads the parameter PolicyDocument.
func readDocument(req *rpc.Request) (text string, doc document, refused *rpc.Error) {
	text, refused = req.Require("PolicyDocument")
	if refused != nil {
		return "", document{}, refused
	}
	if refused = checkLength("PolicyDocument", text, maxDocument); refused != nil {
		return "", document{}, refused
	}
	doc, err := parseDocument(text)
	if err != nil {
		return "", document{}, rpc.Errorf(http.StatusBadRequest, "MalformedPolicyDocument", "The policy document is malformed: %v.", err)
	}
	return text, doc, nil
}

// createPolicy makes a custom policy with its version v1 (RAM API,
// CreatePolicy).
func (r *RAM) createPolicy(req *rpc.Request) (any, *rpc.Error) {
	name, err := req.Require("PolicyName")
	if err != nil {
		return nil, err
	}
	if err := firstError(checkName("PolicyName", name, 128, "-"), checkLength("Description", req.Get("Description"), maxDescription), noTags(req)); err != nil {
		return nil, err
	}
	text, doc, err := readDocument(req)
	if err != nil {
		return nil, err
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.policies[name] != nil || r.system[name] != nil {
		return nil, rpc.Errorf(http.StatusConflict, "EntityAlreadyExists.Policy", "The policy %q already exists.", name)
	}
	if len(r.policies) >= maxPolicies {
		return nil, rpc.Errorf(http.StatusConflict, "LimitExceeded.Policy", "The account has %d custom policies, no more are allowed.", maxPolicies)
	}
	p := newPolicy(name, typeCustom, req.Get("Description"), text, doc, req.Now)
	r.policies[name] = p
	fields := r.policyFields(p)
	fields.AttachmentCount, fields.UpdateDate = nil, ""
	return struct {
		Policy policyFields `json:"Policy"`
	}{fields}, nil
}

func newPolicy(name, kind, description, text string, doc document, now time.Time) *policy {
	return &policy{
		name: name, kind: kind, description: description, created: now, updated: now,
		versions: []*policyVersion{{"v1", text, doc, now}}, defaultID: "v1", lastVersion: 1,
	}
}

// policyOf finds a policy by type and name, nil for a missing one.
func (r *RAM) policyOf(kind, name string) *policy {
	if kind == typeSystem {
		return r.system[name]
	}
	return r.policies[name]
}

// policy finds the policy of PolicyName and PolicyType; the default type is
// Custom.
func (r *RAM) policy(req *rpc.Request) (*policy, *rpc.Error) {
	name, err := req.Require("PolicyName")
	if err != nil {
		return nil, err
	}
	kind := req.Get("PolicyType")
	if kind == "" {
		kind = typeCustom
	}
	if err := firstError(checkType(kind), checkName("PolicyName", name, 128, "-")); err != nil {
		return nil, err
	}
	p := r.policyOf(kind, name)
	if p == nil {
		return nil, rpc.Errorf(http.StatusNotFound, "EntityNotExist.Policy", "The policy %q does not exist.", name)
	}
	return p, nil
}

func checkType(kind string) *rpc.Error {
	if kind != typeCustom && kind != typeSystem {
		return rpc.Errorf(http.StatusBadRequest, "InvalidParameter.PolicyType", "The parameter %q must be Custom or System.", "PolicyType")
	}
	return nil
}

// getPolicy describes a policy and its default version (RAM API, GetPolicy).
func (r *RAM) getPolicy(req *rpc.Request) (any, *rpc.Error) {
	if _, err := req.Require("PolicyType"); err != nil {
		return nil, err
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	p, err := r.policy(req)
	if err != nil {
		return nil, err
	}
	return struct {
		Policy               policyFields  `json:"Policy"`
		DefaultPolicyVersion versionFields `json:"DefaultPolicyVersion"`
	}{r.policyFields(p), p.version(p.current())}, nil
}

type policyList struct {
	Policy []policyFields `json:"Policy"`
}

// listPolicies lists the policies of a type, or of both, in pages (RAM API,
// ListPolicies).
func (r *RAM) listPolicies(req *rpc.Request) (any, *rpc.Error) {
	kind := req.Get("PolicyType")
	if kind != "" {
		if err := checkType(kind); err != nil {
			return nil, err
		}
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	var all []string
	if kind != typeSystem {
		all = slices.Collect(maps.Keys(r.policies))
	}
	if kind != typeCustom {
		all = slices.AppendSeq(all, maps.Keys(r.system))
	}
	slices.Sort(all)
	names, p, err := pageOf(req, all)
	if err != nil {
		return nil, err
	}
	list := policyList{Policy: []policyFields{}}
	for _, name := range names {
		found := r.policies[name]
		if found == nil {
			found = r.system[name]
		}
		list.Policy = append(list.Policy, r.policyFields(found))
	}
	return struct {
		page

		Policies policyList `json:"Policies"`
	}{p, list}, nil
}

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
		return nil, rpc.Errorf(http.StatusConflict, "DeleteConflict.Policy.User", "The policy %q is attached to a user.", p.name)
	case len(groups) > 0:
		return nil, rpc.Errorf(http.StatusConflict, "DeleteConflict.Policy.Group", "The policy %q is attached to a group.", p.name)
	case len(roles) > 0:
		return nil, rpc.Errorf(http.StatusConflict, "DeleteConflict.Policy.Role", "The policy %q is attached to a role.", p.name)
	case r.lags(p.detached):
		return nil, rpc.Errorf(http.StatusConflict, "DeleteConflict.Policy."+p.detached.from, "The policy %q was attached until a moment ago.", p.name)
	case len(p.versions) > 1 && !cascading:
		return nil, rpc.Errorf(http.StatusConflict, "DeleteConflict.Policy.Version", "The policy %q has versions that are not the default one.", p.name)
	}
	delete(r.policies, p.name)
	return nil, nil
}
