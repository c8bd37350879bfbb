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
func (s *sealing) Bindings(ctx context.Context, instanceID string) ([]store.Record, error) {
	rs, err := s.Store.Bindings(ctx, instanceID)
	return s.giveAll(rs), err
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
		kept := s.give(r)
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

// give makes the secrets of a stored record open with the keys when asked, and
// returns them with their places.
func (s *sealing) give(r *store.Record) map[home]bool {
	homes := map[home]bool{}
	_ = r.EachSealed(func(field string, secret *store.Sealed) error {
		if !secret.IsZero() {
			*secret = s.boxed(r, field, secret.Box())
			homes[home{place(r, field), *secret}] = true
		}
		return nil
	})
	return homes
}

func (s *sealing) giveAll(rs []store.Record) []store.Record {
	for i := range rs {
		s.give(&rs[i])
	}
	return rs
}

// seal gives each secret a box for its place. Those that kept their place keep
// their box; what is fresh, came from another place, or is now of another
// incarnation is sealed anew.
func (s *sealing) seal(r *store.Record, kept map[home]bool) error {
	ownSecrets(r)
	return r.EachSealed(func(field string, secret *store.Sealed) error {
		if secret.IsZero() || kept[home{place(r, field), *secret}] {
			return nil
		}
		plain, err := secret.Open()
		if err != nil {
			return err
		}
		box, err := s.keys.seal(plain, place(r, field))
		if err != nil {
			return &store.RecordError{Key: r.Key, Err: fmt.Errorf("seal %s: %w", field, err)}
		}
		*secret = s.boxed(r, field, box)
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
	r.Frozen = maps.Clone(r.Frozen)
}

// boxed returns a sealed secret that opens with the keys.
func (s *sealing) boxed(r *store.Record, field string, box []byte) store.Sealed {
	k, p := r.Key, place(r, field)
	return store.Boxed(box, func(box []byte) ([]byte, error) {
		plain, err := s.keys.open(box, p)
		if err != nil {
			return nil, &store.RecordError{Key: k, Err: fmt.Errorf("%s: %w", field, err)}
		}
		return plain, nil
	})
}

// place is what a secret is sealed for: the associated data. Each part has its
// length before it, so that no two places look alike.
func place(r *store.Record, field string) string {
	kind := "instance"
	if r.IsBinding() {
		kind = "binding"
	}
	var b []byte
	for _, part := range []string{kind, r.InstanceID, r.BindingID, r.Incarnation, field} {
		b = binary.AppendUvarint(b, uint64(len(part)))
		b = append(b, part...)
	}
	return string(b)
}
