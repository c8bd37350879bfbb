package bolt

import (
	"context"
	"errors"
	"fmt"

	"go.etcd.io/bbolt"

	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/store"
)

// maxGroup bounds the writers of one transaction, and so the wait of the first
// one.
const maxGroup = 256

// A group is a transaction that several writers share, so that they pay one
// fsync. It is our own because bbolt's DB.Batch waits a fixed delay for more
// writers and runs a failed caller's function again, alone. Here the last
// writer in line commits at once, and the next group gathers meanwhile.
type group struct {
	tx      *bbolt.Tx
	writers int
	dirty   bool          // set by the first write
	changed []store.Key   // sent to the watchers after the commit
	failed  error         // set when a write failed half-way: the group is rolled back
	done    chan struct{} // closed once err is set
	err     error
}

// write runs decide in a transaction and applies the function that decide
// returns. It returns after the commit of that, and of everything that decide
// saw. If decide fails, panics or returns nil, the group goes on without this
// writer.
func (s *Store) write(ctx context.Context, decide func(tx *bbolt.Tx) (apply func() error, err error)) error {
	g, err := s.join(ctx, decide)
	if g == nil {
		return err
	}
	<-g.done
	if g.err != nil {
		return g.err
	}
	return err
}

// join runs one writer's part and commits the group if the writer is the last.
// It returns the group if the writer has written to it, or has read uncommitted
// changes of it.
func (s *Store) join(ctx context.Context, decide func(tx *bbolt.Tx) (func() error, error)) (*group, error) {
	s.waiting.Add(1)
	s.writeMu.Lock()
	defer s.writeMu.Unlock()
	// The group goes on even if this writer panics.
	defer s.leaveGroup()

	if err := ctx.Err(); err != nil {
		return nil, err
	}
	g, err := s.currentGroup()
	if err != nil {
		return nil, err
	}
	apply, err := decide(g.tx)
	switch {
	case err == nil && apply != nil:
	case g.dirty:
		return g, err
	default:
		return nil, err
	}
	g.dirty = true
	g.failed = s.guard(apply)
	return g, nil
}

// currentGroup returns the open group, or begins one.
func (s *Store) currentGroup() (*group, error) {
	switch {
	case s.closed:
		return nil, store.ErrClosed
	case s.damaged != nil:
		return nil, s.damaged
	case s.group == nil:
		tx, err := s.db.Begin(true)
		if err != nil {
			return nil, fmt.Errorf("begin to write: %w", err)
		}
		s.group = &group{tx: tx, done: make(chan struct{})}
	}
	s.group.writers++
	return s.group, nil
}

// leaveGroup ends a writer's part. The last writer in line, a full group and a
// failed one close the group.
func (s *Store) leaveGroup() {
	others := s.waiting.Add(-1)
	if g := s.group; g != nil && (others == 0 || g.writers >= maxGroup || g.failed != nil) {
		s.closeGroup()
	}
}

// closeGroup commits the open group and reports the result to its writers.
func (s *Store) closeGroup() {
	if g := s.group; g != nil {
		s.group = nil
		g.err = s.commit(g)
		close(g.done)
		if g.err == nil {
			s.watchers.notify(g.changed)
		}
	}
}

// commit commits a group, or rolls back one that wrote nothing or failed.
func (s *Store) commit(g *group) error {
	switch {
	case s.damaged != nil:
		return s.damaged
	case g.failed != nil:
		return errors.Join(g.failed, s.guard(g.tx.Rollback))
	case !g.dirty:
		return s.guard(g.tx.Rollback)
	}
	if err := s.guard(g.tx.Commit); err != nil { // bbolt has rolled back
		return fmt.Errorf("write to the store: %w", err)
	}
	return nil
}

// guard runs a function that writes to the file. A panic of bbolt means a
// damaged file whose locks may still be held: all later writes fail.
func (s *Store) guard(f func() error) (err error) {
	defer func() {
		if p := recover(); p != nil {
			s.damaged = fmt.Errorf("%w: the file is damaged, nothing more is written: %v", store.ErrForeign, p)
			err = s.damaged
		}
	}()
	return f()
}
