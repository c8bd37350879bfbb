package store

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
)

// A Sealed is a secret of a record: plain in the hands of the broker, sealed
// in the store. Fresh ones are made by Seal; the sealed decorator puts them
// into their boxes on the way in, and what is read back opens only when asked.
// It never prints. The zero value is no secret.
//
// All state is behind a pointer because fmt prints an unexported field as it
// is, whatever methods its type has.
type Sealed struct{ v *sealedValue }

type sealedValue struct {
	plain []byte // nil while it was not opened
	box   []byte // nil while it was not sealed
	open  func(box []byte) ([]byte, error)
}

// Seal returns plain as a secret, still without its box. No bytes are no secret.
func Seal(plain []byte) Sealed {
	if len(plain) == 0 {
		return Sealed{}
	}
	return Sealed{&sealedValue{plain: append([]byte(nil), plain...)}}
}

// Boxed returns a secret read from a store. open gets the box when somebody
// asks for the plain bytes, which are not kept.
func Boxed(box []byte, open func(box []byte) ([]byte, error)) Sealed {
	if len(box) == 0 {
		return Sealed{}
	}
	return Sealed{&sealedValue{box: box, open: open}}
}

// IsZero says that there is no secret; encoding/json leaves it out then.
func (s Sealed) IsZero() bool { return s.v == nil }

// Box returns the sealed bytes, or nil if it has not been sealed yet.
func (s Sealed) Box() []byte {
	if s.v == nil {
		return nil
	}
	return s.v.box
}

// Open returns the plain bytes; nil if there is no secret. The error is
// ErrSeal, wrapped.
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

// MarshalJSON writes the box, and refuses with ErrUnsealed if there is none.
func (s Sealed) MarshalJSON() ([]byte, error) {
	if s.v == nil {
		return []byte("null"), nil
	}
	if s.v.box == nil {
		return nil, ErrUnsealed
	}
	return json.Marshal(s.v.box)
}

// UnmarshalJSON reads a box. It does not open before the sealed decorator has
// given it its key.
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
