package sealed

import (
	"context"
	"errors"
)

// Errors of sources. Beside them, fs.ErrNotExist means a missing keyset, and
// fs.ErrExist one that exists already.
var (
	// ErrReadOnly: the broker lacks the permission to change the keyset.
	ErrReadOnly = errors.New("the keyset cannot be changed from here")
	// ErrChanged: another process has changed the keyset meanwhile.
	ErrChanged = errors.New("the keyset has been changed meanwhile")
)

// A Source is where a keyset is kept: a Tink AEAD keyset as JSON, in clear. All
// replicas of a broker share one. Its methods are safe for concurrent use.
type Source interface {
	// Read returns the keyset and its version, which differs for each content.
	// The error is fs.ErrNotExist for a missing keyset.
	Read(ctx context.Context) (keyset []byte, version string, err error)
	// Create keeps the first keyset. The error is fs.ErrExist if there is one
	// already: that stays as it is.
	Create(ctx context.Context, keyset []byte) error
	// Replace stores keyset in place of the one with that version. The error is
	// ErrChanged if the source holds another by now, and ErrReadOnly if it is
	// read-only here; the keyset stays as it is then.
	Replace(ctx context.Context, keyset []byte, version string) error
	// String describes the place, for people.
	String() string
}
