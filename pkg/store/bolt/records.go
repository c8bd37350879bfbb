package bolt

import (
	"bytes"
	"context"
	"errors"
	"iter"
	"maps"

	"go.etcd.io/bbolt"

	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/store"
)

// errBadKey rejects keys outside the limits.
var errBadKey = errors.New("the key needs an instance id, and at most 32 KiB")

// checkKey returns the key in the file of a record about to be stored.
func checkKey(k store.Key) ([]byte, error) {
	id := encodeKey(k)
	if k.InstanceID == "" || len(id) > bbolt.MaxKeySize {
		return nil, &store.RecordError{Key: k, Err: errBadKey}
	}
	return id, nil
}

// Get implements store.Store.
func (s *Store) Get(ctx context.Context, k store.Key) (r store.Record, err error) {
	err = s.view(ctx, func(tx *bbolt.Tx) error {
		value := bucket(tx, recordsBucket).Get(encodeKey(k))
		if value == nil {
			return &store.RecordError{Key: k, Err: store.ErrNotFound}
		}
		r, err = decode(k, value)
		return err
	})
	return r, err
}

// Update implements store.Store.
func (s *Store) Update(ctx context.Context, k store.Key, change func(*store.Record) error) (store.Record, error) {
	id, err := checkKey(k)
	if err != nil {
		return store.Record{}, err
	}
	var saved []byte
	err = s.write(ctx, func(tx *bbolt.Tx) (func() error, error) {
		records := bucket(tx, recordsBucket)
		r := store.Record{Key: k}
		if value := records.Get(id); value != nil {
			if r, err = decode(k, value); err != nil {
				return nil, err
			}
		}
		schema, busy, named := r.Schema, r.Revision != 0 && !r.Settled, maps.Clone(r.Bodies)
		if err := change(&r); err != nil {
			return nil, err
		}
		r.Key, r.Schema = k, schema
		if saved, err = encode(r, records.Sequence()+1); err != nil {
			return nil, err
		}
		added, err := findBodies(tx, store.NewBodies(named, r.Bodies))
		if err != nil {
			return nil, &store.RecordError{Key: k, Err: err}
		}
		return func() error {
			if busy || !r.Settled {
				s.group.changed = append(s.group.changed, k)
			}
			return errors.Join(
				records.SetSequence(records.Sequence()+1),
				records.Put(id, saved),
				updateIndexes(tx, id, &r),
				unmark(tx, added))
		}, nil
	})
	if err != nil {
		return store.Record{}, err
	}
	return decode(k, saved)
}

// Delete implements store.Store.
func (s *Store) Delete(ctx context.Context, k store.Key, check func(*store.Record) error) error {
	id := encodeKey(k)
	return s.write(ctx, func(tx *bbolt.Tx) (func() error, error) {
		value := bucket(tx, recordsBucket).Get(id)
		if value == nil {
			return nil, nil
		}
		if check != nil {
			r, err := decode(k, value)
			if err != nil {
				return nil, err
			}
			if err := check(&r); err != nil {
				return nil, err
			}
		}
		return func() error {
			s.group.changed = append(s.group.changed, k)
			return errors.Join(
				bucket(tx, recordsBucket).Delete(id),
				bucket(tx, unfinishedBucket).Delete(id),
				bucket(tx, tombstonesBucket).Delete(id),
				bucket(tx, namingBucket).Delete(id))
		}, nil
	})
}

// Bindings implements store.Store.
func (s *Store) Bindings(ctx context.Context, instanceID string) (bindings []store.Item, err error) {
	prefix := instancePrefix(instanceID)
	err = s.view(ctx, func(tx *bbolt.Tx) error {
		c := bucket(tx, recordsBucket).Cursor()
		for id, value := c.Seek(prefix); bytes.HasPrefix(id, prefix); id, value = c.Next() {
			if k := decodeKey(id); k.IsBinding() {
				bindings = append(bindings, itemOf(k, value))
			}
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	return bindings, nil
}

// itemOf reads a record.
func itemOf(k store.Key, value []byte) store.Item {
	r, err := decode(k, value)
	if err != nil {
		r = store.Record{Key: k}
	}
	return store.Item{Record: r, Err: err}
}

// pageSize is the number of records that All reads in one transaction. A long transaction
// would keep freed pages from being used again.
const pageSize = 100

// All implements store.Store.
func (s *Store) All(ctx context.Context) iter.Seq2[store.Record, error] {
	return func(yield func(store.Record, error) bool) {
		for start := []byte(nil); ; {
			page, next, err := s.page(ctx, start)
			for _, item := range page {
				if !yield(item.Record, item.Err) {
					return
				}
			}
			switch {
			case err != nil:
				yield(store.Record{}, err)
				return
			case next == nil:
				return
			}
			start = next
		}
	}
}

// page reads records from the key start on and returns the start of the next
// page, nil after the last.
func (s *Store) page(ctx context.Context, start []byte) (page []store.Item, next []byte, err error) {
	err = s.view(ctx, func(tx *bbolt.Tx) error {
		c := bucket(tx, recordsBucket).Cursor()
		for id, value := c.Seek(start); id != nil; id, value = c.Next() {
			if len(page) == pageSize {
				next = bytes.Clone(id)
				return nil
			}
			page = append(page, itemOf(decodeKey(id), value))
		}
		return nil
	})
	return page, next, err
}

// Empty implements store.Store. The first saved record uses up revision 1 for
// good.
func (s *Store) Empty(ctx context.Context) (empty bool, err error) {
	err = s.view(ctx, func(tx *bbolt.Tx) error {
		empty = bucket(tx, recordsBucket).Sequence() == 0
		return nil
	})
	return empty, err
}
