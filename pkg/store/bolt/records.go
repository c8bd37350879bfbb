package bolt

import (
	"bytes"
	"context"
	"errors"

	"go.etcd.io/bbolt"

	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/store"
)

// errKey refuses keys that no record can have.
var errKey = errors.New("the key needs an instance id, and at most 32 KiB")

// checkKey returns the key in the file of a record that may be stored.
func checkKey(k store.Key) ([]byte, error) {
	id := encodeKey(k)
	if k.InstanceID == "" || len(id) > bbolt.MaxKeySize {
		return nil, &store.RecordError{Key: k, Err: errKey}
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
		schema := r.Schema
		if err := change(&r); err != nil {
			return nil, err
		}
		r.Key, r.Schema = k, schema
		if saved, err = encode(r, records.Sequence()+1); err != nil {
			return nil, err
		}
		return func() error {
			return errors.Join(
				records.SetSequence(records.Sequence()+1),
				records.Put(id, saved),
				index(tx, id, !r.Settled))
		}, nil
	})
	if err != nil {
		return store.Record{}, err
	}
	return decode(k, saved)
}

// index puts a record into the index of the unfinished, or takes it out.
func index(tx *bbolt.Tx, id []byte, unfinished bool) error {
	if unfinished {
		return bucket(tx, unfinishedBucket).Put(id, nil)
	}
	return bucket(tx, unfinishedBucket).Delete(id)
}

// Delete implements store.Store.
func (s *Store) Delete(ctx context.Context, k store.Key) error {
	id := encodeKey(k)
	return s.write(ctx, func(tx *bbolt.Tx) (func() error, error) {
		records := bucket(tx, recordsBucket)
		if records.Get(id) == nil {
			return nil, nil
		}
		return func() error {
			return errors.Join(records.Delete(id), index(tx, id, false))
		}, nil
	})
}

// Bindings implements store.Store.
func (s *Store) Bindings(ctx context.Context, instanceID string) (bindings []store.Record, err error) {
	prefix := instancePrefix(instanceID)
	err = s.view(ctx, func(tx *bbolt.Tx) error {
		c := bucket(tx, recordsBucket).Cursor()
		for id, value := c.Seek(prefix); bytes.HasPrefix(id, prefix); id, value = c.Next() {
			k := decodeKey(id)
			if !k.IsBinding() {
				continue
			}
			r, err := decode(k, value)
			if err != nil {
				return err
			}
			bindings = append(bindings, r)
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	return bindings, nil
}

// List implements store.Store.
func (s *Store) List(ctx context.Context, after store.Key, limit int) (page []store.Record, err error) {
	start := encodeKey(after)
	err = s.view(ctx, func(tx *bbolt.Tx) error {
		c := bucket(tx, recordsBucket).Cursor()
		id, value := c.Seek(start)
		if bytes.Equal(id, start) {
			id, value = c.Next()
		}
		for ; id != nil && len(page) < limit; id, value = c.Next() {
			r, err := decode(decodeKey(id), value)
			if err != nil {
				return err
			}
			page = append(page, r)
		}
		return nil
	})
	return page, err
}

// Unfinished implements store.Store.
func (s *Store) Unfinished(ctx context.Context) (ids []string, err error) {
	err = s.view(ctx, func(tx *bbolt.Tx) error {
		return bucket(tx, unfinishedBucket).ForEach(func(id, _ []byte) error {
			instance := decodeKey(id).InstanceID
			if n := len(ids); n == 0 || ids[n-1] != instance {
				ids = append(ids, instance)
			}
			return nil
		})
	})
	return ids, err
}

// NextEpoch implements store.Store.
func (s *Store) NextEpoch(ctx context.Context) (epoch uint64, err error) {
	err = s.write(ctx, func(tx *bbolt.Tx) (func() error, error) {
		return func() (err error) {
			epoch, err = bucket(tx, metaBucket).NextSequence()
			return err
		}, nil
	})
	if err != nil {
		return 0, err
	}
	return epoch, nil
}

// Empty implements store.Store: the first record saved had revision 1, which
// stays spent.
func (s *Store) Empty(ctx context.Context) (empty bool, err error) {
	err = s.view(ctx, func(tx *bbolt.Tx) error {
		empty = bucket(tx, recordsBucket).Sequence() == 0
		return nil
	})
	return empty, err
}
