package kms

import "encoding/json"

// A Behaviour is the set of the service's switches.
type Behaviour struct {
	// Keys are the account's keys. Nil: every id is an enabled key for encryption, in
	// every region.
	Keys Keys
}

// The states of keys (KMS API, DescribeKey).
const (
	Enabled         = "Enabled"
	Disabled        = "Disabled"
	PendingDeletion = "PendingDeletion"
	PendingImport   = "PendingImport"
)

// A Key is one key of the account.
type Key struct {
	ID       string
	Region   string // empty: every region
	State    string // empty: Enabled
	Usage    string // empty: ENCRYPT/DECRYPT
	Spec     string // empty: Aliyun_AES_256, which is symmetric
	Instance string // of KMS; empty: a key of the account itself
}

// Keys is a list of keys.
type Keys []Key

// UnmarshalJSON replaces the whole list.
func (k *Keys) UnmarshalJSON(text []byte) error {
	var list []Key
	err := json.Unmarshal(text, &list)
	*k = list
	return err
}

// Behave changes the behaviour from now on.
func (s *Service) Behave(change func(*Behaviour)) {
	s.mu.Lock()
	defer s.mu.Unlock()
	change(&s.behaviour)
}

// key finds a key of a region by its id.
func (s *Service) key(region, id string) (key Key, exists bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.behaviour.Keys == nil {
		return Key{ID: id}.withDefaults(), true
	}
	for _, key := range s.behaviour.Keys {
		if key.ID == id && (key.Region == "" || key.Region == region) {
			return key.withDefaults(), true
		}
	}
	return Key{}, false
}

func (k Key) withDefaults() Key {
	for member, value := range map[*string]string{&k.State: Enabled, &k.Usage: "ENCRYPT/DECRYPT", &k.Spec: "Aliyun_AES_256"} {
		if *member == "" {
			*member = value
		}
	}
	return k
}

// State reports whether a region has a key, and whether it is enabled, to products that
// encrypt with keys.
func (s *Service) State(region, id string) (exists, enabled bool) {
	key, exists := s.key(region, id)
	return exists, key.State == Enabled
}
