package rds

import (
	"slices"
	"time"
)

// An InstanceState describes an instance to tests and operators, without its
// passwords.
type InstanceState struct {
	ID          string              `json:"id"`
	Region      string              `json:"region"`
	Status      string              `json:"status"`
	Engine      string              `json:"engine"`
	Version     string              `json:"version"`
	Class       string              `json:"class"`
	Storage     int                 `json:"storage"` // GB
	Description string              `json:"description,omitempty"`
	Protected   bool                `json:"protected,omitempty"`
	Zones       []string            `json:"zones"` // of the primary node, then of the others
	Choices     Choices             `json:"choices,omitzero"`
	PayType     string              `json:"payType"`
	Expires     time.Time           `json:"expires,omitzero"` // of a prepaid one
	Endpoint    string              `json:"endpoint"`         // host:port
	Public      string              `json:"public,omitempty"` // the public endpoint
	Tags        map[string]string   `json:"tags,omitempty"`
	Whitelist   map[string][]string `json:"whitelist"` // by IP group
	Accounts    []AccountState      `json:"accounts,omitempty"`
	Databases   []string            `json:"databases,omitempty"`
	Settings    SettingsState       `json:"settings,omitzero"`
	Lock        string              `json:"lock,omitempty"` // its lock mode
	Serverless  *serverlessConfig   `json:"serverless,omitempty"`

	DatabaseDescriptions map[string]string `json:"databaseDescriptions,omitempty"` // by database
}

// An AccountState is an account of an instance with its privileges by
// database.
type AccountState struct {
	Name        string            `json:"name"`
	Type        string            `json:"type"`
	Description string            `json:"description,omitempty"`
	Locked      bool              `json:"locked,omitempty"`
	Privileges  map[string]string `json:"privileges,omitempty"`
}

// Instances returns all instances, including the ones in deletion, in the order
// of their creation.
func (s *Service) Instances() []InstanceState {
	now := s.clock.Now()
	s.mu.Lock()
	defer s.mu.Unlock()
	s.sweep(now)
	states := make([]InstanceState, 0, len(s.order))
	for _, in := range s.order {
		in.applyDue(now)
		host, port := in.clientAddress(in.private)
		state := InstanceState{
			ID: in.id, Region: in.region, Status: in.status(now), Engine: in.engine, Version: in.version, Class: in.class.name, Storage: in.storage,
			Description: in.description, Protected: in.protected, Zones: []string{in.zone}, Choices: in.choices, Endpoint: host + ":" + port, Tags: in.tagMap(), Whitelist: map[string][]string{},
			PayType: in.payType, Serverless: in.serverless.clone(), Lock: s.shownLock(in, now), Expires: in.expires,
		}
		if in.public != nil {
			host, port := in.clientAddress(*in.public)
			state.Public = host + ":" + port
		}
		for _, n := range in.standbys {
			state.Zones = append(state.Zones, n.zone)
		}
		state.Settings = in.settingsState()
		for _, a := range in.ipArrays {
			state.Whitelist[a.name] = slices.Clone(a.entries)
		}
		for _, a := range in.accounts {
			as := AccountState{Name: a.name, Type: a.kind, Description: a.description, Locked: a.locked, Privileges: map[string]string{}}
			for _, g := range a.grants {
				as.Privileges[g.database] = g.privilege
			}
			state.Accounts = append(state.Accounts, as)
		}
		for _, d := range in.databases {
			state.Databases = append(state.Databases, d.name)
			if d.description != "" {
				if state.DatabaseDescriptions == nil {
					state.DatabaseDescriptions = map[string]string{}
				}
				state.DatabaseDescriptions[d.name] = d.description
			}
		}
		states = append(states, state)
	}
	return states
}

// Count returns how many instances exist, cheaply.
func (s *Service) Count() int {
	now := s.clock.Now()
	s.mu.Lock()
	defer s.mu.Unlock()
	s.sweep(now)
	return len(s.instances)
}
