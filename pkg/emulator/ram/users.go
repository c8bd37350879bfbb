package ram

import (
	"fmt"
	"maps"
	"net/http"
	"slices"
	"time"

	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/emulator/rpc"
)

type user struct {
	id, name, displayName, comments, email, phone string

	created  time.Time
	keys     []*accessKey
	policies []attachment
	groups   []string
}

// A userFields is a user as the API answers it.
type userFields struct {
	UserID      string `json:"UserId"`
	UserName    string `json:"UserName"`
	DisplayName string `json:"DisplayName"`
	MobilePhone string `json:"MobilePhone,omitempty"`
	Email       string `json:"Email,omitempty"`
	Comments    string `json:"Comments,omitempty"`
	CreateDate  string `json:"CreateDate"`
	UpdateDate  string `json:"UpdateDate,omitempty"`
	AttachDate  string `json:"AttachDate,omitempty"`
	JoinDate    string `json:"JoinDate,omitempty"`
}

func (u *user) fields() userFields {
	return userFields{
		UserID: u.id, UserName: u.name, DisplayName: u.displayName, MobilePhone: u.phone, Email: u.email,
		Comments: u.comments, CreateDate: stamp(u.created), UpdateDate: stamp(u.created),
	}
}

type userResponse struct {
	User userFields `json:"User"`
}

// createUser makes a user (RAM API, CreateUser).
func (r *RAM) createUser(req *rpc.Request) (any, *rpc.Error) {
	name, err := req.Require("UserName")
	if err != nil {
		return nil, err
	}
	u := &user{
		name: name, displayName: req.Get("DisplayName"), comments: req.Get("Comments"), email: req.Get("Email"),
		phone: req.Get("MobilePhone"), created: req.Now,
	}
	if u.displayName == "" {
		u.displayName = name
	}
	if err := firstError(
		checkName("UserName", name, 64, "._-"), checkLength("DisplayName", u.displayName, maxShortText),
		checkLength("Comments", u.comments, maxShortText), noTags(req),
	); err != nil {
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
	return userResponse{u.fields()}, nil
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

// getUser tells of one user (RAM API, GetUser).
func (r *RAM) getUser(req *rpc.Request) (any, *rpc.Error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	u, err := r.user(req)
	if err != nil {
		return nil, err
	}
	return userResponse{u.fields()}, nil
}

type userList struct {
	User []userFields `json:"User"`
}

// listUsers lists users by name, in pages (RAM API, ListUsers).
func (r *RAM) listUsers(req *rpc.Request) (any, *rpc.Error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	names, p, err := pageOf(req, slices.Sorted(maps.Keys(r.users)))
	if err != nil {
		return nil, err
	}
	list := userList{User: []userFields{}}
	for _, name := range names {
		list.User = append(list.User, r.users[name].fields())
	}
	return struct {
		page

		Users userList `json:"Users"`
	}{p, list}, nil
}

// deleteUser removes a user that has no keys, policies and groups left (RAM
// API, DeleteUser).
func (r *RAM) deleteUser(req *rpc.Request) (any, *rpc.Error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	u, err := r.user(req)
	if err != nil {
		return nil, err
	}
	for _, left := range []struct {
		what  string
		count int
	}{{"AccessKey", len(u.keys)}, {"Policy", len(u.policies)}, {"Group", len(u.groups)}} {
		if left.count > 0 {
			return nil, rpc.Errorf(http.StatusConflict, "DeleteConflict.User."+left.what, "The user %q still has %d of %s.", u.name, left.count, left.what)
		}
	}
	delete(r.users, u.name)
	return nil, nil
}
