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
	var err error
	if !decodeAll(b, &r) {
		r = Record{}
		err = decodeKeeping(b, &r)
	}
	switch {
	case err != nil && newer(b):
		return Record{}, fmt.Errorf("%w: %w", ErrNewer, err)
	case err != nil:
		return Record{}, fmt.Errorf("%w: %w", ErrCorrupt, err)
	case r.Schema < 1:
		return Record{}, fmt.Errorf("%w: it has no schema version", ErrCorrupt)
	}
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

// decodeAll reads a record without any unknown member; it says whether it is
// one.
func decodeAll(b []byte, r *Record) bool {
	dec := json.NewDecoder(bytes.NewReader(b))
	dec.DisallowUnknownFields()
	if dec.Decode(r) != nil {
		return false
	}
	_, err := dec.Token()
	return errors.Is(err, io.EOF)
}

// decodeKeeping reads a record and the members that this version does not know,
// of the record itself and of its parts.
func decodeKeeping(b []byte, r *Record) error {
	if err := json.Unmarshal(b, r); err != nil {
		return err
	}
	var parts struct {
		Want, Have, Operation, Call json.RawMessage
		Results, History            []json.RawMessage
		Earlier                     []json.RawMessage
	}
	if err := json.Unmarshal(b, &parts); err != nil {
		return err
	}
	r.Unknown = unknownOf[Record](b)
	if r.Want != nil {
		r.Want.Unknown = unknownOf[Spec](parts.Want)
	}
	if r.Have != nil {
		r.Have.Unknown = unknownOf[Spec](parts.Have)
	}
	if r.Operation != nil {
		r.Operation.Unknown = unknownOf[Operation](parts.Operation)
	}
	if r.Call != nil {
		r.Call.Unknown = unknownOf[Call](parts.Call)
	}
	for i, b := range parts.History {
		r.History[i].Unknown = unknownOf[Event](b)
	}
	keepResults(r.Results, parts.Results)
	for i, b := range parts.Earlier {
		r.Earlier[i].Unknown = unknownOf[Life](b)
		var life struct{ Results []json.RawMessage }
		if err := json.Unmarshal(b, &life); err != nil {
			return err
		}
		keepResults(r.Earlier[i].Results, life.Results)
	}
	return nil
}

func keepResults(results []Operation, encoded []json.RawMessage) {
	for i, b := range encoded {
		results[i].Unknown = unknownOf[Operation](b)
	}
}

// unknownOf are the members of a JSON object that a T does not have; nil: none.
func unknownOf[T any](object []byte) map[string]json.RawMessage {
	var unknown map[string]json.RawMessage
	if json.Unmarshal(object, &unknown) != nil {
		return nil // it is null
	}
	for _, field := range reflect.VisibleFields(reflect.TypeFor[T]()) {
		name, _, _ := strings.Cut(field.Tag.Get("json"), ",")
		delete(unknown, name)
	}
	if len(unknown) == 0 {
		return nil
	}
	return unknown
}

// The parts of a record are written with their unknown members, like the record
// itself.

// MarshalJSON writes the spec with its unknown members.
func (s Spec) MarshalJSON() ([]byte, error) {
	type plain Spec
	return encodeObject(plain(s), s.Unknown)
}

// MarshalJSON writes the operation with its unknown members.
func (o Operation) MarshalJSON() ([]byte, error) {
	type plain Operation
	return encodeObject(plain(o), o.Unknown)
}

// MarshalJSON writes the call with its unknown members.
func (c Call) MarshalJSON() ([]byte, error) {
	type plain Call
	return encodeObject(plain(c), c.Unknown)
}

// MarshalJSON writes the life with its unknown members.
func (l Life) MarshalJSON() ([]byte, error) {
	type plain Life
	return encodeObject(plain(l), l.Unknown)
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
