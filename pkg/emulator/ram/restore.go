package ram

import (
	"cmp"
	"encoding/json"
	"fmt"
	"time"
)

// Restore replaces users, groups, custom policies and roles by the ones of a
// Snapshot, all or none. Built-in roles keep the form of this program, with the
// policies that clients had attached to them.
func (r *RAM) Restore(data json.RawMessage) error {
	var all snapshot
	if err := json.Unmarshal(data, &all); err != nil {
		return fmt.Errorf("ram: state: %w", err)
	}
	next := New(r.clock, r.account)
	next.lastID = all.LastID
	next.restoreKeys(next.owner, all.Keys)
	for _, restore := range []func(snapshot) error{next.restorePolicies, next.restoreGroups, next.restoreUsers, next.restoreRevoked} {
		if err := restore(all); err != nil {
			return fmt.Errorf("ram: state: %w", err)
		}
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	for name, o := range r.roles {
		if o.builtIn {
			copied := *o
			next.roles[name] = &copied
		}
	}
	if err := next.restoreRoles(all); err != nil {
		return fmt.Errorf("ram: state: %w", err)
	}
	r.users, r.userKeys, r.groups, r.policies, r.roles = next.users, next.userKeys, next.groups, next.policies, next.roles
	r.owner, r.revoked = next.owner, next.revoked
	r.lastID, r.alias = max(r.lastID, next.lastID), all.Alias
	return nil
}

func (r *RAM) restorePolicies(all snapshot) error {
	for _, saved := range all.Policies {
		p := &policy{
			name: saved.Name, kind: typeCustom, description: saved.Description, created: saved.Created, updated: saved.Updated,
			defaultID: saved.Default, lastVersion: saved.LastVersion, detached: saved.Detached.restored(), tags: saved.Tags,
		}
		hasDefault := false
		for _, v := range saved.Versions {
			version, err := v.restored()
			if err != nil {
				return fmt.Errorf("policy %s: %w", saved.Name, err)
			}
			hasDefault = hasDefault || v.ID == saved.Default
			p.versions = append(p.versions, version)
		}
		if saved.Before != nil {
			before, err := saved.Before.restored()
			if err != nil {
				return fmt.Errorf("policy %s: %w", saved.Name, err)
			}
			p.before, p.switched = before, saved.Switched
		}
		if !hasDefault {
			return fmt.Errorf("policy %s has no default version", saved.Name)
		}
		r.policies[p.name] = p
	}
	return nil
}

func (v savedVersion) restored() (*policyVersion, error) {
	doc, err := parseDocument(v.Text)
	if err != nil {
		return nil, fmt.Errorf("version %s: %w", v.ID, err)
	}
	return &policyVersion{v.ID, v.Text, doc, v.Created}, nil
}

func (r *RAM) restoreRevoked(all snapshot) error {
	for holder, list := range all.Revoked {
		for _, saved := range list {
			version, err := saved.Version.restored()
			if err != nil {
				return fmt.Errorf("a policy of before of %s: %w", holder, err)
			}
			r.revoked[holder] = append(r.revoked[holder], revocation{version, saved.At})
		}
	}
	return nil
}

func (r *RAM) restoreGroups(all snapshot) error {
	for _, saved := range all.Groups {
		policies, err := r.attachments(saved.Policies)
		if err != nil {
			return fmt.Errorf("group %s: %w", saved.Name, err)
		}
		r.groups[saved.Name] = &group{
			id: saved.ID, name: saved.Name, comments: saved.Comments, created: saved.Created, updated: saved.Updated,
			policies: policies, detached: saved.Detached.restored(),
		}
	}
	return nil
}

func (r *RAM) restoreUsers(all snapshot) error {
	for _, saved := range all.Users {
		policies, err := r.attachments(saved.Policies)
		if err != nil {
			return fmt.Errorf("user %s: %w", saved.Name, err)
		}
		for _, name := range saved.Groups {
			if r.groups[name] == nil {
				return fmt.Errorf("user %s is in the group %s, which is missing", saved.Name, name)
			}
		}
		u := &user{
			id: saved.ID, name: saved.Name, displayName: saved.DisplayName, comments: saved.Comments, email: saved.Email, phone: saved.Phone,
			created: saved.Created, updated: saved.Updated, policies: policies, groups: saved.Groups, detached: saved.Detached.restored(),
			joined: map[string]time.Time{},
		}
		for _, name := range saved.Groups {
			u.joined[name] = cmp.Or(saved.Joined[name], saved.Updated)
		}
		r.restoreKeys(u, saved.Keys)
		if saved.Login != nil {
			u.login = &loginProfile{saved.Login.ResetRequired, saved.Login.MFARequired, saved.Login.Created}
		}
		r.users[u.name] = u
	}
	return nil
}

func (r *RAM) restoreKeys(u *user, saved []savedKey) {
	for _, k := range saved {
		restored := &accessKey{id: k.ID, secret: k.Secret, user: u.name, status: k.Status, created: k.Created}
		u.keys = append(u.keys, restored)
		r.userKeys[k.ID] = restored
	}
}

func (r *RAM) restoreRoles(all snapshot) error {
	for _, saved := range all.Roles {
		policies, err := r.attachments(saved.Policies)
		if err != nil {
			return fmt.Errorf("role %s: %w", saved.Name, err)
		}
		if o := r.roles[saved.Name]; o != nil && saved.BuiltIn {
			o.policies, o.detached, o.tags = policies, saved.Detached.restored(), saved.Tags
			o.description, o.maxSession, o.created, o.updated = saved.Description, saved.MaxSession, saved.Created, saved.Updated
			if trust, err := parseTrust(saved.Trust); err == nil { // or the program's stays
				o.trustText, o.trust = saved.Trust, trust
			}
			continue
		}
		if saved.BuiltIn {
			continue // this program lacks the built-in role
		}
		trust, err := parseTrust(saved.Trust)
		if err != nil {
			return fmt.Errorf("role %s: %w", saved.Name, err)
		}
		r.roles[saved.Name] = &role{
			id: saved.ID, name: saved.Name, description: saved.Description, trustText: saved.Trust, trust: trust, maxSession: saved.MaxSession,
			created: saved.Created, updated: saved.Updated, policies: policies, detached: saved.Detached.restored(), tags: saved.Tags,
		}
	}
	return nil
}

func (r *RAM) attachments(saved []savedAttachment) ([]attachment, error) {
	var list []attachment
	for _, a := range saved {
		if r.policyOf(a.Kind, a.Name) == nil {
			return nil, fmt.Errorf("the policy %s is missing", a.Name)
		}
		list = append(list, attachment{a.Kind, a.Name, a.At})
	}
	return list, nil
}
