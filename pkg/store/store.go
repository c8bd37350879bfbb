// Package store keeps the broker's records: one per service instance and one
// per service binding. The stored record is also the work queue: unsettled
// records are found again at the next start.
//
// This package is the definition. Package bolt keeps records in a file,
// kubernetes in a cluster, sealed encrypts their secrets, metered counts calls,
// and storetest is the suite that every store passes.
package store

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"iter"
	"time"
)

// Errors of every store. Errors about a record come as a *RecordError.
var (
	// ErrNotFound: the key has no record.
	ErrNotFound = errors.New("no such record")
	// ErrNewer: a newer version of the broker wrote the record, which is
	// read-only here.
	ErrNewer = errors.New("the record is of a newer version of the broker: upgrade this one")
	// ErrUnsealed: the record holds a secret that is still plain.
	ErrUnsealed = errors.New("a secret of the record is not sealed")
	// ErrNoBody: the digest has no body.
	ErrNoBody = errors.New("the body is not stored: put it again before a record names it")
	// ErrSeal: a secret fails to open: wrong key, or sealed for another record.
	ErrSeal = errors.New("a secret of the record does not open")
	// ErrCorrupt: the record fails to decode. It can still be deleted.
	ErrCorrupt = errors.New("the record is damaged")
	// ErrAltered: the record differs from the one that the broker wrote, or its
	// box is gone. Nothing is decided from it until an operator accepts it.
	ErrAltered = errors.New("the record was changed outside of the broker (instances accept shows it)")
	// ErrForeign: the file, or the keys, belong to another store, or are
	// incomplete.
	ErrForeign = errors.New("this is not the broker's store")
	// ErrTooLarge: the record would exceed MaxRecord, or the body MaxBody.
	ErrTooLarge = errors.New("too large to store")
	// ErrLocked: another process holds the store.
	ErrLocked = errors.New("another process holds the store")
	// ErrClosed: the store was used after Close.
	ErrClosed = errors.New("the store is closed")
)

// A RecordError is an error about one record.
type RecordError struct {
	Key Key
	Err error
}

// Error returns the key and the error.
func (e *RecordError) Error() string { return e.Key.String() + ": " + e.Err.Error() }

// Unwrap returns the error without the key.
func (e *RecordError) Unwrap() error { return e.Err }

// A Key names a record: an instance, or a binding of an instance. Ids are
// opaque, case-sensitive strings of the platform (URL-01).
type Key struct {
	InstanceID string `json:"instance_id"`
	BindingID  string `json:"binding_id,omitempty"` // empty: the instance itself
}

// IsBinding reports whether k names a binding.
func (k Key) IsBinding() bool { return k.BindingID != "" }

// Instance returns the key of the instance that k belongs to.
func (k Key) Instance() Key { return Key{InstanceID: k.InstanceID} }

// Compare orders keys by the bytes of their ids: an instance, then its
// bindings, then the next instance.
func (k Key) Compare(other Key) int {
	return cmp.Or(cmp.Compare(k.InstanceID, other.InstanceID), cmp.Compare(k.BindingID, other.BindingID))
}

// String formats the key for logs and errors. It quotes the ids, because
// platforms may put any character into them.
func (k Key) String() string {
	if k.IsBinding() {
		return fmt.Sprintf("instance %q binding %q", k.InstanceID, k.BindingID)
	}
	return fmt.Sprintf("instance %q", k.InstanceID)
}

// A Store keeps records and bodies. All methods are safe for concurrent use; a
// returned record is the caller's own copy. Any other error than the ones above
// means that the store failed for now (disk full, server unreachable): a read
// had no effect, and the outcome of a write is unknown.
//
// A key needs an instance id; beyond that any string is an id.
type Store interface {
	Records
	Bodies
	Work
	// Empty reports whether the store has never held a record.
	Empty(ctx context.Context) (bool, error)
	// Close waits for running writes and releases the store. Further calls
	// return ErrClosed, and further calls of Close nil.
	Close() error
}

// Records are the methods on records.
type Records interface {
	// Get returns the record k as of its last completed write by any process,
	// or ErrNotFound.
	Get(ctx context.Context, k Key) (Record, error)
	// Update loads, changes and saves the record k in one step and returns it
	// as saved, which is durable then. For a new key, change gets a record with
	// its key set and Revision 0, and saving creates it. An error of change is
	// returned as it is, and nothing is saved. change may run several times,
	// each time on a fresh copy; it must neither call the store nor wait. The
	// store overrides Key, Schema and Revision; revisions of a key grow with
	// each save. A change that names a missing body fails with ErrNoBody;
	// bodies that the record named before are trusted.
	Update(ctx context.Context, k Key, change func(*Record) error) (Record, error)
	// Delete removes the record k, if it exists. check sees the record in the
	// same step, under the rules of Update's change: an error of check is
	// returned and the record stays. Without check, Delete removes undecodable
	// records too.
	Delete(ctx context.Context, k Key, check func(*Record) error) error
	// Bindings returns the bindings of an instance, tombstones included,
	// ordered by id.
	Bindings(ctx context.Context, instanceID string) ([]Item, error)
	// All yields every record once, in any order and with bounded memory;
	// records created or deleted meanwhile may be among them. An undecodable
	// record comes as a *RecordError, and iteration goes on; any other error is
	// the last.
	All(ctx context.Context) iter.Seq2[Record, error]
}

// Work is the part of a store that runs operations.
type Work interface {
	// Unfinished returns the keys of unsettled records, in order. Its cost is
	// independent of the number of settled ones.
	Unfinished(ctx context.Context) ([]Key, error)
	// Tombstones returns the keys of up to limit records that were deleted
	// before the given time. Its cost is independent of the number of other
	// records.
	Tombstones(ctx context.Context, before time.Time, limit int) ([]Key, error)
	// Watch calls changed for each unsettled record: first for all existing
	// ones, then after each save, settling or deletion by any process. Calls
	// may be merged and repeated, and are never dropped. changed must return at
	// once. Watch returns nil when ctx ends, and ErrClosed when the store is
	// closed.
	Watch(ctx context.Context, changed func(Key)) error
	// Lead waits until this process holds the lease, then calls run; one
	// process at a time holds it. Lead returns run's error and releases the
	// lease. held ends when the lease is lost; the end of ctx lets run finish.
	// Lead returns ctx's error if ctx ends before run is called.
	Lead(ctx context.Context, run func(held context.Context, l Lease) error) error
}

// An Item is a record, or its key alone with the decoding error.
type Item struct {
	Record Record
	Err    error // a *RecordError
}

// A Lease is the right of a process to run operations.
type Lease struct {
	// Epoch is greater than the epochs of all earlier leases of the store.
	Epoch uint64
	// Held reports whether the lease is still held. It uses the monotonic clock
	// and turns false before another process gets the lease: check it before
	// each call to the cloud and each write.
	Held func() bool
}
