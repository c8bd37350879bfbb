package sts

import (
	"encoding/json"
	"fmt"
	"time"

	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/emulator/cloud"
)

// A savedKey is the saved key of a session, by its id.
type savedKey struct {
	Secret  string    `json:"secret"`
	Token   string    `json:"token"`
	Expires time.Time `json:"expires"`
	Role    string    `json:"role"`
	RoleID  string    `json:"roleId"`
	ARN     string    `json:"arn"`
	Policy  string    `json:"policy,omitempty"`
}

// Snapshot returns the unexpired keys of sessions, for Restore. OIDC providers
// are left out.
func (s *Service) Snapshot() (json.RawMessage, error) {
	now := s.clock.Now()
	s.mu.Lock()
	defer s.mu.Unlock()
	all := make(map[string]savedKey)
	for id, k := range s.keys {
		if now.Before(k.Expires) {
			all[id] = savedKey{k.Secret, k.Token, k.Expires, k.Caller.Name, k.Caller.ID, k.Caller.ARN, k.Caller.Policy}
		}
	}
	return json.Marshal(all) //nolint:gosec // the state holds the secrets of sessions
}

// Restore replaces the keys of sessions by the ones of a Snapshot, all or none.
func (s *Service) Restore(data json.RawMessage) error {
	var all map[string]savedKey
	if err := json.Unmarshal(data, &all); err != nil {
		return fmt.Errorf("sts: state: %w", err)
	}
	keys := make(map[string]cloud.Key, len(all))
	for id, k := range all {
		keys[id] = cloud.Key{
			Secret: k.Secret, Token: k.Token, Expires: k.Expires, Active: true,
			Caller: cloud.Caller{AccountID: s.accountID, AccessKeyID: id, Kind: cloud.Role, Name: k.Role, ID: k.RoleID, ARN: k.ARN, Policy: k.Policy},
		}
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.keys = keys
	return nil
}
