package emulator

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"time"

	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/emulator/cloud"
)

// stateVersion is the version of the saved form. It grows with each change that
// older programs misread.
const stateVersion = 1

// A savedState is everything that a restarted emulator knows again. It holds
// secrets: access keys and passwords of database accounts. The states of the
// products are members of the same object, under their names.
type savedState struct {
	Version   int        `json:"version"`
	AccountID string     `json:"accountId"`
	AccessKey AccessKey  `json:"accessKey,omitzero"` // the account's, if the emulator drew it
	Clock     savedClock `json:"clock"`

	products map[string]json.RawMessage // by name
}

// MarshalJSON implements json.Marshaler.
func (s savedState) MarshalJSON() ([]byte, error) {
	type plain savedState
	own, err := json.Marshal(plain(s))
	if err != nil {
		return nil, err
	}
	members := maps.Clone(s.products)
	if err := json.Unmarshal(own, &members); err != nil {
		return nil, err
	}
	return json.Marshal(members)
}

// UnmarshalJSON implements json.Unmarshaler.
func (s *savedState) UnmarshalJSON(data []byte) error {
	type plain savedState
	if err := json.Unmarshal(data, (*plain)(s)); err != nil {
		return err
	}
	return json.Unmarshal(data, &s.products)
}

// A savedClock is a clock that is frozen at a time, or ahead of real time.
type savedClock struct {
	Frozen bool      `json:"frozen,omitempty"`
	At     time.Time `json:"at,omitzero"`
	Ahead  string    `json:"ahead,omitempty"` // a duration
}

// Save writes the state of the cloud: the states of the products with their
// secrets, the position of the clock, and the account's access key unless the
// Config gave it. Behaviour, faults, limits, OIDC providers and the journal are
// left out. The states of two products may be a moment apart.
func (s *Server) Save(w io.Writer) error {
	state := savedState{
		Version: stateVersion, AccountID: s.config.AccountID, Clock: saveClock(s.config.Clock),
		products: map[string]json.RawMessage{},
	}
	if s.madeKey {
		state.AccessKey = s.config.AccessKey
	}
	for _, p := range s.products {
		if p.Snapshot == nil {
			continue
		}
		var err error
		if state.products[p.Name], err = p.Snapshot(); err != nil {
			return fmt.Errorf("emulator: save the state: %w", err)
		}
	}
	if err := json.NewEncoder(w).Encode(state); err != nil {
		return fmt.Errorf("emulator: save the state: %w", err)
	}
	return nil
}

func saveClock(c *cloud.Clock) savedClock {
	if c.Frozen() {
		return savedClock{Frozen: true, At: c.Now()}
	}
	if ahead := time.Until(c.Now()).Round(time.Second); ahead != 0 {
		return savedClock{Ahead: ahead.String()}
	}
	return savedClock{}
}

// Load restores the state that Save has written. The Server must have the same
// account and no resources; it keeps its own access key. With engines,
// instances get new and empty servers. After a failure the Server may hold a
// part of the state; close it.
func (s *Server) Load(r io.Reader) error {
	state, err := readState(r)
	if err != nil {
		return err
	}
	return s.restore(state)
}

func readState(r io.Reader) (savedState, error) {
	var state savedState
	if err := json.NewDecoder(r).Decode(&state); err != nil {
		return state, fmt.Errorf("emulator: load the state: %w", err)
	}
	if state.Version != stateVersion {
		return state, fmt.Errorf("emulator: load the state: its version is %d, and this emulator reads %d", state.Version, stateVersion)
	}
	return state, nil
}

func (s *Server) restore(state savedState) error {
	if state.AccountID != s.config.AccountID {
		return fmt.Errorf("emulator: load the state: it is of the account %s, not of %s", state.AccountID, s.config.AccountID)
	}
	if !s.Empty() {
		return errors.New("emulator: load the state: something exists already")
	}
	if err := s.restoreClock(state.Clock); err != nil {
		return err
	}
	for _, p := range s.products {
		saved, ok := state.products[p.Name]
		if !ok || p.Restore == nil { // a product that is newer than the state starts empty
			continue
		}
		if err := p.Restore(saved); err != nil {
			return fmt.Errorf("emulator: load the state: %w", err)
		}
	}
	return nil
}

// restoreClock moves the clock to its saved time. A clock that its owner has
// frozen stays, unless the saved clock was frozen too.
func (s *Server) restoreClock(saved savedClock) error {
	clock := s.config.Clock
	switch {
	case saved.Frozen:
		clock.Freeze()
		clock.Set(saved.At)
	case saved.Ahead != "" && !clock.Frozen():
		ahead, err := time.ParseDuration(saved.Ahead)
		if err != nil {
			return fmt.Errorf("emulator: load the state: %w", err)
		}
		clock.Set(time.Now().Add(ahead))
	}
	return nil
}
