// Package sealed seals the secrets of records on their way into a store, and
// opens them when somebody asks.
//
// Each secret is sealed for its place: kind, ids and incarnation of the record
// and name of the field. In any other place it does not open, so that nobody
// who can write to the store can make the broker hand one tenant's secret to
// another.
package sealed

import (
	"context"
	"encoding/binary"
	"fmt"
	"iter"
	"maps"

	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/store"
)

// sealing is the decorator.
type sealing struct {
	store.Store
	keys *Keys
}

// New returns inner with secrets sealed by keys.
func New(inner store.Store, keys *Keys) store.Store { return &sealing{Store: inner, keys: keys} }

// Get implements store.Store.
func (s *sealing) Get(ctx context.Context, k store.Key) (store.Record, error) {
	r, err := s.Store.Get(ctx, k)
	s.give(&r)
	return r, err
}

// Bindings implements store.Store.
func (s *sealing) Bindings(ctx context.Context, instanceID string) ([]store.Item, error) {
	items, err := s.Store.Bindings(ctx, instanceID)
	for i := range items {
		s.give(&items[i].Record)
	}
	return items, err
}

// All implements store.Store.
func (s *sealing) All(ctx context.Context) iter.Seq2[store.Record, error] {
	return func(yield func(store.Record, error) bool) {
		for r, err := range s.Store.All(ctx) {
			s.give(&r)
			if !yield(r, err) {
				return
			}
		}
	}
}

// Delete implements store.Store.
func (s *sealing) Delete(ctx context.Context, k store.Key, check func(*store.Record) error) error {
	if check == nil {
		return s.Store.Delete(ctx, k, nil)
	}
	return s.Store.Delete(ctx, k, func(r *store.Record) error {
		s.give(r)
		return check(r)
	})
}

// Update implements store.Store. Sealing is part of the inner store's change,
// so that comparing and swapping stay one step.
func (s *sealing) Update(ctx context.Context, k store.Key, change func(*store.Record) error) (store.Record, error) {
	defer s.keys.writing.begin()()
	r, err := s.Store.Update(ctx, k, func(r *store.Record) error {
		s.give(r)
		kept := homes(r)
		if err := change(r); err != nil {
			return err
		}
		r.Key = k
		return s.seal(r, kept)
	})
	s.give(&r)
	return r, err
}

// A home is a secret in the place that it is sealed for.
type home struct {
	place  string
	secret store.Sealed
}

// give makes the secrets of a stored record open with the keys when asked.
func (s *sealing) give(r *store.Record) {
	at := placeOf(r)
	_ = r.EachSealed(func(field string, secret *store.Sealed) error {
		if !secret.IsZero() {
			*secret = s.boxed(at, field, secret.Box())
		}
		return nil
	})
}

// homes are the secrets of a stored record, in their places.
func homes(r *store.Record) map[home]bool {
	at, kept := placeOf(r), map[home]bool{}
	_ = r.EachSealed(func(field string, secret *store.Sealed) error {
		if !secret.IsZero() {
			kept[home{at.of(field), *secret}] = true
		}
		return nil
	})
	return kept
}

// seal gives each secret a box for its place. Those that kept their place keep
// their box; what is fresh, came from another place, or is now of another
// incarnation is sealed anew.
func (s *sealing) seal(r *store.Record, kept map[home]bool) error {
	ownSecrets(r)
	at := placeOf(r)
	return r.EachSealed(func(field string, secret *store.Sealed) error {
		if secret.IsZero() || kept[home{at.of(field), *secret}] {
			return nil
		}
		plain, err := secret.Open()
		if err != nil {
			return err
		}
		box, err := s.keys.seal(plain, at.of(field))
		if err != nil {
			return &store.RecordError{Key: r.Key, Err: fmt.Errorf("seal %s: %w", field, err)}
		}
		*secret = s.boxed(at, field, box)
		return nil
	})
}

// ownSecrets copies the parts of a record that hold secrets: change may have
// put something of its caller's there, which sealing must not touch.
func ownSecrets(r *store.Record) {
	for _, spec := range []**store.Spec{&r.Want, &r.Have} {
		if *spec != nil {
			own := **spec
			*spec = &own
		}
	}
	r.Frozen, r.Bodies = maps.Clone(r.Frozen), maps.Clone(r.Bodies)
}

// boxed returns a sealed secret that opens with the keys.
func (s *sealing) boxed(at *place, field string, box []byte) store.Sealed {
	return store.Boxed(box, func(box []byte) ([]byte, error) {
		plain, err := s.keys.open(box, at.of(field))
		if err != nil {
			return nil, &store.RecordError{Key: at.Key, Err: fmt.Errorf("%s: %w", field, err)}
		}
		return plain, nil
	})
}

// A place is where a record's secrets are.
type place struct {
	store.Key
	incarnation string
}

func placeOf(r *store.Record) *place { return &place{r.Key, r.Incarnation} }

// of is what the secret of a field is sealed for: the associated data. Each part
// has its length before it, so that no two places look alike.
func (p *place) of(field string) string {
	kind := "instance"
	if p.IsBinding() {
		kind = "binding"
	}
	var b []byte
	for _, part := range []string{kind, p.InstanceID, p.BindingID, p.incarnation, field} {
		b = binary.AppendUvarint(b, uint64(len(part)))
		b = append(b, part...)
	}
	return string(b)
}
