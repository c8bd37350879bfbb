package store

import (
	"encoding/json"
	"time"
)

// A LockedAccount is a database account of an instance that has outlived its
// binding: its login is refused and its rights stay, so that objects that it made
// go on working.
type LockedAccount struct {
	Name string `json:"name"`
	Mark string `json:"mark,omitempty"` // its description in the cloud
	// Binding is the id of the last binding that had the account, cut to a length
	// that is enough for people.
	Binding string    `json:"binding"`
	Locked  time.Time `json:"locked,omitzero"`
	// Holder is the incarnation of the binding that has the account again; empty
	// while it is locked.
	Holder string `json:"holder,omitempty"`
	// Removed is the time at which the account was deleted to make room for
	// another one; the last few stay in the list for operators.
	Removed time.Time `json:"removed,omitzero"`

	Unknown map[string]json.RawMessage `json:",embed"` // as in Record
}
