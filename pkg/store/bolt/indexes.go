package bolt

import (
	"context"
	"encoding/binary"
	"errors"
	"time"

	"go.etcd.io/bbolt"

	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/store"
)

// updateIndexes adds a record to the indexes that it belongs to and removes it
// from the others.
func updateIndexes(tx *bbolt.Tx, id []byte, r *store.Record) error {
	put := func(name string, value []byte, belongs bool) error {
		if belongs {
			return bucket(tx, name).Put(id, value)
		}
		return bucket(tx, name).Delete(id)
	}
	return errors.Join(
		put(unfinishedBucket, nil, !r.Settled),
		put(tombstonesBucket, encodeTime(r.Deleted), !r.Deleted.IsZero()),
		put(namingBucket, encodeDigests(r.Bodies), len(r.Bodies) > 0))
}

// addMissingBuckets adds the buckets that files of an earlier version lack.
func (s *Store) addMissingBuckets() error {
	lacks := false
	err := s.db.View(func(tx *bbolt.Tx) error {
		for _, name := range append(bodyBuckets(), tombstonesBucket) {
			lacks = lacks || bucket(tx, name) == nil
		}
		return nil
	})
	if err != nil || !lacks {
		return err
	}
	return s.db.Update(func(tx *bbolt.Tx) error {
		for _, name := range bodyBuckets() {
			if _, err := tx.CreateBucketIfNotExists([]byte(name)); err != nil {
				return err
			}
		}
		return indexTombstones(tx)
	})
}

// indexTombstones creates a missing index of tombstones.
func indexTombstones(tx *bbolt.Tx) error {
	if bucket(tx, tombstonesBucket) != nil {
		return nil
	}
	tombstones, err := tx.CreateBucket([]byte(tombstonesBucket))
	if err != nil {
		return err
	}
	return bucket(tx, recordsBucket).ForEach(func(id, value []byte) error {
		r, err := decode(decodeKey(id), value)
		if err != nil || r.Deleted.IsZero() {
			return nil //nolint:nilerr // a damaged record is not for this to judge
		}
		return tombstones.Put(id, encodeTime(r.Deleted))
	})
}

// Unfinished implements store.Store.
func (s *Store) Unfinished(ctx context.Context) (keys []store.Key, err error) {
	err = s.view(ctx, func(tx *bbolt.Tx) error {
		return bucket(tx, unfinishedBucket).ForEach(func(id, _ []byte) error {
			keys = append(keys, decodeKey(id))
			return nil
		})
	})
	return keys, err
}

// Tombstones implements store.Store.
func (s *Store) Tombstones(ctx context.Context, before time.Time, limit int) (keys []store.Key, err error) {
	err = s.view(ctx, func(tx *bbolt.Tx) error {
		c := bucket(tx, tombstonesBucket).Cursor()
		for id, at := c.First(); id != nil && len(keys) < limit; id, at = c.Next() {
			if decodeTime(at).Before(before) {
				keys = append(keys, decodeKey(id))
			}
		}
		return nil
	})
	return keys, err
}

func encodeTime(t time.Time) []byte {
	return binary.BigEndian.AppendUint64(nil, uint64(t.UnixNano()))
}

func decodeTime(b []byte) time.Time {
	if len(b) != 8 {
		return time.Time{}
	}
	return time.Unix(0, int64(binary.BigEndian.Uint64(b))) //nolint:gosec // of encodeTime
}
