package ram

import (
	"encoding/json"
	"slices"
	"time"
)

// A snapshot is the saved state of the account's RAM. It holds the secrets of
// access keys; the account's keys of the start are left out.
type snapshot struct {
	LastID   int           `json:"lastId"`
	Users    []savedUser   `json:"users,omitempty"`
	Groups   []savedGroup  `json:"groups,omitempty"`
	Policies []savedPolicy `json:"policies,omitempty"`
	Roles    []savedRole   `json:"roles,omitempty"`
	Alias    string        `json:"alias,omitempty"`
	Keys     []savedKey    `json:"keys,omitempty"` // of the account, made by calls
	// Revoked has the policies that still count for a while, by the id of the holder.
	Revoked map[string][]savedRevocation `json:"revoked,omitempty"`
}

type savedRevocation struct {
	Version savedVersion `json:"version"`
	At      time.Time    `json:"at"`
}

type savedUser struct {
	ID          string            `json:"id"`
	Name        string            `json:"name"`
	DisplayName string            `json:"displayName"`
	Comments    string            `json:"comments,omitempty"`
	Email       string            `json:"email,omitempty"`
	Phone       string            `json:"phone,omitempty"`
	Created     time.Time         `json:"created"`
	Updated     time.Time         `json:"updated"`
	Keys        []savedKey        `json:"keys,omitempty"`
	Policies    []savedAttachment `json:"policies,omitempty"`
	Groups      []string          `json:"groups,omitempty"`
	// Joined has the times of the memberships; a state of an older program lacks
	// it.
	Joined   map[string]time.Time `json:"joined,omitempty"`
	Detached savedDetachment      `json:"detached,omitzero"`
	Login    *savedLogin          `json:"login,omitempty"`
}

type savedKey struct {
	ID      string    `json:"id"`
	Secret  string    `json:"secret"`
	Status  string    `json:"status"`
	Created time.Time `json:"created"`
}

type savedLogin struct {
	ResetRequired bool      `json:"resetRequired,omitempty"`
	MFARequired   bool      `json:"mfaRequired,omitempty"`
	Created       time.Time `json:"created"`
}

type savedAttachment struct {
	Kind string    `json:"kind"`
	Name string    `json:"name"`
	At   time.Time `json:"at"`
}

type savedDetachment struct {
	At   time.Time `json:"at"`
	From string    `json:"from"`
}

type savedGroup struct {
	ID       string            `json:"id"`
	Name     string            `json:"name"`
	Comments string            `json:"comments,omitempty"`
	Created  time.Time         `json:"created"`
	Updated  time.Time         `json:"updated"`
	Policies []savedAttachment `json:"policies,omitempty"`
	Detached savedDetachment   `json:"detached,omitzero"`
}

type savedPolicy struct {
	Name        string          `json:"name"`
	Description string          `json:"description,omitempty"`
	Created     time.Time       `json:"created"`
	Updated     time.Time       `json:"updated"`
	Versions    []savedVersion  `json:"versions"` // oldest first
	Default     string          `json:"default"`
	LastVersion int             `json:"lastVersion"`
	Before      *savedVersion   `json:"before,omitempty"`
	Switched    time.Time       `json:"switched,omitzero"`
	Detached    savedDetachment `json:"detached,omitzero"`
	Tags        tags            `json:"tags,omitempty"`
}

type savedVersion struct {
	ID      string    `json:"id"`
	Text    string    `json:"text"`
	Created time.Time `json:"created"`
}

type savedRole struct {
	ID          string            `json:"id"`
	Name        string            `json:"name"`
	Description string            `json:"description,omitempty"`
	Trust       string            `json:"trust"`
	MaxSession  time.Duration     `json:"maxSession"`
	Created     time.Time         `json:"created"`
	Updated     time.Time         `json:"updated"`
	Policies    []savedAttachment `json:"policies,omitempty"`
	Detached    savedDetachment   `json:"detached,omitzero"`
	BuiltIn     bool              `json:"planted,omitempty"`
	Tags        tags              `json:"tags,omitempty"`
}

// Snapshot returns users with their keys, groups, custom policies and roles,
// for Restore. Behaviour is left out.
func (r *RAM) Snapshot() (json.RawMessage, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	all := snapshot{LastID: r.lastID, Alias: r.alias, Keys: savedKeys(r.owner)}
	for _, u := range byName(r.users) {
		saved := savedUser{
			ID: u.id, Name: u.name, DisplayName: u.displayName, Comments: u.comments, Email: u.email, Phone: u.phone,
			Created: u.created, Updated: u.updated, Policies: savedAttachments(u.policies), Groups: u.groups, Detached: u.detached.saved(), Joined: u.joined,
		}
		saved.Keys = savedKeys(u)
		if u.login != nil {
			saved.Login = &savedLogin{u.login.resetRequired, u.login.mfaRequired, u.login.created}
		}
		all.Users = append(all.Users, saved)
	}
	for _, g := range byName(r.groups) {
		all.Groups = append(all.Groups, savedGroup{g.id, g.name, g.comments, g.created, g.updated, savedAttachments(g.policies), g.detached.saved()})
	}
	for _, p := range byName(r.policies) {
		saved := savedPolicy{
			Name: p.name, Description: p.description, Created: p.created, Updated: p.updated, Default: p.defaultID,
			LastVersion: p.lastVersion, Detached: p.detached.saved(), Tags: p.tags, Switched: p.switched,
		}
		for _, v := range p.versions {
			saved.Versions = append(saved.Versions, v.saved())
		}
		if p.before != nil {
			before := p.before.saved()
			saved.Before = &before
		}
		all.Policies = append(all.Policies, saved)
	}
	for _, o := range byName(r.roles) {
		all.Roles = append(all.Roles, savedRole{
			o.id, o.name, o.description, o.trustText, o.maxSession, o.created, o.updated, savedAttachments(o.policies), o.detached.saved(), o.builtIn, o.tags,
		})
	}
	for holder, list := range r.revoked {
		for _, old := range list {
			if all.Revoked == nil {
				all.Revoked = map[string][]savedRevocation{}
			}
			all.Revoked[holder] = append(all.Revoked[holder], savedRevocation{old.version.saved(), old.at})
		}
	}
	return json.Marshal(all)
}

func (v *policyVersion) saved() savedVersion { return savedVersion{v.id, v.text, v.created} }

func savedKeys(u *user) []savedKey {
	var saved []savedKey
	for _, k := range u.keys {
		saved = append(saved, savedKey{k.id, k.secret, k.status, k.created})
	}
	return saved
}

// byName are the values of a map in the order of their keys.
func byName[V any](m map[string]V) []V {
	names := make([]string, 0, len(m))
	for name := range m {
		names = append(names, name)
	}
	slices.Sort(names)
	values := make([]V, 0, len(m))
	for _, name := range names {
		values = append(values, m[name])
	}
	return values
}

func savedAttachments(list []attachment) []savedAttachment {
	var saved []savedAttachment
	for _, a := range list {
		saved = append(saved, savedAttachment{a.kind, a.name, a.at})
	}
	return saved
}

func (d detachment) saved() savedDetachment { return savedDetachment{d.at, d.from} }

func (d savedDetachment) restored() detachment { return detachment{d.At, d.From} }
