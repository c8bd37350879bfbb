package bolt

import (
	"context"
	"errors"
	"fmt"

	"go.etcd.io/bbolt"

	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/store"
)

// maxGroup bounds the writers of one transaction, so that the first of many
// does not wait for ever.
const maxGroup = 256

// A group is a transaction that several writers share, so that they pay one
// fsync. Nobody waits for company: the writer behind whom no other is waiting
// commits, and while it does, the next group gathers.
type group struct {
	tx      *bbolt.Tx
	writers int
	dirty   bool          // something was written
	changed []store.Key   // what watchers are told once it is on the disk
	failed  error         // a write failed half-way: all is rolled back
	done    chan struct{} // closed when err is known
	err     error
}

// write takes its turn in a transaction: decide looks at it and returns what
// to apply to it. It returns when that, and all that decide saw, is on the
// disk. If decide fails, panics or returns nil, nothing is written, and the
// group goes on.
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

// join runs one writer's part, and commits the group if it is the last.
// It returns the group if something of the writer's is in it, or something of
// others' that the writer has seen.
func (s *Store) join(ctx context.Context, decide func(tx *bbolt.Tx) (func() error, error)) (*group, error) {
	s.waiting.Add(1)
	s.writeMu.Lock()
	defer s.writeMu.Unlock()
	// Whatever becomes of this writer, the group must not wait for it.
	defer s.endTurn()

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

// currentGroup returns the group whose turn it is.
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

// endTurn ends a writer's turn. The group ends with it if nobody else is
// waiting, it is full, or it has failed.
func (s *Store) endTurn() {
	others := s.waiting.Add(-1)
	if g := s.group; g != nil && (others == 0 || g.writers >= maxGroup || g.failed != nil) {
		s.closeGroup()
	}
}

// closeGroup ends the group, if there is one, and tells its writers what became of it.
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

// commit commits a group, or rolls it back if there is nothing to keep.
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

// guard runs what writes to the file. Where bbolt panics the file is damaged,
// and its locks may still be held: from then on nothing is written.
func (s *Store) guard(f func() error) (err error) {
	defer func() {
		if p := recover(); p != nil {
			s.damaged = fmt.Errorf("%w: the file is damaged, nothing more is written: %v", store.ErrForeign, p)
			err = s.damaged
		}
	}()
	return f()
}
