// Package sealed encrypts the secrets of records on their way into a store, and
// decrypts them on demand. A box over the stored bytes authenticates the open part
// of each record: a record that another program changed opens no secret and is
// not written.
//
// Each secret is sealed for its place: kind, ids and incarnation of the record
// and name of the field are its associated data. In any other place it fails to
// open, so that write access to the store is too little to move one tenant's
// secret to another.
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
	s.attachKeys(&r)
	return r, err
}

// Bindings implements store.Store.
func (s *sealing) Bindings(ctx context.Context, instanceID string) ([]store.Item, error) {
	items, err := s.Store.Bindings(ctx, instanceID)
	for i := range items {
		s.attachKeys(&items[i].Record)
	}
	return items, err
}

// All implements store.Store.
func (s *sealing) All(ctx context.Context) iter.Seq2[store.Record, error] {
	return func(yield func(store.Record, error) bool) {
		for r, err := range s.Store.All(ctx) {
			s.attachKeys(&r)
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
		s.attachKeys(r)
		if err := r.Authenticate(); err != nil {
			return err
		}
		return check(r)
	})
}

// Update implements store.Store. Checking and sealing are part of the inner
// store's change, so that comparing and swapping stay one step.
func (s *sealing) Update(ctx context.Context, k store.Key, change func(*store.Record) error) (store.Record, error) {
	defer s.keys.updates.begin()()
	r, err := s.Store.Update(ctx, k, func(r *store.Record) error {
		s.attachKeys(r)
		if err := r.Authenticate(); err != nil {
			return err
		}
		kept := placedSecrets(r)
		if err := change(r); err != nil {
			return err
		}
		r.Key = k
		at := locationOf(r)
		r.Authentication = store.SealedBy(func(digest []byte) ([]byte, error) {
			return s.keys.seal(digest, at.associatedData(authenticationField))
		})
		return s.seal(r, kept)
	})
	s.attachKeys(&r)
	return r, err
}

// A placedSecret is a secret in the place that it is sealed for.
type placedSecret struct {
	place  string
	secret store.Sealed
}

// attachKeys lets a stored record be checked and its secrets open with the keys,
// on demand.
func (s *sealing) attachKeys(r *store.Record) {
	at := locationOf(r)
	r.Authentication = r.Authentication.CheckedBy(func(a store.Authentication) error { return s.keys.authenticate(a, at) })
	record := store.Record{Key: r.Key, Authentication: r.Authentication}
	_ = r.EachSealed(func(field string, secret *store.Sealed) error {
		if !secret.IsZero() {
			*secret = s.boxed(at, field, secret.Box(), record.Authenticate)
		}
		return nil
	})
}

// placedSecrets are the secrets of a stored record, in their places.
func placedSecrets(r *store.Record) map[placedSecret]bool {
	at, kept := locationOf(r), map[placedSecret]bool{}
	_ = r.EachSealed(func(field string, secret *store.Sealed) error {
		if !secret.IsZero() {
			kept[placedSecret{at.associatedData(field), *secret}] = true
		}
		return nil
	})
	return kept
}

// seal gives each secret a box for its place. Secrets that kept their place
// keep their box; fresh ones, and ones from another place or incarnation, are
// sealed anew.
func (s *sealing) seal(r *store.Record, kept map[placedSecret]bool) error {
	ownSecrets(r)
	at := locationOf(r)
	return r.EachSealed(func(field string, secret *store.Sealed) error {
		if secret.IsZero() || kept[placedSecret{at.associatedData(field), *secret}] {
			return nil
		}
		plain, err := secret.Open()
		if err != nil {
			return err
		}
		box, err := s.keys.seal(plain, at.associatedData(field))
		if err != nil {
			return &store.RecordError{Key: r.Key, Err: fmt.Errorf("seal %s: %w", field, err)}
		}
		*secret = s.boxed(at, field, box, func() error { return nil })
		return nil
	})
}

// ownSecrets copies the parts of a record that hold secrets: change may have
// put the caller's own maps there, which sealing must leave alone.
func ownSecrets(r *store.Record) {
	for _, spec := range []**store.Spec{&r.Want, &r.Have} {
		if *spec != nil {
			own := **spec
			*spec = &own
		}
	}
	r.Frozen, r.Bodies = maps.Clone(r.Frozen), maps.Clone(r.Bodies)
}

// boxed returns a sealed secret that opens with the keys, provided that
// authenticate accepts its record.
func (s *sealing) boxed(at *location, field string, box []byte, authenticate func() error) store.Sealed {
	return store.Boxed(box, func(box []byte) ([]byte, error) {
		if err := authenticate(); err != nil {
			return nil, err
		}
		plain, err := s.keys.open(box, at.associatedData(field))
		if err != nil {
			return nil, &store.RecordError{Key: at.Key, Err: fmt.Errorf("%s: %w", field, err)}
		}
		return plain, nil
	})
}

// A location is where a record's secrets are.
type location struct {
	store.Key
	incarnation string
}

func locationOf(r *store.Record) *location { return &location{r.Key, r.Incarnation} }

// authenticationField is the field of a record's own box. No secret has the name.
const authenticationField = "authentication"

// associatedData returns the bytes that a secret is bound to. Each part has its
// length before it, so that places stay distinct.
func (p *location) associatedData(field string) string {
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
