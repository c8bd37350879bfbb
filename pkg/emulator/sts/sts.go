// Package sts emulates the Security Token Service (2015-04-01): the identity of
// callers, and short-lived keys for the account's roles.
package sts

import (
	"crypto/rand"
	_ "embed"
	"strings"
	"sync"
	"time"

	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/emulator/cloud"
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/emulator/rpc"
)

// keptExpired is the time that an expired key is remembered. Its use gets another
// answer than the use of an unknown key.
const keptExpired = time.Hour

// Roles finds the roles of the account and evaluates their trust policies.
type Roles interface {
	AssumableRole(name string, p cloud.Principal) (role cloud.RoleInfo, exists, trusted bool)
}

// Options configure a Service. All but Providers and Wall are required.
type Options struct {
	Clock     *cloud.Clock
	AccountID string
	Roles     Roles
	Providers []Provider // of OIDC tokens
	// Wall is the time by which OIDC tokens expire; nil means real time, since
	// others issue them.
	Wall func() time.Time
}

// A Service answers the STS API for one account and keeps the keys that it
// issued. It is safe for concurrent use.
type Service struct {
	clock     *cloud.Clock
	accountID string
	roles     Roles
	wall      func() time.Time

	mu        sync.Mutex
	keys      map[string]cloud.Key
	providers []Provider
	swept     time.Time // when expired keys were last removed
}

// New returns a Service without sessions.
func New(o Options) *Service {
	s := &Service{clock: o.Clock, accountID: o.AccountID, roles: o.Roles, wall: o.Wall, keys: map[string]cloud.Key{}}
	if s.wall == nil {
		s.wall = time.Now
	}
	s.providers = append(s.providers, o.Providers...)
	return s
}

//go:embed actions.yaml
var contracts []byte

// API registers the service with the gateway.
func (s *Service) API() rpc.API {
	return rpc.API{Name: "Sts", Version: "2015-04-01", Denied: "NoPermission", HTTPSOnly: true, Actions: rpc.MustReadContracts(contracts).Actions(map[string]rpc.Action{
		"GetCallerIdentity":  {Do: s.getCallerIdentity, Free: true, ReadOnly: true},
		"AssumeRole":         {Do: s.assumeRole, Resource: roleResource},
		"AssumeRoleWithOIDC": {Do: s.assumeRoleWithOIDC, Unsigned: true, Free: true},
	}, nil)}
}

// Key implements cloud.Keys.
func (s *Service) Key(accessKeyID string) (cloud.Key, bool) {
	if !strings.HasPrefix(accessKeyID, "STS.") {
		return cloud.Key{}, false
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	key, ok := s.keys[accessKeyID]
	return key, ok
}

// Credentials are the key of a session.
type Credentials struct {
	AccessKeyID, AccessKeySecret, SecurityToken string
	Expiration                                  time.Time
}

// IssueFor makes a key for a session of an ECS instance's role. exists is
// false, and the key is zero, if the role is missing or does not trust ECS.
func (s *Service) IssueFor(instance, role string, life time.Duration) (c Credentials, exists bool) {
	info, exists, trusted := s.roles.AssumableRole(role, cloud.Principal{Service: "ecs.aliyuncs.com"})
	if !exists || !trusted {
		return Credentials{}, false
	}
	return s.issue(info, instance, "", life), true
}

func (s *Service) issue(role cloud.RoleInfo, session, policy string, life time.Duration) Credentials {
	now := s.clock.Now()
	c := Credentials{
		AccessKeyID: "STS." + rand.Text()[:24], AccessKeySecret: rand.Text() + rand.Text()[:18],
		SecurityToken: "CAIS" + rand.Text() + rand.Text() + rand.Text(), Expiration: now.Add(life).Truncate(time.Second),
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if now.Sub(s.swept).Abs() > time.Minute {
		for id, key := range s.keys {
			if now.Sub(key.Expires) > keptExpired {
				delete(s.keys, id)
			}
		}
		s.swept = now
	}
	s.keys[c.AccessKeyID] = cloud.Key{
		Secret: c.AccessKeySecret, Token: c.SecurityToken, Expires: c.Expiration, Active: true,
		Caller: cloud.Caller{
			AccountID: s.accountID, AccessKeyID: c.AccessKeyID, Kind: cloud.Role, Name: role.Name, ID: role.ID,
			ARN: s.sessionARN(role.Name, session), Policy: policy,
		},
	}
	return c
}

// sessionARN is the ARN of a session; the role's name is in lower case (A122).
func (s *Service) sessionARN(role, session string) string {
	return "acs:ram::" + s.accountID + ":assumed-role/" + strings.ToLower(role) + "/" + session
}

// getCallerIdentity is GetCallerIdentity of the STS API.
func (s *Service) getCallerIdentity(r *rpc.Request) (any, *rpc.Error) {
	body := struct {
		IdentityType, AccountId string
		UserId                  string `json:",omitempty"`
		RoleId                  string `json:",omitempty"`
		PrincipalId, Arn        string
	}{IdentityType: r.Caller.Kind.String(), AccountId: r.Caller.AccountID, Arn: r.Caller.ARN}
	switch r.Caller.Kind {
	case cloud.Role:
		body.RoleId = r.Caller.ID
		body.PrincipalId = r.Caller.ID + ":" + r.Caller.ARN[strings.LastIndexByte(r.Caller.ARN, '/')+1:]
	case cloud.User:
		body.UserId, body.PrincipalId = r.Caller.ID, r.Caller.ID
	default:
		body.UserId, body.PrincipalId = r.Caller.AccountID, r.Caller.AccountID
	}
	return body, nil
}
