// Package store keeps the broker's records: one per service instance and one
// per service binding. The stored record is also the queue of work: what is
// not settled is found again at the next start.
//
// The package is the definition; bolt keeps records in a file, kubernetes in a
// cluster, sealed seals their secrets on the way, and storetest is the suite
// that every store passes.
package store

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"iter"
	"time"
)

// Errors of every store. Those about a record come as a *RecordError.
var (
	// ErrNotFound: there is no record with that key.
	ErrNotFound = errors.New("no such record")
	// ErrNewer: the record was written by a newer version of the broker; it
	// may be read and not written.
	ErrNewer = errors.New("the record is of a newer version of the broker")
	// ErrUnsealed: a secret was about to be written unsealed.
	ErrUnsealed = errors.New("a secret of the record is not sealed")
	// ErrNoBody: no body of that digest is stored.
	ErrNoBody = errors.New("the body is not stored: put it again before a record names it")
	// ErrSeal: a secret does not open: wrong key, or sealed for another record.
	ErrSeal = errors.New("a secret of the record does not open")
	// ErrCorrupt: the record does not decode. It can still be deleted.
	ErrCorrupt = errors.New("the record is damaged")
	// ErrForeign: the file, or the keys, are not of this store, or are torn.
	ErrForeign = errors.New("this is not the broker's store")
	// ErrTooLarge: the record would be larger than MaxRecord.
	ErrTooLarge = errors.New("the record is too large")
	// ErrLocked: another process holds the store.
	ErrLocked = errors.New("another process holds the store")
	// ErrClosed: the store was used after Close.
	ErrClosed = errors.New("the store is closed")
)

// A RecordError is an error about one record: which, and what.
type RecordError struct {
	Key Key
	Err error
}

// Error gives the key and the error.
func (e *RecordError) Error() string { return e.Key.String() + ": " + e.Err.Error() }

// Unwrap gives the error without the key.
func (e *RecordError) Unwrap() error { return e.Err }

// A Key names a record: an instance, or a binding of an instance. Ids are
// opaque, case-sensitive strings of the platform (URL-01).
type Key struct {
	InstanceID string `json:"instance_id"`
	BindingID  string `json:"binding_id,omitempty"` // empty: the instance itself
}

// IsBinding says whether k names a binding.
func (k Key) IsBinding() bool { return k.BindingID != "" }

// Instance returns the key of the instance that k belongs to.
func (k Key) Instance() Key { return Key{InstanceID: k.InstanceID} }

// Compare orders keys by the bytes of their ids: an instance, then its
// bindings, then the next instance.
func (k Key) Compare(other Key) int {
	return cmp.Or(cmp.Compare(k.InstanceID, other.InstanceID), cmp.Compare(k.BindingID, other.BindingID))
}

// String is for logs and errors. The ids are quoted: they are the platform's,
// and may hold anything.
func (k Key) String() string {
	if k.IsBinding() {
		return fmt.Sprintf("instance %q binding %q", k.InstanceID, k.BindingID)
	}
	return fmt.Sprintf("instance %q", k.InstanceID)
}

// A Store keeps records. All methods are safe for concurrent use; a returned
// record is the caller's own copy. An error that is none of the above means
// that the store could not do it now (disk full, server away): nothing was
// changed, or, for a write, it is not known whether it was.
//
// A key needs an instance id; beyond that any string is an id.
type Store interface {
	Records
	Bodies
	Work
	// Empty says whether the store has never held a record.
	Empty(ctx context.Context) (bool, error)
	// Close waits for what is being written and releases the store. Closing
	// again does nothing; everything else returns ErrClosed from then on.
	Close() error
}

// Records are kept by key.
type Records interface {
	// Get returns ErrNotFound if there is no record k. What was saved before it
	// was called, by whichever process, it sees.
	Get(ctx context.Context, k Key) (Record, error)
	// Update loads, changes and saves the record k in one step, and returns it
	// as saved: it is durable then. If there is none, change gets a record with
	// only its key set and Revision 0: saving it creates it. If change fails,
	// nothing is saved and its error comes back as it is. change may run more
	// than once, each time on a fresh copy; it must not call the store, nor
	// wait. What it does to Key, Schema and Revision counts for nothing: each
	// saved record has a greater revision than all that were saved before it
	// under its key. A change that names a body which is not stored fails with
	// ErrNoBody; bodies that the record named before are not looked for.
	Update(ctx context.Context, k Key, change func(*Record) error) (Record, error)
	// Delete forgets the record k; one that is not there is no error. check
	// looks at it in the same step, under the rules of Update's change: if it
	// fails, nothing is deleted and its error comes back. Without one whatever
	// is there is deleted, also what does not decode.
	Delete(ctx context.Context, k Key, check func(*Record) error) error
	// Bindings returns the bindings of an instance, tombstones included,
	// ordered by id.
	Bindings(ctx context.Context, instanceID string) ([]Item, error)
	// All gives every record once, in no particular order and with bounded
	// memory; those that come or go meanwhile may be among them. One that does
	// not decode comes as a *RecordError, and the others follow; any other
	// error is the last.
	All(ctx context.Context) iter.Seq2[Record, error]
}

// Work is what a store tells of the operations to run, and who runs them.
type Work interface {
	// Unfinished returns the keys of the records that are not settled, in
	// order. Its cost does not grow with the number of those that are.
	Unfinished(ctx context.Context) ([]Key, error)
	// Tombstones returns the keys of up to limit records that were deleted
	// before that time. Its cost does not grow with the number of others.
	Tombstones(ctx context.Context, before time.Time, limit int) ([]Key, error)
	// Watch calls changed for each record that is not settled: at first for all
	// there are, then after each is saved, settled or deleted, by whichever
	// process. Calls may be merged and repeated, and are never left out.
	// changed must not wait. Watch returns nil when ctx ends, and ErrClosed
	// when the store is closed.
	Watch(ctx context.Context, changed func(Key)) error
	// Lead waits until this process may run operations and calls run then; of
	// all processes, one at a time is let in. When run has returned, so does
	// Lead, with its error, and another may be let in. held ends when the right
	// is lost; ctx ending lets run come to its end in order. Lead returns ctx's
	// error if that ends before run was called.
	Lead(ctx context.Context, run func(held context.Context, l Lease) error) error
}

// An Item is a record, or why it does not decode, with its key alone.
type Item struct {
	Record Record
	Err    error // a *RecordError
}

// A Lease is the right of a process to run operations.
type Lease struct {
	// Epoch is greater than those of all earlier leases of the store.
	Epoch uint64
	// Held says whether it is still held. It goes by the monotonic clock, and
	// is false before another process can be let in: ask it before each call
	// to the cloud and each write.
	Held func() bool
}
