package ram

import (
	"fmt"
	"net/http"
	"time"

	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/emulator/rpc"
)

// The range of MaxSessionDuration (RAM API, CreateRole).
const (
	defaultSession = time.Hour
	minSession     = time.Hour
	maxSession     = 12 * time.Hour
)

type role struct {
	id, name, description string

	trustText  string
	trust      trustDocument
	maxSession time.Duration
	created    time.Time
	updated    time.Time
	policies   []attachment
	detached   detachment
	tags       tags
	inline     []document // of AddRole
	builtIn    bool       // made by AddRole and not by a client
}

type roleResponse struct {
	Role singleRole `json:"Role"`
}

// AddRole adds a built-in role, or replaces the one of the same name. One of
// the policy documents must allow, and none deny, what its sessions do. The
// role trusts the account's own identities and its ECS instances.
func (r *RAM) AddRole(name string, documents ...string) error {
	trustText := fmt.Sprintf(`{"Version":"1","Statement":[{"Effect":"Allow","Action":"sts:AssumeRole","Principal":{"RAM":["acs:ram::%s:root"],"Service":["ecs.aliyuncs.com"]}}]}`, r.account)
	return r.AddTrustedRole(name, trustText, documents...)
}

// AddTrustedRole is AddRole with a trust policy.
func (r *RAM) AddTrustedRole(name, trust string, documents ...string) error {
	o := &role{name: name, trustText: trust, maxSession: defaultSession, builtIn: true}
	var err error
	if o.trust, err = parseTrust(trust); err != nil {
		return err
	}
	for _, text := range documents {
		doc, err := parseDocument(text)
		if err != nil {
			return err
		}
		o.inline = append(o.inline, doc)
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	o.created, o.updated = r.clock.Now(), r.clock.Now()
	if before := r.roles[name]; before != nil {
		o.id = before.id // its sessions live on
	} else {
		o.id = r.nextRoleID()
	}
	r.roles[name] = o
	return nil
}

// nextRoleID draws the id of a role, which begins with another digit than a
// user's.
func (r *RAM) nextRoleID() string {
	r.lastID++
	return fmt.Sprint(firstRoleID + r.lastID)
}

func readTrust(req *rpc.Request, parameter string) (string, trustDocument, *rpc.Error) {
	text, refused := req.Require(parameter)
	if refused != nil {
		return "", trustDocument{}, refused
	}
	if refused = checkLength(parameter, text, maxDocument); refused != nil {
		return "", trustDocument{}, refused
	}
	doc, err := parseTrust(text)
	if err != nil {
		return "", trustDocument{}, rpc.Errorf(http.StatusBadRequest, "MalformedPolicyDocument", "The trust policy is malformed: %v.", err)
	}
	return text, doc, nil
}

func readMaxSession(req *rpc.Request, parameter string, def time.Duration) (time.Duration, *rpc.Error) {
	seconds, err := req.Int(parameter, int(def/time.Second))
	d := time.Duration(seconds) * time.Second
	if err != nil || d < minSession || d > maxSession {
		return 0, rpc.Errorf(http.StatusBadRequest, "InvalidParameter.MaxSessionDuration", "The parameter %q must be between %d and %d.", parameter, minSession/time.Second, maxSession/time.Second)
	}
	return d, nil
}

// createRole makes a role (RAM API, CreateRole).
func (r *RAM) createRole(req *rpc.Request) (any, *rpc.Error) {
	name, err := req.Require("RoleName")
	if err != nil {
		return nil, err
	}
	if err := firstError(checkName("RoleName", name, 64, ".-"), checkLength("Description", req.Get("Description"), maxDescription)); err != nil {
		return nil, err
	}
	text, doc, err := readTrust(req, "AssumeRolePolicyDocument")
	if err != nil {
		return nil, err
	}
	session, err := readMaxSession(req, "MaxSessionDuration", defaultSession)
	if err != nil {
		return nil, err
	}
	tagged, err := readTags(req)
	if err != nil {
		return nil, err
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.roles[name] != nil {
		return nil, rpc.Errorf(http.StatusConflict, "EntityAlreadyExists.Role", "The role %q already exists.", name)
	}
	if len(r.roles) >= maxRoles {
		return nil, rpc.Errorf(http.StatusConflict, "LimitExceeded.Role", "The account has %d roles, no more are allowed.", maxRoles)
	}
	o := &role{
		id: r.nextRoleID(), name: name, description: req.Get("Description"), trustText: text, trust: doc, maxSession: session,
		created: req.Now, updated: req.Now, tags: tagged,
	}
	r.roles[name] = o
	return struct {
		Role createdRole `json:"Role"`
	}{r.createdRole(o)}, nil
}

// role finds the role that the parameter RoleName names.
func (r *RAM) role(req *rpc.Request) (*role, *rpc.Error) {
	name, err := req.Require("RoleName")
	if err != nil {
		return nil, err
	}
	if err := checkName("RoleName", name, 64, ".-"); err != nil {
		return nil, err
	}
	o := r.roles[name]
	if o == nil {
		return nil, rpc.Errorf(http.StatusNotFound, "EntityNotExist.Role", "The role %q does not exist.", name)
	}
	return o, nil
}

// getRole describes a role (RAM API, GetRole).
func (r *RAM) getRole(req *rpc.Request) (any, *rpc.Error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	o, err := r.role(req)
	if err != nil {
		return nil, err
	}
	return roleResponse{r.singleRole(o)}, nil
}

// updateRole changes trust, description and longest session of a role (RAM
// API, UpdateRole).
func (r *RAM) updateRole(req *rpc.Request) (any, *rpc.Error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	o, err := r.role(req)
	if err != nil {
		return nil, err
	}
	text, doc := o.trustText, o.trust
	if req.Get("NewAssumeRolePolicyDocument") != "" {
		if text, doc, err = readTrust(req, "NewAssumeRolePolicyDocument"); err != nil {
			return nil, err
		}
	}
	session, err := readMaxSession(req, "NewMaxSessionDuration", o.maxSession)
	if err != nil {
		return nil, err
	}
	if err := checkLength("NewDescription", req.Get("NewDescription"), maxDescription); err != nil {
		return nil, err
	}
	o.trustText, o.trust, o.maxSession, o.updated = text, doc, session, req.Now
	o.description = given(req, "NewDescription", o.description)
	return roleResponse{r.singleRole(o)}, nil
}

// given is the value of a parameter that changes old, or old.
func given(req *rpc.Request, parameter, old string) string {
	if req.Has(parameter) {
		return req.Get(parameter)
	}
	return old
}

// listRoles lists the roles with these tags by name, in pages (RAM API,
// ListRoles).
func (r *RAM) listRoles(req *rpc.Request) (any, *rpc.Error) {
	filter, err := readTags(req)
	if err != nil {
		return nil, err
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	var all []string
	for _, o := range byName(r.roles) {
		if o.tags.matches(filter) {
			all = append(all, o.name)
		}
	}
	names, p, err := pageOf(req, all)
	if err != nil {
		return nil, err
	}
	list := []listedRole{}
	for _, name := range names {
		o := r.roles[name]
		list = append(list, listedRole{r.roleFields(o), stamp(o.updated), o.tags.list()})
	}
	type roles struct {
		Role []listedRole `json:"Role"`
	}
	return struct {
		page

		Roles roles `json:"Roles"`
	}{p, roles{list}}, nil
}

// deleteRole removes a role without policies (RAM API, DeleteRole).
func (r *RAM) deleteRole(req *rpc.Request) (any, *rpc.Error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	o, err := r.role(req)
	if err != nil {
		return nil, err
	}
	if len(o.policies) > 0 || r.lags(o.detached) {
		return nil, rpc.Errorf(http.StatusConflict, "DeleteConflict.Role.Policy", "The role %q still has policies.", o.name)
	}
	delete(r.roles, o.name)
	return nil, nil
}
