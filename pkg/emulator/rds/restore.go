package rds

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
)

// Restore fills an empty Service with the instances of a Snapshot, all or none.
// With an engine they get new, empty servers in the background and are in
// creation until these are ready.
func (s *Service) Restore(data json.RawMessage) error {
	var all snapshot
	if err := json.Unmarshal(data, &all); err != nil {
		return fmt.Errorf("rds: state: %w", err)
	}
	var instances []*instance
	for _, saved := range all.Instances {
		in, err := s.restored(saved)
		if err != nil {
			return fmt.Errorf("rds: state: instance %s: %w", saved.ID, err)
		}
		instances = append(instances, in)
	}
	tokens := make(map[tokenKey]*tokenUse, len(all.Tokens))
	for _, t := range all.Tokens {
		var key tokenKey
		use := &tokenUse{at: t.At, response: t.Response}
		if !sum(key[:], t.Key) || !sum(use.params[:], t.Params) {
			return fmt.Errorf("rds: state: a ClientToken is no sum: %q, %q", t.Key, t.Params)
		}
		tokens[key] = use
	}
	authority, err := all.Authority.restored()
	if err != nil {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.instances) > 0 {
		return fmt.Errorf("rds: state: there are %d instances already", len(s.instances))
	}
	s.kept, s.serviceRoles = all.Kept, all.Roles
	for _, in := range instances {
		s.serial = in.serial - 1 // insert gives it back
		s.insert(in)
		if in.leaving {
			s.leaving = append(s.leaving, in)
		} else if s.engine != nil && s.engine.Runs(in.engine) {
			in.starting = true
			s.background.Go(func() { s.restoreServer(in) })
		}
	}
	s.authority = authority
	s.serial, s.tokens = max(all.Serial, s.serial), tokens
	return nil
}

func sum(to []byte, text string) bool {
	if len(text) != 2*sha256.Size {
		return false
	}
	_, err := hex.Decode(to, []byte(text))
	return err == nil
}

func (s *Service) restored(saved savedInstance) (*instance, error) {
	in := &instance{
		id: saved.ID, region: saved.Region, zone: saved.Zone, vpcID: saved.VPC, vswitchID: saved.VSwitch, engine: saved.Engine,
		version: saved.Version, storage: saved.Storage, storageType: saved.StorageType, payType: saved.PayType, category: saved.Category,
		description: saved.Description, private: saved.Private.restored(), protected: saved.Protected, serial: saved.Serial,
		created: saved.Created, readyAt: saved.ReadyAt, expires: saved.Expires, busy: saved.Busy, busyUntil: saved.BusyUntil, busyFrom: saved.BusyFrom,
		leaving: saved.Leaving, leavingAt: saved.LeavingAt, settings: saved.Settings, choices: saved.Choices, stopped: saved.Stopped, serverless: saved.Serverless,
	}
	in.standbys = restoredStandbys(saved.Standbys)
	var err error
	if in.class, err = s.classNamed(saved.Class); err != nil {
		return nil, err
	}
	in.placeStandbys() // states of before have none
	if saved.Change != nil {
		in.change = &change{storage: saved.Change.Storage, storageType: saved.Change.StorageType, choices: in.choices, version: saved.Change.Version, standbys: restoredStandbys(saved.Change.Standbys), serverless: saved.Change.Serverless}
		if saved.Change.Choices != nil {
			in.change.choices = *saved.Change.Choices
		}
		if in.change.class, err = s.classNamed(saved.Change.Class); err != nil {
			return nil, err
		}
	}
	if saved.Public != nil {
		e := saved.Public.restored()
		in.public = &e
	}
	for _, t := range saved.Tags {
		in.tags = append(in.tags, tag{t[0], t[1]})
	}
	for _, a := range saved.Whitelist {
		in.ipArrays = append(in.ipArrays, ipArray{a.Name, a.Attribute, a.Entries})
	}
	for _, a := range saved.Accounts {
		restored := &account{name: a.Name, kind: a.Kind, description: a.Description, password: a.Password, since: a.Since, until: a.Until, leaving: a.Leaving, locked: a.Locked}
		for _, g := range a.Grants {
			restored.grants = append(restored.grants, grant{g.Database, g.Privilege, g.Since})
		}
		in.accounts = append(in.accounts, restored)
	}
	for _, d := range saved.Databases {
		in.databases = append(in.databases, &database{d.Name, d.Charset, d.Description, d.Until, d.Leaving})
	}
	return in, nil
}

func restoredStandbys(saved [][2]string) (list []standby) {
	for _, n := range saved {
		list = append(list, standby{n[0], n[1]})
	}
	return list
}

func (s *Service) classNamed(name string) (*class, error) {
	for _, c := range s.catalog.classes {
		if c.name == name {
			return c, nil
		}
	}
	return nil, fmt.Errorf("there is no class %q", name)
}

func (e savedEndpoint) restored() endpoint {
	restored := endpoint{prefix: e.Prefix, port: e.Port}
	if e.IP.Is4() {
		restored.ip = e.IP.As4()
	}
	return restored
}
