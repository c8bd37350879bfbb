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
	Outcome string    `json:"what"`             // what came of it, such as done, refused, unknown (a call), failed (a look), begun, ended
	Kind    string    `json:"kind,omitempty"`   // of the error, or how it ended
	Attempt int       `json:"attempt,omitzero"` // failed tries in a row before

	Unknown map[string]json.RawMessage `json:",embed"` // as in Record
}

// A History is events in their order. It stays as it is stored until somebody
// asks: polls, which most reads of a record are for, never do. The zero value is
// no events.
type History struct{ stored []byte }

// NewHistory events, the newest last.
func NewHistory(events ...Event) History {
	if len(events) == 0 {
		return History{}
	}
	stored, err := jsonv2.Marshal(events, storedForm())
	if err != nil {
		return History{} // a time of no calendar: no event has one
	}
	return History{stored}
}

// Events returns them. Of a history that makes no sense there are none: it is no
// reason to give a record up.
func (h History) Events() []Event {
	var events []Event
	if jsonv2.Unmarshal(h.stored, &events, storedForm()) != nil {
		return nil
	}
	return events
}

// Equal says whether both are the same events, as they are stored.
func (h History) Equal(other History) bool { return bytes.Equal(h.stored, other.stored) }

// IsZero says that there are none.
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
