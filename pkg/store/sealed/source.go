package sealed

import (
	"context"
	"errors"
)

// Errors of sources. Beside them, fs.ErrNotExist says that there is no keyset,
// and fs.ErrExist that there is one already.
var (
	// ErrReadOnly: the keyset cannot be changed from here.
	ErrReadOnly = errors.New("the keyset cannot be changed from here")
	// ErrChanged: somebody else has changed the keyset meanwhile.
	ErrChanged = errors.New("the keyset has been changed meanwhile")
)

// A Source is where a keyset is kept: a Tink AEAD keyset as JSON, in clear. All
// replicas of a broker share one. Its methods are safe for concurrent use.
type Source interface {
	// Read returns the keyset, and a version that is another for every other
	// content. The error is fs.ErrNotExist if there is none.
	Read(ctx context.Context) (keyset []byte, version string, err error)
	// Create keeps the first keyset. The error is fs.ErrExist if there is one
	// already: that stays as it is.
	Create(ctx context.Context, keyset []byte) error
	// Replace keeps keyset in place of the one that Read gave that version. The
	// error is ErrChanged if another is there now, and ErrReadOnly if nobody can
	// change it here; it stays as it is then.
	Replace(ctx context.Context, keyset []byte, version string) error
	// String says where it is, for people.
	String() string
}
