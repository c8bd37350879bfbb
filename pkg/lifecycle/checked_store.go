package lifecycle

import (
	"context"
	"errors"
	"fmt"

	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/store"
)

// A CheckedStore is a store that refuses each write outside of Transitions. The
// broker and the engine accept only this type, so that all their writes are
// checked.
type CheckedStore struct{ unchecked }

// unchecked is the store below, out of reach of other packages.
type unchecked = store.Store

// Checked returns st with its writes checked.
func Checked(st store.Store) *CheckedStore { return &CheckedStore{st} }

// Find returns the record of k, or an empty record with Revision 0 if k is
// missing.
func (s *CheckedStore) Find(ctx context.Context, k store.Key) (store.Record, error) {
	r, err := s.Get(ctx, k)
	if errors.Is(err, store.ErrNotFound) {
		return store.Record{Key: k}, nil
	}
	if err != nil {
		return store.Record{}, fmt.Errorf("%s: %w", k, err)
	}
	return r, nil
}

// Update implements store.Store.
func (s *CheckedStore) Update(ctx context.Context, k store.Key, change func(*store.Record) error) (store.Record, error) {
	return s.unchecked.Update(ctx, k, func(r *store.Record) error {
		before := currentState(r)
		if err := change(r); err != nil {
			return err
		}
		return before.allows(currentState(r))
	})
}
