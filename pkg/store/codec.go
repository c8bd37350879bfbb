package store

import (
	"fmt"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
)

// MaxRecord is the largest size of an encoded record without its box, in bytes:
// every store can hold it, and a Kubernetes object (1 MiB) has room for more.
const MaxRecord = 256 << 10

// Encode returns the stored form of a record: JSON of this version's schema,
// with the members that only other versions know, and last the box that
// authenticates all of it. It returns ErrUnsealed for a plain secret, ErrNewer for
// a record of a newer schema, and ErrTooLarge above MaxRecord. The store keeps
// Revision apart.
func Encode(r Record) ([]byte, error) {
	if r.Schema > SchemaVersion {
		return nil, fmt.Errorf("%w (schema %d, this one writes %d)", ErrNewer, r.Schema, SchemaVersion)
	}
	r.Schema = SchemaVersion
	b, err := json.Marshal(r, storedForm())
	switch {
	case err != nil:
		return nil, err
	case len(b) > MaxRecord:
		return nil, fmt.Errorf("%w: %d bytes, at most %d are kept", ErrTooLarge, len(b), MaxRecord)
	}
	box, err := r.Authentication.boxOf(b)
	if err != nil {
		return nil, err
	}
	return joinBox(b, box), nil
}

// Decode reads the output of Encode, of this or another version of the broker.
// It keeps the members of a newer schema as they are. The error is ErrCorrupt,
// or ErrNewer if a newer record is unreadable here. The record is decoded from
// the bytes that its box authenticates, and from no others.
func Decode(b []byte) (Record, error) {
	var r Record
	content, box := cutBox(b)
	err := json.Unmarshal(content, &r, storedForm())
	switch {
	case err != nil && isNewer(b):
		return Record{}, fmt.Errorf("%w: %w", ErrNewer, err)
	case err != nil:
		return Record{}, fmt.Errorf("%w: %w", ErrCorrupt, err)
	case r.Schema < 1:
		return Record{}, fmt.Errorf("%w: it has no schema version", ErrCorrupt)
	}
	_, lost := r.Unknown[boxMember]
	delete(r.Unknown, boxMember)
	r.Authentication = Authentication{&authentication{box: box, lost: lost, content: content}}
	return r, nil
}

// isNewer reports whether b is a record of a newer schema.
func isNewer(b []byte) bool {
	var head struct {
		Schema int `json:"schema"`
	}
	return json.Unmarshal(b, &head, storedForm()) == nil && head.Schema > SchemaVersion
}

// storedForm returns the options of the stored form. Odd text of the platform
// or the cloud is kept byte for byte, because a record that fails to encode
// would be lost.
func storedForm() json.Options {
	return json.JoinOptions(
		json.Deterministic(true),
		jsontext.AllowInvalidUTF8(true),
		jsontext.AllowDuplicateNames(true),
		jsontext.PreserveRawStrings(true),
	)
}
