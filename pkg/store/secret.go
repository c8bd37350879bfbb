package store

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
)

// A Sealed is a secret of a record: plain in memory, sealed in the store. Seal
// makes a fresh one, the sealed decorator encrypts it into a box when the
// record is saved, and a stored one opens on demand. It never prints. The zero
// value is an absent secret.
//
// All state is behind a pointer because fmt prints unexported fields as they
// are, whatever methods their type has.
type Sealed struct{ v *sealedValue }

type sealedValue struct {
	plain []byte // nil until opened
	box   []byte // nil until sealed
	open  func(box []byte) ([]byte, error)
}

// Seal returns plain as a secret, still without its box. Empty bytes give an
// absent secret.
func Seal(plain []byte) Sealed {
	if len(plain) == 0 {
		return Sealed{}
	}
	return Sealed{&sealedValue{plain: append([]byte(nil), plain...)}}
}

// Boxed returns a secret read from a store. Open calls open with the box each
// time and keeps nothing.
func Boxed(box []byte, open func(box []byte) ([]byte, error)) Sealed {
	if len(box) == 0 {
		return Sealed{}
	}
	return Sealed{&sealedValue{box: box, open: open}}
}

// IsZero reports whether the secret is absent; encoding/json omits it then.
func (s Sealed) IsZero() bool { return s.v == nil }

// Box returns the sealed bytes, or nil before sealing.
func (s Sealed) Box() []byte {
	if s.v == nil {
		return nil
	}
	return s.v.box
}

// Open returns the plain bytes, nil for an absent secret. The error wraps
// ErrSeal.
func (s Sealed) Open() ([]byte, error) {
	switch {
	case s.v == nil:
		return nil, nil
	case s.v.plain != nil:
		return s.v.plain, nil
	case s.v.open == nil:
		return nil, fmt.Errorf("%w: no key was given", ErrSeal)
	}
	return s.v.open(s.v.box)
}

// MarshalJSON writes the box. The error is ErrUnsealed before sealing.
func (s Sealed) MarshalJSON() ([]byte, error) {
	if s.v == nil {
		return []byte("null"), nil
	}
	if s.v.box == nil {
		return nil, ErrUnsealed
	}
	return json.Marshal(s.v.box)
}

// UnmarshalJSON reads a box. The secret opens once the sealed decorator has
// attached its keys.
func (s *Sealed) UnmarshalJSON(b []byte) error {
	if string(b) == "null" {
		*s = Sealed{}
		return nil
	}
	coded, ok := bytes.CutPrefix(b, []byte{'"'})
	coded, ended := bytes.CutSuffix(coded, []byte{'"'})
	box, err := base64.StdEncoding.AppendDecode(nil, coded)
	if !ok || !ended || err != nil {
		return errors.New("sealed value: no string of base64")
	}
	*s = Boxed(box, nil)
	return nil
}

// String hides the secret.
func (Sealed) String() string { return "***" }

// GoString hides the secret.
func (Sealed) GoString() string { return "***" }

// LogValue hides the secret.
func (Sealed) LogValue() slog.Value { return slog.StringValue("***") }
