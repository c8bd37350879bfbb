package ram

import (
	"maps"
	"slices"
	"time"
)

// A UserState describes a user to tests.
type UserState struct {
	Name     string    `json:"name"`
	Comments string    `json:"comments,omitempty"`
	Created  time.Time `json:"created"`
	Keys     []string  `json:"keys,omitempty"`     // access key ids
	Policies []string  `json:"policies,omitempty"` // "Custom/NAME" or "System/NAME"
	Groups   []string  `json:"groups,omitempty"`

	DisplayName string      `json:"displayName,omitempty"`
	Email       string      `json:"email,omitempty"`
	MobilePhone string      `json:"mobilePhone,omitempty"`
	Login       *LoginState `json:"login,omitempty"` // nil: the user cannot sign in
}

// A LoginState describes a user's login profile to tests.
type LoginState struct {
	ResetRequired bool `json:"passwordResetRequired"`
	MFARequired   bool `json:"mfaBindRequired"`
}

// A KeyState describes a user's access key to tests.
type KeyState struct {
	ID      string    `json:"id"`
	User    string    `json:"user"`
	Status  string    `json:"status"`
	Created time.Time `json:"created"`
}

// A PolicyState describes a custom policy to tests.
type PolicyState struct {
	Name        string    `json:"name"`
	Description string    `json:"description,omitempty"`
	Document    string    `json:"document"` // of the default version
	Default     string    `json:"defaultVersion"`
	Versions    int       `json:"versions"`
	Attachments int       `json:"attachments"`
	Created     time.Time `json:"created"`

	Tags map[string]string `json:"tags,omitempty"`
}

// Users lists the users by name.
func (r *RAM) Users() []UserState {
	r.mu.Lock()
	defer r.mu.Unlock()
	list := make([]UserState, 0, len(r.users))
	for _, name := range slices.Sorted(maps.Keys(r.users)) {
		u := r.users[name]
		state := UserState{Name: u.name, Comments: u.comments, Created: u.created, Groups: slices.Clone(u.groups), DisplayName: u.displayName, Email: u.email, MobilePhone: u.phone}
		if u.login != nil {
			state.Login = &LoginState{u.login.resetRequired, u.login.mfaRequired}
		}
		for _, k := range u.keys {
			state.Keys = append(state.Keys, k.id)
		}
		for _, a := range u.policies {
			state.Policies = append(state.Policies, a.kind+"/"+a.name)
		}
		list = append(list, state)
	}
	return list
}

// Keys lists the access keys that calls made, by id; a key of the account has no
// user. It omits the account's keys of the start and those of sessions.
func (r *RAM) Keys() []KeyState {
	r.mu.Lock()
	defer r.mu.Unlock()
	list := make([]KeyState, 0, len(r.userKeys))
	for _, id := range slices.Sorted(maps.Keys(r.userKeys)) {
		k := r.userKeys[id]
		list = append(list, KeyState{ID: k.id, User: k.user, Status: k.status, Created: k.created})
	}
	return list
}

// Policies lists the custom policies by name.
func (r *RAM) Policies() []PolicyState {
	r.mu.Lock()
	defer r.mu.Unlock()
	list := make([]PolicyState, 0, len(r.policies))
	for _, name := range slices.Sorted(maps.Keys(r.policies)) {
		p := r.policies[name]
		users, groups, roles := r.attachedTo(p)
		list = append(list, PolicyState{
			Name: p.name, Description: p.description, Document: p.current().text, Default: p.defaultID, Versions: len(p.versions),
			Attachments: len(users) + len(groups) + len(roles), Created: p.created, Tags: p.tags.shown(),
		})
	}
	return list
}

// Groups lists the names of the groups.
func (r *RAM) Groups() []string {
	r.mu.Lock()
	defer r.mu.Unlock()
	return slices.Sorted(maps.Keys(r.groups))
}

// A RoleState describes a role to tests.
type RoleState struct {
	Name     string    `json:"name"`
	Trust    string    `json:"trust"` // the trust policy
	Created  time.Time `json:"created"`
	Policies []string  `json:"policies,omitempty"` // "Custom/NAME" or "System/NAME"

	Description string            `json:"description,omitempty"`
	MaxSession  int               `json:"maxSessionDuration"` // seconds
	Tags        map[string]string `json:"tags,omitempty"`
}

// Roles lists the roles of clients by name. It omits the built-in ones.
func (r *RAM) Roles() []RoleState {
	r.mu.Lock()
	defer r.mu.Unlock()
	list := []RoleState{}
	for _, name := range slices.Sorted(maps.Keys(r.roles)) {
		o := r.roles[name]
		if o.builtIn {
			continue
		}
		state := RoleState{Name: o.name, Trust: o.trustText, Created: o.created, Description: o.description, MaxSession: int(o.maxSession / time.Second), Tags: o.tags.shown()}
		for _, a := range o.policies {
			state.Policies = append(state.Policies, a.kind+"/"+a.name)
		}
		list = append(list, state)
	}
	return list
}
