package store

import (
	"fmt"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
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
	b, err := json.Marshal(r, storedForm())
	switch {
	case err != nil:
		return nil, err
	case len(b) > MaxRecord:
		return nil, fmt.Errorf("%w: %d bytes, at most %d are kept", ErrTooLarge, len(b), MaxRecord)
	}
	return b, nil
}

// Decode reads what Encode wrote, in this or another version of the broker. A
// record of a newer schema is read as far as it is understood. The error is
// ErrCorrupt, or ErrNewer where a newer record is not understood at all.
func Decode(b []byte) (Record, error) {
	var r Record
	err := json.Unmarshal(b, &r, storedForm())
	switch {
	case err != nil && isNewer(b):
		return Record{}, fmt.Errorf("%w: %w", ErrNewer, err)
	case err != nil:
		return Record{}, fmt.Errorf("%w: %w", ErrCorrupt, err)
	case r.Schema < 1:
		return Record{}, fmt.Errorf("%w: it has no schema version", ErrCorrupt)
	}
	return r, nil
}

// isNewer says whether b is a record of a newer schema.
func isNewer(b []byte) bool {
	var head struct {
		Schema int `json:"schema"`
	}
	return json.Unmarshal(b, &head, storedForm()) == nil && head.Schema > SchemaVersion
}

// storedForm are the options of the stored form. What the platform or the cloud
// said is kept as it was, even where it is odd: a record that could not be
// written would be lost.
func storedForm() json.Options {
	return json.JoinOptions(
		json.Deterministic(true),
		jsontext.AllowInvalidUTF8(true),
		jsontext.AllowDuplicateNames(true),
		jsontext.PreserveRawStrings(true),
	)
}
