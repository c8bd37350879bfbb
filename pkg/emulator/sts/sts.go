// Package sts emulates the Security Token Service (2015-04-01): who the caller
// is, and short-lived keys for a role of the account.
package sts

import (
	"crypto/rand"
	"encoding/json"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/emulator/cloud"
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/emulator/rpc"
)

const (
	minDuration = 900
	// maxDuration is the MaxSessionDuration that roles have by default.
	maxDuration = 3600
	maxPolicy   = 1024 // characters
	keptExpired = time.Hour
)

// A Service answers the STS API for one account and knows the keys it issued.
// It is safe for concurrent use.
type Service struct {
	clock     *cloud.Clock
	accountID string

	mu    sync.Mutex
	roles []string // nil: every role exists
	keys  map[string]cloud.Key
}

// New returns a Service in which every role of the account exists.
func New(clock *cloud.Clock, accountID string) *Service {
	return &Service{clock: clock, accountID: accountID, keys: map[string]cloud.Key{}}
}

// SetRoles says which roles exist from now on: these and no others.
func (s *Service) SetRoles(names ...string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.roles = append([]string{}, names...)
}

// Product registers the service with the gateway.
func (s *Service) Product() rpc.Product {
	return rpc.Product{Name: "Sts", Version: "2015-04-01", Denied: "NoPermission", Actions: map[string]rpc.Action{
		"GetCallerIdentity": {Do: s.getCallerIdentity, Free: true},
		"AssumeRole":        {Do: s.assumeRole, Resource: roleResource},
	}}
}

// roleResource is the role that RAM authorises AssumeRole on. What is no role
// is left to the check of the parameter.
func roleResource(r *rpc.Request) string {
	if arn := r.Get("RoleArn"); roleARNs.MatchString(arn) {
		return arn
	}
	return "*"
}

// Key implements cloud.Keys. An expired key is still known for an hour, so that
// its use can be told from the use of a key that never was.
func (s *Service) Key(accessKeyID string) (cloud.Key, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	key, ok := s.keys[accessKeyID]
	return key, ok
}

// Credentials are what AssumeRole issues.
type Credentials struct {
	AccessKeyID, AccessKeySecret, SecurityToken string
	Expiration                                  time.Time
}

// Issue makes a key for a session of a role, as AssumeRole does.
func (s *Service) Issue(role, session, policy string, life time.Duration) Credentials {
	now := s.clock.Now()
	c := Credentials{AccessKeyID: "STS." + rand.Text()[:24], AccessKeySecret: rand.Text() + rand.Text()[:18], SecurityToken: "CAIS" + rand.Text() + rand.Text() + rand.Text(), Expiration: now.Add(life).Truncate(time.Second)}
	s.mu.Lock()
	defer s.mu.Unlock()
	for id, key := range s.keys {
		if now.Sub(key.Expires) > keptExpired {
			delete(s.keys, id)
		}
	}
	s.keys[c.AccessKeyID] = cloud.Key{
		Secret: c.AccessKeySecret, Token: c.SecurityToken, Expires: c.Expiration, Active: true,
		Caller: cloud.Caller{AccountID: s.accountID, AccessKeyID: c.AccessKeyID, Kind: cloud.Role, Name: role, ARN: s.sessionARN(role, session), Policy: policy},
	}
	return c
}

func (s *Service) sessionARN(role, session string) string {
	return "acs:ram::" + s.accountID + ":assumed-role/" + strings.ToLower(role) + "/" + session
}

// roleID is the id of a role: digits that follow from its name.
func roleID(name string) string {
	h := uint64(14695981039346656037)
	for i := range len(name) {
		h = (h ^ uint64(name[i])) * 1099511628211
	}
	return "3" + digits(h, 17)
}

func digits(n uint64, count int) string {
	b := make([]byte, count)
	for i := range b {
		b[i] = byte('0' + n%10)
		n /= 10
	}
	return string(b)
}

// getCallerIdentity is GetCallerIdentity of the STS API.
func (s *Service) getCallerIdentity(r *rpc.Request) (any, *rpc.Error) {
	body := struct{ IdentityType, AccountId, UserId, RoleId, PrincipalId, Arn string }{
		IdentityType: r.Caller.Kind.String(), AccountId: r.Caller.AccountID, Arn: r.Caller.ARN,
	}
	switch r.Caller.Kind {
	case cloud.Role:
		body.RoleId = roleID(r.Caller.Name)
		body.PrincipalId = body.RoleId + ":" + r.Caller.ARN[strings.LastIndexByte(r.Caller.ARN, '/')+1:]
	case cloud.User:
		body.UserId, body.PrincipalId = r.Caller.ID, r.Caller.ID
	default:
		body.UserId, body.PrincipalId = r.Caller.AccountID, r.Caller.AccountID
	}
	return body, nil
}

var (
	roleARNs = regexp.MustCompile(`^acs:ram::([0-9]{16}):role/([A-Za-z0-9.-]{1,64})$`)
	sessions = regexp.MustCompile(`^[A-Za-z0-9.@_-]{2,64}$`)
)

// assumeRole is AssumeRole of the STS API.
func (s *Service) assumeRole(r *rpc.Request) (any, *rpc.Error) {
	arn := roleARNs.FindStringSubmatch(r.Get("RoleArn"))
	if arn == nil {
		return nil, bad("InvalidParameter.RoleArn", "The parameter RoleArn is wrongly formed.")
	}
	session := r.Get("RoleSessionName")
	if !sessions.MatchString(session) {
		return nil, bad("InvalidParameter.RoleSessionName", "The parameter RoleSessionName is wrongly formed.")
	}
	seconds, fail := r.Int("DurationSeconds", maxDuration)
	if fail != nil || seconds < minDuration || seconds > maxDuration {
		return nil, bad("InvalidParameter.DurationSeconds", "DurationSeconds is from %d to %d.", minDuration, maxDuration)
	}
	policy := r.Get("Policy")
	if len(policy) > maxPolicy {
		return nil, bad("InvalidParameter.PolicySize", "The policy has at most %d characters.", maxPolicy)
	}
	if policy != "" && !json.Valid([]byte(policy)) {
		return nil, bad("InvalidParameter.PolicyGrammar", "The policy is not valid.")
	}
	if r.Get("ExternalId") != "" || r.Get("SourceIdentity") != "" {
		return nil, rpc.Unsupported("AssumeRole.ExternalId")
	}
	if arn[1] != s.accountID { // no other account trusts ours
		return nil, rpc.Errorf(http.StatusForbidden, "NoPermission", "The caller is not trusted by the role.")
	}
	if !s.exists(arn[2]) {
		return nil, rpc.Errorf(http.StatusNotFound, "EntityNotExist.Role", "The role does not exist.")
	}
	c := s.Issue(arn[2], session, policy, time.Duration(seconds)*time.Second)
	type credentials struct{ AccessKeyId, AccessKeySecret, SecurityToken, Expiration string }
	type user struct{ Arn, AssumedRoleId string }
	return struct {
		Credentials     credentials
		AssumedRoleUser user
	}{
		credentials{c.AccessKeyID, c.AccessKeySecret, c.SecurityToken, c.Expiration.Format(time.RFC3339)},
		user{s.sessionARN(arn[2], session), roleID(arn[2]) + ":" + session},
	}, nil
}

func (s *Service) exists(role string) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.roles == nil || slices.Contains(s.roles, role)
}

func bad(code, format string, args ...any) *rpc.Error {
	return rpc.Errorf(http.StatusBadRequest, code, format, args...)
}
