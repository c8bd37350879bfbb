// Package ram emulates Resource Access Management (RAM API, version
// 2015-05-01): users, access keys, custom policies, groups, and the decision
// whether a caller may do something.
//
// It knows the long-lived keys of the account and its users, and is the
// cloud.Authorizer of the other products. Changes take effect at once; those
// of the real service can lag by seconds.
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
	keys     map[string]cloud.Key // of the account
	users    map[string]*user
	userKeys map[string]*accessKey // by id, also in their user
	groups   map[string]*group
	policies map[string]*policy // custom ones
	system   map[string]*policy
	roles    map[string][]document
	lastID   int // for user and group ids
}

// New returns the RAM of an account that has no users yet, and no keys.
func New(clock *cloud.Clock, accountID string) *RAM {
	r := &RAM{
		clock: clock, account: accountID,
		keys: make(map[string]cloud.Key), users: make(map[string]*user), userKeys: make(map[string]*accessKey),
		groups: make(map[string]*group), policies: make(map[string]*policy), roles: make(map[string][]document),
	}
	r.system = systemPolicies(clock.Now())
	return r
}

// AddAccountKey gives the account itself an access key. Who signs with it may
// do everything.
func (r *RAM) AddAccountKey(id, secret string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.keys[id] = cloud.Key{Secret: secret, Active: true, Caller: cloud.Caller{
		AccountID: r.account, AccessKeyID: id, Kind: cloud.Account, ARN: "acs:ram::" + r.account + ":root",
	}}
}

// AddRole says what the sessions of a role may do: what one of the policy
// documents allows and none denies. A role that was never added may do
// nothing.
func (r *RAM) AddRole(name string, documents ...string) error {
	var docs []document
	for _, text := range documents {
		doc, err := parseDocument(text)
		if err != nil {
			return err
		}
		docs = append(docs, doc)
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.roles[name] = docs
	return nil
}

// Key implements cloud.Keys.
func (r *RAM) Key(accessKeyID string) (cloud.Key, bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if key, ok := r.keys[accessKeyID]; ok {
		return key, true
	}
	k, ok := r.userKeys[accessKeyID]
	if !ok {
		return cloud.Key{}, false
	}
	return cloud.Key{Secret: k.secret, Active: k.status == statusActive, Caller: cloud.Caller{
		AccountID: r.account, AccessKeyID: accessKeyID, Kind: cloud.User, Name: k.user, ID: r.users[k.user].id,
		ARN: "acs:ram::" + r.account + ":user/" + k.user,
	}}, true
}

// Allowed implements cloud.Authorizer. The account itself may do everything
// with its own resources; a user what the policies attached to it and to its
// groups allow and none of them denies; a session of a role what both the
// role's policies and the session's own policy allow.
func (r *RAM) Allowed(caller cloud.Caller, action, resource string) bool {
	if caller.AccountID != r.account || !r.owns(resource) {
		return false
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	var docs []document
	switch caller.Kind {
	case cloud.Account:
		return true
	case cloud.User:
		u, ok := r.users[caller.Name]
		if !ok {
			return false
		}
		docs = r.documents(u.policies)
		for _, name := range u.groups {
			docs = append(docs, r.documents(r.groups[name].policies)...)
		}
	case cloud.Role:
		docs = r.roles[caller.Name]
		if caller.Policy != "" {
			session, err := parseDocument(caller.Policy)
			if err != nil || session.decide(action, resource) != allowed {
				return false
			}
		}
	default:
		return false
	}
	said := ignored
	for _, doc := range docs {
		said = max(said, doc.decide(action, resource)) // denied is the greatest
	}
	return said == allowed
}

// owns tells whether a resource belongs to the account. "*" and names without
// an account do.
func (r *RAM) owns(resource string) bool {
	parts := strings.SplitN(resource, ":", 5)
	return len(parts) < 5 || parts[3] == r.account || parts[3] == "*" || parts[3] == ""
}

// documents are the default versions of attached policies.
func (r *RAM) documents(attached []attachment) []document {
	var docs []document
	for _, a := range attached {
		docs = append(docs, r.policyOf(a.kind, a.name).current().doc)
	}
	return docs
}

// stamp is a time in the format of the RAM API.
func stamp(t time.Time) string { return t.UTC().Format("2006-01-02T15:04:05Z") }

// without returns list without the entries that are equal to v.
func without[T comparable](list []T, v T) []T {
	return slices.DeleteFunc(slices.Clone(list), func(x T) bool { return x == v })
}
