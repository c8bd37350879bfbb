// Package bolt keeps records in one file of this machine, by bbolt. It is the
// embedded default: one process at a time, without a server, durable at each
// write.
//
// The file has seven buckets. "meta" identifies the file, and its sequence is
// the last epoch. "records" holds all records, an instance before its bindings;
// its sequence is the last revision. "unfinished" has the keys of the unsettled
// records, and "tombstones" the keys of the deleted ones with the time. "bodies",
// "unnamed" and "naming" are about large bodies. All change in the same
// transaction as the records.
package bolt

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"sync"
	"sync/atomic"
	"syscall"
	"time"

	"go.etcd.io/bbolt"
	berrors "go.etcd.io/bbolt/errors"

	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/atomicfile"
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/store"
)

// Options adjust Open. Nil means the defaults.
type Options struct {
	// LockTimeout is the time that Open waits while another process holds the file.
	// Zero is one second.
	LockTimeout time.Duration
}

// A Store is a store.Store in a file.
type Store struct {
	db      *bbolt.DB
	waiting atomic.Int64 // writers that wait for writeMu
	writeMu sync.Mutex   // serializes the writers of a group; guards the fields below
	group   *group       // the open transaction, if any
	damaged error        // set once the file was found damaged: further writes fail with it
	closed  bool

	watchers watchers
	leading  chan struct{} // holds a value while a Lead runs
	closing  chan struct{} // closed by Close
}

var _ store.Store = (*Store)(nil)

// Open opens the store in the file path. It creates a missing file with mode
// 0600; the folder must exist. The error is ErrLocked while another process has
// the file open, and ErrForeign if the file is damaged, incomplete or belongs
// to another program: the file stays as it is then. Open checks the whole file:
// some 100 ms for 100,000 records.
func Open(path string, opts *Options) (*Store, error) {
	timeout := time.Second
	if opts != nil && opts.LockTimeout > 0 {
		timeout = opts.LockTimeout
	}
	if _, err := os.Stat(path); errors.Is(err, fs.ErrNotExist) {
		if err := atomicfile.Create(path, create); err != nil && !errors.Is(err, fs.ErrExist) {
			return nil, openError(path, fmt.Errorf("make the store: %w", err))
		}
	}
	if err := check(path, timeout); err != nil {
		return nil, openError(path, err)
	}
	db, err := openDB(path, &bbolt.Options{Timeout: timeout, FreelistType: bbolt.FreelistMapType})
	if err != nil {
		return nil, openError(path, err)
	}
	s := &Store{db: db, leading: make(chan struct{}, 1), closing: make(chan struct{})}
	if err := s.addMissingBuckets(); err != nil {
		return nil, openError(path, errors.Join(err, db.Close()))
	}
	return s, nil
}

// openError adds to an error of opening the file how to resolve it.
func openError(path string, err error) error {
	var errno syscall.Errno
	switch {
	case errors.Is(err, berrors.ErrTimeout):
		return fmt.Errorf("%s: %w: stop the other broker, or give this one a data folder of its own", path, store.ErrLocked)
	case errors.Is(err, fs.ErrPermission), errors.Is(err, syscall.EROFS):
		return fmt.Errorf("open the store: %w: nothing was changed: the broker's user must be able to write this file and its folder", err)
	case errors.As(err, &errno):
		return fmt.Errorf("open the store: %w", err) // permissions, a folder in place of the file, ...
	default:
		return fmt.Errorf("%s: %w: %w; it was left as it is: put back a copy of the store, or move the file away "+
			"to begin with an empty store that knows nothing of what exists in the cloud", path, store.ErrForeign, err)
	}
}

// Close implements store.Store.
func (s *Store) Close() error {
	s.writeMu.Lock()
	defer s.writeMu.Unlock()
	if s.closed {
		return nil
	}
	s.closed = true
	close(s.closing)
	s.closeGroup()
	if s.damaged != nil { // bbolt would wait forever for the transaction that panicked
		return s.damaged
	}
	return s.db.Close()
}

// view runs a read transaction.
func (s *Store) view(ctx context.Context, read func(tx *bbolt.Tx) error) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	err := s.db.View(read)
	if errors.Is(err, berrors.ErrDatabaseNotOpen) {
		return store.ErrClosed
	}
	return err
}
