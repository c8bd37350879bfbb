// Package ram emulates Resource Access Management (RAM API, version
// 2015-05-01): users, access keys, custom policies, groups, roles, and the
// decision whether a caller may do something.
//
// It has the long-lived keys of the account and its users, and is the
// cloud.Authorizer of the other products. Changes take effect at once; a
// Behaviour can delay them, as the real service does by seconds.
package ram

import (
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/emulator/cloud"
)

// A RAM holds the users, groups and policies of one account. It is safe for
// concurrent use.
type RAM struct {
	clock   *cloud.Clock
	account string

	mu       sync.Mutex
	keys     map[string]cloud.Key // of the account, from the start
	owner    *user                // the account as the owner of keys that calls made
	users    map[string]*user
	userKeys map[string]*accessKey // by id, also in their user or owner
	groups   map[string]*group
	policies map[string]*policy // custom ones
	system   map[string]*policy
	roles    map[string]*role
	alias    string // of the account
	lastID   int    // for the ids of users, groups and roles

	behaviour Behaviour
	revoked   map[string][]revocation // by the id of a user, group or role
}

// New returns the RAM of an account without users and keys.
func New(clock *cloud.Clock, accountID string) *RAM {
	r := &RAM{
		clock: clock, account: accountID,
		keys: make(map[string]cloud.Key), users: make(map[string]*user), userKeys: make(map[string]*accessKey),
		groups: make(map[string]*group), policies: make(map[string]*policy), roles: make(map[string]*role), owner: &user{},
		revoked: make(map[string][]revocation),
	}
	r.system = systemPolicies(clock.Now())
	return r
}

// AddAccountKey gives the account itself an access key, which may do
// everything.
func (r *RAM) AddAccountKey(id, secret string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.keys[id] = cloud.Key{Secret: secret, Active: true, Caller: r.accountCaller(id)}
}

// accountCaller is the account itself, by one of its keys.
func (r *RAM) accountCaller(keyID string) cloud.Caller {
	return cloud.Caller{AccountID: r.account, AccessKeyID: keyID, Kind: cloud.Account, ARN: "acs:ram::" + r.account + ":root"}
}

// RemoveAccountKey removes a key of AddAccountKey or AddForeignKey.
func (r *RAM) RemoveAccountKey(id string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	delete(r.keys, id)
}

// Key implements cloud.Keys.
func (r *RAM) Key(accessKeyID string) (cloud.Key, bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if key, ok := r.keys[accessKeyID]; ok {
		if key.Caller.AccountID == r.account {
			key.Sources = r.behaviour.KeySources
		}
		return key, true
	}
	k, ok := r.userKeys[accessKeyID]
	if !ok || r.clock.Now().Before(k.created.Add(r.behaviour.KeyLag)) {
		return cloud.Key{}, false
	}
	if k.user == "" {
		return cloud.Key{Secret: k.secret, Active: k.status == statusActive, Caller: r.accountCaller(accessKeyID), Sources: r.behaviour.KeySources}, true
	}
	return cloud.Key{Secret: k.secret, Active: k.status == statusActive, Sources: r.behaviour.KeySources, Caller: cloud.Caller{
		AccountID: r.account, AccessKeyID: accessKeyID, Kind: cloud.User, Name: k.user, ID: r.users[k.user].id,
		ARN: "acs:ram::" + r.account + ":user/" + k.user,
	}}, true
}

// Allowed implements cloud.Authorizer. The account may do everything with its
// own resources. A user may do what its policies and its groups' policies
// allow, unless one of them denies it. A session of a role needs the permission
// of the role's policies and of the session's own policy.
func (r *RAM) Allowed(caller cloud.Caller, action, resource string) bool {
	if caller.AccountID != r.account {
		return foreignAllowed(caller, resource)
	}
	return r.decide(caller, action, resource) == allowed
}

// Denies implements cloud.Denier.
func (r *RAM) Denies(caller cloud.Caller, action, resource string) bool {
	return caller.AccountID == r.account && r.decide(caller, action, resource) == denied
}

func (r *RAM) decide(caller cloud.Caller, action, resource string) decision {
	if !r.owns(resource) {
		return ignored
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	values := requestFacts(r.clock.Now(), caller.Origin, caller.Keys)
	var docs []document
	switch caller.Kind {
	case cloud.Account:
		return allowed
	case cloud.User:
		u, ok := r.users[caller.Name]
		if !ok {
			return ignored
		}
		docs = r.documents(u.id, u.policies)
		for _, name := range u.groups {
			docs = append(docs, r.documents(r.groups[name].id, r.groups[name].policies)...)
		}
	case cloud.Role:
		o, ok := r.roles[caller.Name]
		if !ok || caller.ID != "" && caller.ID != o.id { // a role of this name that came later (A434)
			return ignored
		}
		docs = append(r.documents(o.id, o.policies), o.inline...)
		if caller.Policy != "" {
			session, err := parseDocument(caller.Policy)
			if err != nil {
				return ignored
			}
			if d := session.decide(action, resource, values); d != allowed {
				return d
			}
		}
	default:
		return ignored
	}
	result := ignored
	for _, doc := range docs {
		result = max(result, doc.decide(action, resource, values)) // denied is the greatest
	}
	return result
}

// owns reports whether a resource belongs to the account, as do "*" and names
// without an account.
func (r *RAM) owns(resource string) bool {
	parts := strings.SplitN(resource, ":", 5)
	return len(parts) < 5 || parts[3] == r.account || parts[3] == "*" || parts[3] == ""
}

// stamp is a time in the format of the RAM API.
func stamp(t time.Time) string { return t.UTC().Format("2006-01-02T15:04:05Z") }

// without returns list without the entries that are equal to v.
func without[T comparable](list []T, v T) []T {
	return slices.DeleteFunc(slices.Clone(list), func(x T) bool { return x == v })
}
