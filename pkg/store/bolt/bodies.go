package bolt

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"slices"
	"time"

	"go.etcd.io/bbolt"

	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/store"
)

// bodyBuckets are the buckets about bodies: "bodies" has each body by its
// digest, "unnamed" the time at which a sweep first found a body unnamed, and
// "naming" the digests that a record names, by the record's key.
func bodyBuckets() []string { return []string{bodiesBucket, unnamedBucket, namingBucket} }

// encodeDigests returns the value of a record in "naming".
func encodeDigests(bodies map[string]store.Sealed) []byte {
	var value []byte
	for _, digest := range store.NewBodies(nil, bodies) {
		sum, _ := hex.DecodeString(digest) // Update has found the body
		value = append(value, sum...)
	}
	return value
}

// findBodies returns the keys of the bodies that digests name, or ErrNoBody.
func findBodies(tx *bbolt.Tx, digests []string) (sums [][]byte, err error) {
	for _, digest := range digests {
		sum, err := hex.DecodeString(digest)
		if err != nil || !store.IsBodyDigest(digest) || bucket(tx, bodiesBucket).Get(sum) == nil {
			return nil, fmt.Errorf("body %q: %w", digest, store.ErrNoBody)
		}
		sums = append(sums, sum)
	}
	return sums, nil
}

// unmark removes the marks of bodies that are named, or soon will be.
func unmark(tx *bbolt.Tx, sums [][]byte) error {
	var errs []error
	for _, sum := range sums {
		errs = append(errs, bucket(tx, unnamedBucket).Delete(sum))
	}
	return errors.Join(errs...)
}

// PutBody implements store.Store.
func (s *Store) PutBody(ctx context.Context, content []byte) (digest string, _ store.Sealed, err error) {
	if err := store.CheckBody(content); err != nil {
		return "", store.Sealed{}, err
	}
	sum := sha256.Sum256(content)
	err = s.write(ctx, func(tx *bbolt.Tx) (func() error, error) {
		stored := bucket(tx, bodiesBucket).Get(sum[:])
		switch {
		case stored == nil || !bytes.Equal(stored, content):
			return func() error {
				return errors.Join(bucket(tx, bodiesBucket).Put(sum[:], content), unmark(tx, [][]byte{sum[:]}))
			}, nil
		case bucket(tx, unnamedBucket).Get(sum[:]) != nil:
			return func() error { return unmark(tx, [][]byte{sum[:]}) }, nil
		default:
			return nil, nil
		}
	})
	if err != nil {
		return "", store.Sealed{}, err
	}
	return hex.EncodeToString(sum[:]), store.Sealed{}, nil
}

// Body implements store.Store.
func (s *Store) Body(ctx context.Context, digest string, _ store.Sealed) (content []byte, err error) {
	err = s.view(ctx, func(tx *bbolt.Tx) error {
		sums, err := findBodies(tx, []string{digest})
		if err != nil {
			return err
		}
		content = bytes.Clone(bucket(tx, bodiesBucket).Get(sums[0]))
		return store.VerifyBody(digest, content)
	})
	if err != nil {
		return nil, err
	}
	return content, nil
}

// SweepBodies implements store.Store. It decides and deletes in one
// transaction, which excludes writers.
func (s *Store) SweepBodies(ctx context.Context, now time.Time) (deleted int, err error) {
	none := false
	err = s.view(ctx, func(tx *bbolt.Tx) error {
		first, _ := bucket(tx, bodiesBucket).Cursor().First()
		none = first == nil
		return nil
	})
	if err != nil || none {
		return 0, err
	}
	err = s.write(ctx, func(tx *bbolt.Tx) (func() error, error) {
		var changes []func() error
		changes, deleted = sweep(tx, now)
		if len(changes) == 0 {
			return nil, nil
		}
		return func() error {
			var errs []error
			for _, change := range changes {
				errs = append(errs, change())
			}
			return errors.Join(errs...)
		}, nil
	})
	if err != nil {
		return 0, err
	}
	return deleted, nil
}

// sweep returns the changes of a sweep and how many bodies they delete.
func sweep(tx *bbolt.Tx, now time.Time) (changes []func() error, deleted int) {
	bodies, unnamed, named := bucket(tx, bodiesBucket), bucket(tx, unnamedBucket), namedBodies(tx)
	c := bodies.Cursor()
	for key, _ := c.First(); key != nil; key, _ = c.Next() {
		sum := slices.Clone(key)
		since := unnamed.Get(sum)
		switch {
		case named[string(sum)]:
			if since != nil {
				changes = append(changes, func() error { return unnamed.Delete(sum) })
			}
		case since == nil:
			changes = append(changes, func() error { return unnamed.Put(sum, encodeTime(now)) })
		case now.Sub(decodeTime(since)) >= store.BodyAge:
			deleted++
			changes = append(changes, func() error { return errors.Join(bodies.Delete(sum), unnamed.Delete(sum)) })
		}
	}
	return changes, deleted
}

// namedBodies returns the keys of the bodies that records name. It skips an
// entry without its record: an earlier version of the broker deleted the record
// alone.
func namedBodies(tx *bbolt.Tx) map[string]bool {
	named := map[string]bool{}
	c, records := bucket(tx, namingBucket).Cursor(), bucket(tx, recordsBucket)
	for id, sums := c.First(); id != nil; id, sums = c.Next() {
		if records.Get(id) == nil {
			continue
		}
		for sum := range slices.Chunk(sums, sha256.Size) {
			named[string(sum)] = true
		}
	}
	return named
}
