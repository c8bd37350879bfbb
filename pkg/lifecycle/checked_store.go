package lifecycle

import (
	"context"
	"errors"
	"fmt"
	"iter"

	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/store"
)

// A CheckedStore is a store that refuses each write outside of Transitions, and
// returns no record that was changed outside of the broker: the error is then
// store.ErrAltered. The broker and the engine accept only this type, so that all
// their decisions come from authenticated records. Poll is the one exception.
type CheckedStore struct{ unchecked }

// unchecked is the store below, out of reach of other packages.
type unchecked = store.Store

// Checked returns st with its records and writes checked.
func Checked(st store.Store) *CheckedStore { return &CheckedStore{st} }

// Get implements store.Store.
func (s *CheckedStore) Get(ctx context.Context, k store.Key) (store.Record, error) {
	r, err := s.unchecked.Get(ctx, k)
	if err == nil {
		err = r.Authenticate()
	}
	if err != nil {
		return store.Record{}, err
	}
	return r, nil
}

// Find returns the record of k, or an empty record with Revision 0 if k is
// missing.
func (s *CheckedStore) Find(ctx context.Context, k store.Key) (store.Record, error) {
	return orEmpty(k)(s.Get(ctx, k))
}

// Poll is Find for an answer that decides nothing and reveals no secret: it
// needs no key, so the record may have been changed outside of the broker.
func (s *CheckedStore) Poll(ctx context.Context, k store.Key) (store.Record, error) {
	return orEmpty(k)(s.unchecked.Get(ctx, k))
}

// orEmpty returns the function that makes an empty record of a missing one.
func orEmpty(k store.Key) func(store.Record, error) (store.Record, error) {
	return func(r store.Record, err error) (store.Record, error) {
		switch {
		case errors.Is(err, store.ErrNotFound):
			return store.Record{Key: k}, nil
		case err != nil:
			return store.Record{}, fmt.Errorf("%s: %w", k, err)
		}
		return r, nil
	}
}

// Bindings implements store.Store. A binding that was changed outside of the
// broker comes as its key with the error.
func (s *CheckedStore) Bindings(ctx context.Context, instanceID string) ([]store.Item, error) {
	items, err := s.unchecked.Bindings(ctx, instanceID)
	for i := range items {
		item := &items[i]
		if item.Err == nil {
			if item.Err = item.Record.Authenticate(); item.Err != nil {
				item.Record = store.Record{Key: item.Record.Key}
			}
		}
	}
	return items, err
}

// All implements store.Store. A record that was changed outside of the broker
// comes as its error.
func (s *CheckedStore) All(ctx context.Context) iter.Seq2[store.Record, error] {
	return func(yield func(store.Record, error) bool) {
		for r, err := range s.unchecked.All(ctx) {
			if err == nil {
				if err = r.Authenticate(); err != nil {
					r = store.Record{}
				}
			}
			if !yield(r, err) {
				return
			}
		}
	}
}

// Update implements store.Store.
func (s *CheckedStore) Update(ctx context.Context, k store.Key, change func(*store.Record) error) (store.Record, error) {
	return s.unchecked.Update(ctx, k, func(r *store.Record) error {
		if err := r.Authenticate(); err != nil {
			return err
		}
		before := currentState(r)
		if err := change(r); err != nil {
			return err
		}
		return before.allows(currentState(r))
	})
}

// Delete implements store.Store.
func (s *CheckedStore) Delete(ctx context.Context, k store.Key, check func(*store.Record) error) error {
	if check == nil {
		return s.unchecked.Delete(ctx, k, nil)
	}
	return s.unchecked.Delete(ctx, k, func(r *store.Record) error {
		if err := r.Authenticate(); err != nil {
			return err
		}
		return check(r)
	})
}
