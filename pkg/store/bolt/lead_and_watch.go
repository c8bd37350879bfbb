package bolt

import (
	"context"
	"sync"

	"go.etcd.io/bbolt"

	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/store"
)

// Lead implements store.Store. The file belongs to this process alone, so the
// lease lasts until the store is closed.
func (s *Store) Lead(ctx context.Context, run func(context.Context, store.Lease) error) error {
	select {
	case s.leading <- struct{}{}:
		defer func() { <-s.leading }()
	case <-ctx.Done():
		return ctx.Err()
	case <-s.closing:
		return store.ErrClosed
	}
	epoch, err := s.nextEpoch(ctx)
	if err != nil {
		return err
	}
	held, end := context.WithCancel(context.WithoutCancel(ctx))
	defer end()
	go func() {
		select {
		case <-s.closing:
			end()
		case <-held.Done():
		}
	}()
	return run(held, store.Lease{Epoch: epoch, Held: func() bool { return held.Err() == nil }})
}

func (s *Store) nextEpoch(ctx context.Context) (epoch uint64, err error) {
	err = s.write(ctx, func(tx *bbolt.Tx) (func() error, error) {
		return func() (err error) {
			epoch, err = bucket(tx, metaBucket).NextSequence()
			return err
		}, nil
	})
	return epoch, err
}

// Watch implements store.Store.
func (s *Store) Watch(ctx context.Context, changed func(store.Key)) error {
	end := s.watchers.add(changed)
	defer end()
	keys, err := s.Unfinished(ctx)
	if err != nil {
		if ctx.Err() != nil {
			return nil // the regular end of a watch
		}
		return err
	}
	for _, k := range keys {
		changed(k)
	}
	select {
	case <-ctx.Done():
		return nil
	case <-s.closing:
		return store.ErrClosed
	}
}

// watchers are the callbacks of the running watches.
type watchers struct {
	mu   sync.RWMutex
	next int
	by   map[int]func(store.Key)
}

// add registers a callback and returns the function that removes it.
func (w *watchers) add(changed func(store.Key)) func() {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.by == nil {
		w.by = map[int]func(store.Key){}
	}
	number := w.next
	w.next++
	w.by[number] = changed
	return func() {
		w.mu.Lock()
		defer w.mu.Unlock()
		delete(w.by, number)
	}
}

func (w *watchers) notify(keys []store.Key) {
	w.mu.RLock()
	defer w.mu.RUnlock()
	for _, changed := range w.by {
		for _, k := range keys {
			changed(k)
		}
	}
}
