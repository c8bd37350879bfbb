package vpc

import (
	"encoding/json"
	"fmt"
	"slices"

	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/emulator/rpc"
)

// A snapshot is the saved state of the service.
type snapshot struct {
	Regions []Region              `json:"regions"`
	Tokens  map[string]savedToken `json:"tokens,omitempty"`
}

type savedToken struct {
	Params   string          `json:"params"`
	Response json.RawMessage `json:"response"`
}

// Snapshot returns the networks of all regions, and the ClientTokens, for
// Restore.
func (s *Service) Snapshot() (json.RawMessage, error) {
	s.mu.RLock()
	defer s.mu.RUnlock()
	all := snapshot{Regions: s.regions, Tokens: make(map[string]savedToken, len(s.tokens))}
	for key, use := range s.tokens {
		response, err := rpc.Marshal(use.response)
		if err != nil {
			return nil, fmt.Errorf("vpc: state: %w", err)
		}
		all.Tokens[key] = savedToken{use.params, response}
	}
	return json.Marshal(all)
}

// Restore gives the regions the networks of a Snapshot. A region that the
// Snapshot lacks keeps its own; a region that the Service lacks is skipped. It
// changes all or nothing.
func (s *Service) Restore(data json.RawMessage) error {
	var all snapshot
	if err := json.Unmarshal(data, &all); err != nil {
		return fmt.Errorf("vpc: state: %w", err)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	for i := range s.regions {
		at := slices.IndexFunc(all.Regions, func(r Region) bool { return r.ID == s.regions[i].ID })
		if at >= 0 {
			s.regions[i].VPCs = all.Regions[at].VPCs
		}
	}
	s.tokens = make(map[string]tokenUse, len(all.Tokens))
	for key, t := range all.Tokens {
		s.tokens[key] = tokenUse{t.Params, t.Response}
	}
	return nil
}
