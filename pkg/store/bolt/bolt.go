// Package bolt keeps records in one file of this machine, by bbolt. It is the
// embedded default: one process at a time, no server, durable at each write.
//
// The file has four buckets. "meta" says whose file it is, and its sequence is
// the last epoch. "records" holds all records, an instance before its bindings;
// its sequence is the last revision. "unfinished" has the keys of the records
// that are not settled, and "tombstones" those of the deleted ones with the
// time; both change in the same transaction as the records do.
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

// Options are the ways to open a store. Nil stands for the defaults.
type Options struct {
	// LockTimeout is how long Open waits for another process to let go of the
	// file. Zero is one second.
	LockTimeout time.Duration
}

// A Store is a store.Store in a file.
type Store struct {
	db      *bbolt.DB
	waiting atomic.Int64 // writers that have not had their turn
	writeMu sync.Mutex   // held by the writer whose turn it is; guards the rest
	group   *group       // the open transaction, if any
	damaged error        // set: the file was found damaged, nothing is written any more
	closed  bool

	watchers watchers
	leading  chan struct{} // holds a value while somebody leads
	closing  chan struct{} // closed by Close
}

var _ store.Store = (*Store)(nil)

// Open opens the store in the file path, and makes it, readable by its owner
// alone, where there is none; its folder must be there. The error is
// ErrLocked while another process has the file open, and ErrForeign if the
// file is damaged, incomplete or not a store of this broker: it is left as it
// is then. The whole file is checked: some 100 ms for 100,000 records.
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

// openError says what to do about an error of opening the file.
func openError(path string, err error) error {
	var errno syscall.Errno
	switch {
	case errors.Is(err, berrors.ErrTimeout):
		return fmt.Errorf("%s: %w: stop the other broker, or give this one a data folder of its own", path, store.ErrLocked)
	case errors.Is(err, fs.ErrPermission), errors.Is(err, syscall.EROFS):
		return fmt.Errorf("open the store: %w: nothing was changed: the broker's user must be able to write this file and its folder", err)
	case errors.As(err, &errno):
		return fmt.Errorf("open the store: %w", err) // no access, a folder, ...
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
	if s.damaged != nil { // bbolt would wait for ever for the transaction that broke off
		return s.damaged
	}
	return s.db.Close()
}

// view runs a reading transaction.
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
