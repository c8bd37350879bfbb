package ram

import (
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
	before           *policyVersion // the default version before this one, until switched; nil: none
	switched         time.Time
	detached         detachment
	tags             tags
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

// switchTo makes a version the default one.
func (p *policy) switchTo(v *policyVersion, now time.Time) {
	if v.id != p.defaultID {
		p.before, p.switched, p.defaultID = p.current(), now, v.id
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
	if err := firstError(checkName("PolicyName", name, 128, "-"), checkLength("Description", req.Get("Description"), maxDescription)); err != nil {
		return nil, err
	}
	text, doc, err := readDocument(req)
	if err != nil {
		return nil, err
	}
	tagged, err := readTags(req)
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
	p.tags = tagged
	r.policies[name] = p
	return struct {
		Policy createdPolicy `json:"Policy"`
	}{p.createdBody()}, nil
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
		Policy               singlePolicy  `json:"Policy"`
		DefaultPolicyVersion versionFields `json:"DefaultPolicyVersion"`
	}{r.singlePolicy(p), p.version(p.current())}, nil
}

// listPolicies lists the policies of a type, or of both, with these tags, in
// pages (RAM API, ListPolicies).
func (r *RAM) listPolicies(req *rpc.Request) (any, *rpc.Error) {
	kind := req.Get("PolicyType")
	if kind != "" {
		if err := checkType(kind); err != nil {
			return nil, err
		}
	}
	filter, err := readTags(req)
	if err != nil {
		return nil, err
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	var all []string
	for _, p := range slices.Concat(byName(r.policies), byName(r.system)) {
		if (kind == "" || kind == p.kind) && p.tags.matches(filter) {
			all = append(all, p.name)
		}
	}
	slices.Sort(all)
	names, p, err := pageOf(req, all)
	if err != nil {
		return nil, err
	}
	list := []listedPolicy{}
	for _, name := range names {
		found := r.policies[name]
		if found == nil {
			found = r.system[name]
		}
		list = append(list, listedPolicy{r.singlePolicy(found), found.tags.list()})
	}
	type policies struct {
		Policy []listedPolicy `json:"Policy"`
	}
	return struct {
		page

		Policies policies `json:"Policies"`
	}{p, policies{list}}, nil
}
