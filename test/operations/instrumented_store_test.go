package operations_test

import (
	"context"
	"iter"
	"maps"
	"sync"
	"sync/atomic"
	"time"

	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/store"
)

// An instrumentedStore is the store of one process: it counts calls, damages
// records, and leads when tests let it.
type instrumentedStore struct {
	store.Store

	gets, writes, scans, lists atomic.Int64
	grants                     chan tenure // nil: the store chooses the leader

	mu      sync.Mutex
	damaged map[store.Key]error // unreadable records with their errors
	opaque  map[store.Key]bool  // records with unreadable secrets
	// written is called after a write, with the saved record; its result
	// replaces the error of the write.
	written func(store.Record) error
	// updating and deleting are called before an Update or a Delete.
	updating func(store.Key)
	deleting func()
}

// onUpdate sets the function to call before each update.
func (s *instrumentedStore) onUpdate(updating func(store.Key)) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.updating = updating
}

// onDelete sets the function to call before each deletion of a record.
func (s *instrumentedStore) onDelete(deleting func()) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.deleting = deleting
}

// damage makes a record unreadable; nil makes it readable again.
func (s *instrumentedStore) damage(k store.Key, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.damaged == nil {
		s.damaged = map[store.Key]error{}
	}
	s.damaged[k] = err
	maps.DeleteFunc(s.damaged, func(_ store.Key, err error) bool { return err == nil })
}

// seal makes the secrets of a record unreadable.
func (s *instrumentedStore) seal(k store.Key, opaque bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.opaque == nil {
		s.opaque = map[store.Key]bool{}
	}
	s.opaque[k] = opaque
}

// onWrite sets the function to call after each write.
func (s *instrumentedStore) onWrite(written func(store.Record) error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.written = written
}

// read is how a record comes out of the store.
func (s *instrumentedStore) read(r *store.Record) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if err := s.damaged[r.Key]; err != nil {
		return &store.RecordError{Key: r.Key, Err: err}
	}
	if s.opaque[r.Key] {
		_ = r.EachSealed(func(_ string, secret *store.Sealed) error {
			*secret = store.Boxed([]byte("box"), func([]byte) ([]byte, error) {
				return nil, &store.RecordError{Key: r.Key, Err: store.ErrSeal}
			})
			return nil
		})
	}
	return nil
}

// Get implements store.Store.
func (s *instrumentedStore) Get(ctx context.Context, k store.Key) (store.Record, error) {
	s.gets.Add(1)
	r, err := s.Store.Get(ctx, k)
	if err == nil {
		err = s.read(&r)
	}
	if err != nil {
		return store.Record{}, err
	}
	return r, nil
}

// Update implements store.Store. Unreadable secrets are written as they were.
func (s *instrumentedStore) Update(ctx context.Context, k store.Key, change func(*store.Record) error) (store.Record, error) {
	s.mu.Lock()
	updating := s.updating
	s.mu.Unlock()
	if updating != nil {
		updating(k)
	}
	changed := false
	r, err := s.Store.Update(ctx, k, func(r *store.Record) error {
		if err := s.read(&store.Record{Key: r.Key}); r.Revision != 0 && err != nil {
			return err
		}
		changed = false
		if err := change(r); err != nil {
			return err
		}
		changed = true
		return nil
	})
	if !changed || err != nil {
		return r, err
	}
	s.writes.Add(1)
	s.mu.Lock()
	written := s.written
	s.mu.Unlock()
	if written != nil {
		err = written(r)
	}
	if err == nil {
		err = s.read(&r)
	}
	return r, err
}

// Delete implements store.Store.
func (s *instrumentedStore) Delete(ctx context.Context, k store.Key, check func(*store.Record) error) error {
	s.writes.Add(1)
	s.mu.Lock()
	deleting := s.deleting
	s.mu.Unlock()
	if deleting != nil {
		deleting()
	}
	if err := s.read(&store.Record{Key: k}); check != nil && err != nil {
		return err
	}
	return s.Store.Delete(ctx, k, check)
}

// Bindings implements store.Store.
func (s *instrumentedStore) Bindings(ctx context.Context, instanceID string) ([]store.Item, error) {
	s.lists.Add(1)
	items, err := s.Store.Bindings(ctx, instanceID)
	for i := range items {
		if torn := s.read(&items[i].Record); torn != nil {
			items[i] = store.Item{Record: store.Record{Key: items[i].Record.Key}, Err: torn}
		}
	}
	return items, err
}

// All implements store.Store.
func (s *instrumentedStore) All(ctx context.Context) iter.Seq2[store.Record, error] {
	s.scans.Add(1)
	return func(yield func(store.Record, error) bool) {
		for r, err := range s.Store.All(ctx) {
			if err == nil {
				err = s.read(&r)
			}
			if !yield(r, err) {
				return
			}
		}
	}
}

// Unfinished implements store.Store.
func (s *instrumentedStore) Unfinished(ctx context.Context) ([]store.Key, error) {
	s.lists.Add(1)
	return s.Store.Unfinished(ctx)
}

// Tombstones implements store.Store.
func (s *instrumentedStore) Tombstones(ctx context.Context, before time.Time, limit int) ([]store.Key, error) {
	s.lists.Add(1)
	return s.Store.Tombstones(ctx, before, limit)
}

// asked is how often the store was asked for anything.
func (s *instrumentedStore) asked() int64 {
	return s.gets.Load() + s.writes.Load() + s.scans.Load() + s.lists.Load()
}

// A tenure is a lease that a test gave.
type tenure struct {
	store.Lease

	held context.Context //nolint:containedctx // the context is the lease
}

// Lead implements store.Store.
func (s *instrumentedStore) Lead(ctx context.Context, run func(context.Context, store.Lease) error) error {
	if s.grants == nil {
		return s.Store.Lead(ctx, run)
	}
	select {
	case t := <-s.grants:
		return run(t.held, t.Lease)
	case <-ctx.Done():
		return ctx.Err()
	}
}

// A lessor lets one site at a time lead.
type lessor struct {
	// unheard hides the loss of the lease from its holder, until hear is
	// called.
	unheard bool

	mu     sync.Mutex
	epoch  uint64
	revoke func()
	late   []func() // revoke the leases whose loss is hidden
}

// give takes the lease from its holder, and lets the store lead.
func (l *lessor) give(to *instrumentedStore) {
	l.mu.Lock()
	defer l.mu.Unlock()
	switch {
	case l.revoke == nil:
	case l.unheard:
		l.late = append(l.late, l.revoke)
	default:
		l.revoke()
	}
	l.epoch++
	held, revoke := context.WithCancel(context.Background())
	l.revoke = revoke
	to.grants <- tenure{store.Lease{Epoch: l.epoch, Held: func() bool { return held.Err() == nil }}, held}
}

// hear tells every holder of a lost lease.
func (l *lessor) hear() {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, revoke := range l.late {
		revoke()
	}
	l.late = nil
}
