package store

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"reflect"
	"slices"
	"strings"
)

// MaxRecord is how large a record may be, in bytes as Encode writes it: every
// store can hold it, a Kubernetes object (1 MiB) with room to spare.
const MaxRecord = 256 << 10

// Encode gives the stored form of a record: JSON of this version's schema,
// with the members that only other versions know. It refuses with ErrUnsealed
// what holds an unsealed secret, with ErrNewer a record of a newer schema, and
// with ErrTooLarge what no store takes.
// Revision is not part of it: it is the store's.
func Encode(r Record) ([]byte, error) {
	if r.Schema > SchemaVersion {
		return nil, fmt.Errorf("%w (schema %d, this one writes %d)", ErrNewer, r.Schema, SchemaVersion)
	}
	r.Schema = SchemaVersion
	b, err := encodeObject(r, r.Unknown)
	if err == nil && len(b) > MaxRecord {
		return nil, fmt.Errorf("%w: %d bytes, at most %d are kept", ErrTooLarge, len(b), MaxRecord)
	}
	return b, err
}

// Decode reads what Encode wrote, in this or another version of the broker. A
// record of a newer schema is read as far as it is understood. The error is
// ErrCorrupt, or ErrNewer where a newer record is not understood at all.
func Decode(b []byte) (Record, error) {
	var r Record
	unknown, err := decodeObject(b, &r)
	switch {
	case err != nil && newer(b):
		return Record{}, fmt.Errorf("%w: %w", ErrNewer, err)
	case err != nil:
		return Record{}, fmt.Errorf("%w: %w", ErrCorrupt, err)
	case r.Schema < 1:
		return Record{}, fmt.Errorf("%w: it has no schema version", ErrCorrupt)
	}
	r.Unknown = unknown
	return r, nil
}

// newer says whether b is a record of a newer schema.
func newer(b []byte) bool {
	var head struct {
		Schema int `json:"schema"`
	}
	return json.Unmarshal(b, &head) == nil && head.Schema > SchemaVersion
}

// encodeObject writes a struct as a JSON object, followed by the unknown members.
func encodeObject(known any, unknown map[string]json.RawMessage) ([]byte, error) {
	b, err := marshal(known)
	if err != nil || len(unknown) == 0 {
		return b, err
	}
	rest, err := marshal(unknown)
	if err != nil {
		return nil, err
	}
	rest[0] = ',' // the structs of a record are never empty
	return append(b[:len(b)-1], rest...), nil
}

// marshal is json.Marshal that leaves <, > and & in raw JSON as they are.
func marshal(v any) ([]byte, error) {
	var buf bytes.Buffer
	enc := json.NewEncoder(&buf)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(v); err != nil {
		return nil, err
	}
	return bytes.TrimSuffix(buf.Bytes(), []byte("\n")), nil
}

// decodeObject reads a JSON object into a struct and returns the members that
// the struct does not have. Objects without such members, nearly all, are read
// in one go.
func decodeObject[T any](b []byte, known *T) (map[string]json.RawMessage, error) {
	dec := json.NewDecoder(bytes.NewReader(b))
	dec.DisallowUnknownFields()
	if dec.Decode(known) == nil && atEnd(dec) {
		return nil, nil
	}
	*known = *new(T)
	if err := json.Unmarshal(b, known); err != nil {
		return nil, err
	}
	unknown := map[string]json.RawMessage{}
	if err := json.Unmarshal(b, &unknown); err != nil {
		return nil, err
	}
	for _, field := range reflect.VisibleFields(reflect.TypeFor[T]()) {
		name, _, _ := strings.Cut(field.Tag.Get("json"), ",")
		delete(unknown, name)
	}
	return unknown, nil
}

// atEnd says whether nothing follows the value that dec has read.
func atEnd(dec *json.Decoder) bool {
	_, err := dec.Token()
	return errors.Is(err, io.EOF)
}

// The parts of a record keep their unknown members like the record itself.

// MarshalJSON writes the spec with its unknown members.
func (s Spec) MarshalJSON() ([]byte, error) {
	type plain Spec
	return encodeObject(plain(s), s.Unknown)
}

// UnmarshalJSON reads the spec and keeps its unknown members.
func (s *Spec) UnmarshalJSON(b []byte) (err error) {
	type plain Spec
	s.Unknown, err = decodeObject(b, (*plain)(s))
	return err
}

// MarshalJSON writes the operation with its unknown members.
func (o Operation) MarshalJSON() ([]byte, error) {
	type plain Operation
	return encodeObject(plain(o), o.Unknown)
}

// UnmarshalJSON reads the operation and keeps its unknown members.
func (o *Operation) UnmarshalJSON(b []byte) (err error) {
	type plain Operation
	o.Unknown, err = decodeObject(b, (*plain)(o))
	return err
}

// MarshalJSON writes the call with its unknown members.
func (c Call) MarshalJSON() ([]byte, error) {
	type plain Call
	return encodeObject(plain(c), c.Unknown)
}

// UnmarshalJSON reads the call and keeps its unknown members.
func (c *Call) UnmarshalJSON(b []byte) (err error) {
	type plain Call
	c.Unknown, err = decodeObject(b, (*plain)(c))
	return err
}

// MarshalJSON writes the life with its unknown members.
func (l Life) MarshalJSON() ([]byte, error) {
	type plain Life
	return encodeObject(plain(l), l.Unknown)
}

// UnmarshalJSON reads the life and keeps its unknown members.
func (l *Life) UnmarshalJSON(b []byte) (err error) {
	type plain Life
	l.Unknown, err = decodeObject(b, (*plain)(l))
	return err
}

// MarshalJSON writes the events with their unknown members, which hardly any
// has: all are written in one go then.
func (h History) MarshalJSON() ([]byte, error) {
	if !slices.ContainsFunc(h, func(e Event) bool { return len(e.Unknown) > 0 }) {
		return marshal([]Event(h))
	}
	events := make([]json.RawMessage, len(h))
	for i, e := range h {
		b, err := encodeObject(e, e.Unknown)
		if err != nil {
			return nil, err
		}
		events[i] = b
	}
	return marshal(events)
}

// UnmarshalJSON reads the events and keeps their unknown members.
func (h *History) UnmarshalJSON(b []byte) error {
	var events []Event
	dec := json.NewDecoder(bytes.NewReader(b))
	dec.DisallowUnknownFields()
	if dec.Decode(&events) == nil {
		*h = events
		return nil
	}
	var each []json.RawMessage
	if err := json.Unmarshal(b, &each); err != nil {
		return err
	}
	events = make([]Event, len(each))
	for i := range each {
		unknown, err := decodeObject(each[i], &events[i])
		if err != nil {
			return err
		}
		events[i].Unknown = unknown
	}
	*h = events
	return nil
}
