package rds

import (
	"cmp"
	"encoding/hex"
	"encoding/json"
	"net/netip"
	"slices"
	"time"
)

// A snapshot is the saved state of the service. It holds the passwords of
// database accounts.
type snapshot struct {
	Serial    uint64          `json:"serial"`
	Instances []savedInstance `json:"instances"` // in the order of their creation
	Tokens    []savedToken    `json:"tokens,omitempty"`
	Kept      []KeptBackups   `json:"keptBackups,omitempty"`
	Roles     []string        `json:"serviceRoles,omitempty"`
	Authority *savedAuthority `json:"authority,omitempty"`
}

type savedInstance struct {
	ID          string          `json:"id"`
	Region      string          `json:"region"`
	Zone        string          `json:"zone"`
	VPC         string          `json:"vpc"`
	VSwitch     string          `json:"vswitch"`
	Engine      string          `json:"engine"`
	Version     string          `json:"version"`
	Class       string          `json:"class"`
	Storage     int             `json:"storage"`
	StorageType string          `json:"storageType"`
	PayType     string          `json:"payType"`
	Category    string          `json:"category"`
	Description string          `json:"description,omitempty"`
	Private     savedEndpoint   `json:"private"`
	Public      *savedEndpoint  `json:"public,omitempty"`
	Protected   bool            `json:"protected,omitempty"`
	Serial      uint64          `json:"serial"`
	Created     time.Time       `json:"created"`
	ReadyAt     time.Time       `json:"readyAt"`
	Expires     time.Time       `json:"expires,omitzero"`
	Standbys    [][2]string     `json:"standbys,omitempty"` // zone and VSwitch
	Choices     Choices         `json:"choices,omitzero"`
	Tags        [][2]string     `json:"tags,omitempty"` // key and value
	Whitelist   []savedArray    `json:"whitelist"`
	Accounts    []savedAccount  `json:"accounts,omitempty"`
	Databases   []savedDatabase `json:"databases,omitempty"`
	Busy        string          `json:"busy,omitempty"`
	BusyUntil   time.Time       `json:"busyUntil,omitzero"`
	BusyFrom    time.Time       `json:"busyFrom,omitzero"`
	Change      *savedChange    `json:"change,omitempty"`
	Stopped     bool            `json:"stopped,omitempty"`
	Leaving     bool            `json:"leaving,omitempty"`
	LeavingAt   time.Time       `json:"leavingAt,omitzero"`
	Settings    settings        `json:"settings,omitzero"`

	Serverless *serverlessConfig `json:"serverless,omitempty"`
}

type savedEndpoint struct {
	Prefix string     `json:"prefix,omitempty"`
	Port   uint16     `json:"port"`
	IP     netip.Addr `json:"ip"`
}

type savedArray struct {
	Name      string   `json:"name"`
	Attribute string   `json:"attribute,omitempty"`
	Entries   []string `json:"entries"`
}

type savedAccount struct {
	Name        string       `json:"name"`
	Kind        string       `json:"kind"`
	Description string       `json:"description,omitempty"`
	Password    string       `json:"password"`
	Since       time.Time    `json:"since"`
	Until       time.Time    `json:"until"`
	Leaving     bool         `json:"leaving,omitempty"`
	Locked      bool         `json:"locked,omitempty"`
	Grants      []savedGrant `json:"grants,omitempty"`
}

type savedGrant struct {
	Database  string    `json:"database"`
	Privilege string    `json:"privilege"`
	Since     time.Time `json:"since"`
}

type savedDatabase struct {
	Name        string    `json:"name"`
	Charset     string    `json:"charset"`
	Description string    `json:"description,omitempty"`
	Until       time.Time `json:"until"`
	Leaving     bool      `json:"leaving,omitempty"`
}

type savedChange struct {
	Class       string `json:"class"`
	Storage     int    `json:"storage"`
	StorageType string `json:"storageType"`
	// Choices is nil in states of before; the instance keeps its own then.
	Choices *Choices `json:"choices,omitempty"`

	Version    string            `json:"version,omitempty"`
	Standbys   [][2]string       `json:"standbys,omitempty"`
	Serverless *serverlessConfig `json:"serverless,omitempty"`
}

