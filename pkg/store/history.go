package store

import (
	"bytes"
	"encoding/json"
	"errors"
	"time"

	jsonv2 "github.com/go-json-experiment/json"
)

// An Event is a line of a record's history, for operators.
type Event struct {
	Time    time.Time `json:"time"`
	Op      Kind      `json:"op"`
	Step    string    `json:"step,omitempty"`
	Outcome string    `json:"what"`             // result: done, refused, unknown (a call), failed (an observation), begun, ended
	Kind    string    `json:"kind,omitempty"`   // class of the error, or the final state
	Attempt int       `json:"attempt,omitzero"` // failed attempts in a row before

	Unknown map[string]json.RawMessage `json:",embed"` // as in Record
}

// A History is a list of events in order. It stays encoded until Events is
// called, because polls, most of the reads of a record, skip it. The zero value
// is an empty list.
type History struct{ stored []byte }

// NewHistory returns a history of events, the newest last.
func NewHistory(events ...Event) History {
	if len(events) == 0 {
		return History{}
	}
	stored, err := jsonv2.Marshal(events, storedForm())
	if err != nil {
		return History{} // a time outside the calendar, which events never have
	}
	return History{stored}
}

// Events returns the events, or an empty list for a history that does not
// decode: the rest of the record stays usable.
func (h History) Events() []Event {
	var events []Event
	if jsonv2.Unmarshal(h.stored, &events, storedForm()) != nil {
		return nil
	}
	return events
}

// Equal reports whether both histories are stored alike.
func (h History) Equal(other History) bool { return bytes.Equal(h.stored, other.stored) }

// IsZero reports whether the history is empty.
func (h History) IsZero() bool { return len(h.stored) == 0 }

// MarshalJSON writes the list.
func (h History) MarshalJSON() ([]byte, error) {
	if h.IsZero() {
		return []byte("[]"), nil
	}
	return h.stored, nil
}

// UnmarshalJSON reads a list.
func (h *History) UnmarshalJSON(b []byte) error {
	if !bytes.HasPrefix(b, []byte{'['}) && string(b) != "null" {
		return errors.New("history: no list")
	}
	h.stored = bytes.Clone(b)
	return nil
}
