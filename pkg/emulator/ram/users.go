package ram

import (
	"fmt"
	"maps"
	"net/http"
	"regexp"
	"slices"
	"time"

	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/emulator/rpc"
)

type user struct {
	id, name, displayName, comments, email, phone string

	created  time.Time
	updated  time.Time
	keys     []*accessKey
	policies []attachment
	groups   []string
	joined   map[string]time.Time // by the name of the group
	detached detachment
	login    *loginProfile // nil: the user cannot sign in
}

// createUser makes a user (RAM API, CreateUser).
func (r *RAM) createUser(req *rpc.Request) (any, *rpc.Error) {
	name, err := req.Require("UserName")
	if err != nil {
		return nil, err
	}
	u := &user{
		name: name, displayName: req.Get("DisplayName"), comments: req.Get("Comments"), email: req.Get("Email"),
		phone: req.Get("MobilePhone"), created: req.Now, updated: req.Now,
	}
	if err := u.check("", name); err != nil {
		return nil, err
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if _, ok := r.users[name]; ok {
		return nil, rpc.Errorf(http.StatusConflict, "EntityAlreadyExists.User", "The user %q already exists.", name)
	}
	if len(r.users) >= maxUsers {
		return nil, rpc.Errorf(http.StatusConflict, "LimitExceeded.User", "The account has %d users, no more are allowed.", maxUsers)
	}
	u.id = r.nextID()
	r.users[name] = u
	return struct {
		User createdUser `json:"User"`
	}{u.createdBody()}, nil
}

var (
	emails = regexp.MustCompile(`^[^@\s]+@[^@\s]+$`)
	phones = regexp.MustCompile(`^[0-9]{1,4}-[0-9]{4,20}$`) // country code, hyphen, number
)

// check checks the texts of a user that a client chooses; prefix is the prefix
// of the parameters, "" or "New".
func (u *user) check(prefix, name string) *rpc.Error {
	if u.email != "" && !emails.MatchString(u.email) {
		return rpc.Errorf(http.StatusBadRequest, "InvalidParameter."+prefix+"Email.Format", "The parameter %q is no e-mail address.", prefix+"Email")
	}
	if u.phone != "" && !phones.MatchString(u.phone) {
		return rpc.Errorf(http.StatusBadRequest, "InvalidParameter."+prefix+"MobilePhone.Format", "The parameter %q must be a country code, a hyphen and a number.", prefix+"MobilePhone")
	}
	return firstError(
		checkName(prefix+"UserName", name, 64, "._-"), checkLength(prefix+"DisplayName", u.displayName, maxShortText),
		checkLength(prefix+"Comments", u.comments, maxShortText),
	)
}

// updateUser changes a user, its name included (RAM API, UpdateUser).
func (r *RAM) updateUser(req *rpc.Request) (any, *rpc.Error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	u, err := r.user(req)
	if err != nil {
		return nil, err
	}
	changed := *u
	changed.name = given(req, "NewUserName", u.name)
	changed.displayName = given(req, "NewDisplayName", u.displayName)
	changed.comments = given(req, "NewComments", u.comments)
	changed.email = given(req, "NewEmail", u.email)
	changed.phone = given(req, "NewMobilePhone", u.phone)
	changed.updated = req.Now
	if err := changed.check("New", changed.name); err != nil {
		return nil, err
	}
	if other := r.users[changed.name]; other != nil && other != u {
		return nil, rpc.Errorf(http.StatusConflict, "EntityAlreadyExists.User", "The user %q already exists.", changed.name)
	}
	delete(r.users, u.name)
	*u = changed
	r.users[u.name] = u
	for _, k := range u.keys {
		k.user = u.name
	}
	return struct {
		User listedUser `json:"User"`
	}{u.listedBody()}, nil
}

// AddUser adds a user with system policies ("AdministratorAccess") and an
// access key, as a short cut for tests.
func (r *RAM) AddUser(name string, systemPolicies ...string) (keyID, secret string, err error) {
	if refused := checkName("UserName", name, 64, "._-"); refused != nil {
		return "", "", refused
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.users[name] != nil {
		return "", "", fmt.Errorf("ram: the user %q already exists", name)
	}
	now := r.clock.Now()
	u := &user{id: r.nextID(), name: name, displayName: name, created: now, updated: now}
	for _, policy := range systemPolicies {
		if r.system[policy] == nil {
			return "", "", fmt.Errorf("ram: there is no system policy %q", policy)
		}
		u.policies = append(u.policies, attachment{typeSystem, policy, now})
	}
	r.users[name] = u
	k := r.addKey(u, now)
	return k.id, k.secret, nil
}

// nextID draws the id of a user or group: a long number.
func (r *RAM) nextID() string {
	r.lastID++
	return fmt.Sprint(firstID + r.lastID)
}

// user finds the user that the parameter UserName names.
func (r *RAM) user(req *rpc.Request) (*user, *rpc.Error) {
	name, err := req.Require("UserName")
	if err != nil {
		return nil, err
	}
	return r.userNamed(name)
}

func (r *RAM) userNamed(name string) (*user, *rpc.Error) {
	if err := checkName("UserName", name, 64, "._-"); err != nil {
		return nil, err
	}
	u, ok := r.users[name]
	if !ok {
		return nil, rpc.Errorf(http.StatusNotFound, "EntityNotExist.User", "The user %q does not exist.", name)
	}
	return u, nil
}

// getUser describes a user (RAM API, GetUser).
func (r *RAM) getUser(req *rpc.Request) (any, *rpc.Error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	u, err := r.user(req)
	if err != nil {
		return nil, err
	}
	return struct {
		User singleUser `json:"User"`
	}{singleUser{listedUser: u.listedBody()}}, nil
}

// listUsers lists users by name, in pages (RAM API, ListUsers).
func (r *RAM) listUsers(req *rpc.Request) (any, *rpc.Error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	names, p, err := pageOf(req, slices.Sorted(maps.Keys(r.users)))
	if err != nil {
		return nil, err
	}
	list := []listedUser{}
	for _, name := range names {
		list = append(list, r.users[name].listedBody())
	}
	type users struct {
		User []listedUser `json:"User"`
	}
	return struct {
		page

		Users users `json:"Users"`
	}{p, users{list}}, nil
}

// deleteUser removes a user without keys, policies and groups (RAM API,
// DeleteUser).
func (r *RAM) deleteUser(req *rpc.Request) (any, *rpc.Error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	u, err := r.user(req)
	if err != nil {
		return nil, err
	}
	for _, left := range []struct {
		what string
		has  bool
	}{
		{"AccessKey", len(u.keys) > 0}, {"Policy", len(u.policies) > 0 || r.lags(u.detached)}, {"Group", len(u.groups) > 0},
		{"LoginProfile", u.login != nil},
	} {
		if left.has {
			return nil, rpc.Errorf(http.StatusConflict, "DeleteConflict.User."+left.what, "The user %q still has a %s.", u.name, left.what)
		}
	}
	delete(r.users, u.name)
	return nil, nil
}