type savedToken struct {
	Key      string          `json:"key"` // both are sums
	Params   string          `json:"params"`
	At       time.Time       `json:"at"`
	Response json.RawMessage `json:"response,omitempty"`
}

// Snapshot returns all instances with their contents, and the ClientTokens, for
// Restore. Behaviour is left out.
func (s *Service) Snapshot() (json.RawMessage, error) {
	now := s.clock.Now()
	s.mu.Lock()
	defer s.mu.Unlock()
	s.sweep(now)
	authority, err := s.authority.saved()
	if err != nil {
		return nil, err
	}
	all := snapshot{Serial: s.serial, Instances: make([]savedInstance, 0, len(s.order)), Authority: authority, Kept: s.kept, Roles: s.serviceRoles}
	for _, in := range s.order {
		in.applyDue(now)
		all.Instances = append(all.Instances, in.saved())
	}
	for key, use := range s.tokens {
		if !use.busy {
			all.Tokens = append(all.Tokens, savedToken{hex.EncodeToString(key[:]), hex.EncodeToString(use.params[:]), use.at, use.response})
		}
	}
	slices.SortFunc(all.Tokens, func(a, b savedToken) int { return cmp.Compare(a.Key, b.Key) })
	return json.Marshal(all)
}

func (in *instance) saved() savedInstance {
	saved := savedInstance{
		ID: in.id, Region: in.region, Zone: in.zone, VPC: in.vpcID, VSwitch: in.vswitchID, Engine: in.engine, Version: in.version,
		Class: in.class.name, Storage: in.storage, StorageType: in.storageType, PayType: in.payType, Category: in.category,
		Description: in.description, Private: in.private.saved(), Protected: in.protected, Serial: in.serial, Created: in.created,
		ReadyAt: in.readyAt, Expires: in.expires, Busy: in.busy, BusyUntil: in.busyUntil, BusyFrom: in.busyFrom, Leaving: in.leaving, LeavingAt: in.leavingAt,
		Settings: in.settings, Choices: in.choices, Stopped: in.stopped, Serverless: in.serverless.clone(),
	}
	if in.public != nil {
		e := in.public.saved()
		saved.Public = &e
	}
	if in.change != nil {
		c := in.change
		saved.Change = &savedChange{
			Class: c.class.name, Storage: c.storage, StorageType: c.storageType, Choices: &c.choices, Version: c.version,
			Standbys: savedStandbys(c.standbys), Serverless: c.serverless.clone(),
		}
	}
	saved.Standbys = savedStandbys(in.standbys)
	for _, t := range in.tags {
		saved.Tags = append(saved.Tags, [2]string{t.key, t.value})
	}
	for _, a := range in.ipArrays {
		saved.Whitelist = append(saved.Whitelist, savedArray{a.name, a.attribute, a.entries})
	}
	for _, a := range in.accounts {
		account := savedAccount{Name: a.name, Kind: a.kind, Description: a.description, Password: a.password, Since: a.since, Until: a.until, Leaving: a.leaving, Locked: a.locked}
		for _, g := range a.grants {
			account.Grants = append(account.Grants, savedGrant{g.database, g.privilege, g.since})
		}
		saved.Accounts = append(saved.Accounts, account)
	}
	for _, d := range in.databases {
		saved.Databases = append(saved.Databases, savedDatabase{d.name, d.charset, d.description, d.until, d.leaving})
	}
	return saved
}

// savedStandbys has the zone and the VSwitch of each.
func savedStandbys(list []standby) (saved [][2]string) {
	for _, n := range list {
		saved = append(saved, [2]string{n.zone, n.vswitch})
	}
	return saved
}

func (e endpoint) saved() savedEndpoint {
	return savedEndpoint{e.prefix, e.port, netip.AddrFrom4(e.ip)}
}
