package bolt

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"os"
	"runtime/debug"
	"time"

	"go.etcd.io/bbolt"
)

// Names of the buckets and of the members of "meta".
const (
	metaBucket       = "meta"
	recordsBucket    = "records"
	unfinishedBucket = "unfinished"
	tombstonesBucket = "tombstones"
	bodiesBucket     = "bodies"
	unnamedBucket    = "unnamed"
	namingBucket     = "naming"

	magicKey   = "magic"
	magic      = "open-service-broker-alibabacloud"
	versionKey = "version"
)

// bucket returns one of the buckets.
func bucket(tx *bbolt.Tx, name string) *bbolt.Bucket { return tx.Bucket([]byte(name)) }

// version is the format of the file. It is independent of the schema of the
// records.
const version = 1

// create writes an empty store into the empty file path.
func create(path string) error {
	db, err := bbolt.Open(path, 0o600, nil)
	if err != nil {
		return err
	}
	err = db.Update(func(tx *bbolt.Tx) error {
		for _, name := range append([]string{metaBucket, recordsBucket, unfinishedBucket, tombstonesBucket}, bodyBuckets()...) {
			if _, err := tx.CreateBucket([]byte(name)); err != nil {
				return err
			}
		}
		meta := bucket(tx, metaBucket)
		return errors.Join(
			meta.Put([]byte(magicKey), []byte(magic)),
			meta.Put([]byte(versionKey), binary.BigEndian.AppendUint64(nil, version)))
	})
	return errors.Join(err, db.Close())
}

// check verifies that the file is whole and ours. It opens the file read-only,
// because bbolt may write to a file that is open for writing.
func check(path string, timeout time.Duration) error {
	info, err := os.Stat(path)
	if err != nil {
		return err
	}
	if info.Size() == 0 { // bbolt would initialize it
		return errors.New("the file is empty")
	}
	db, err := openDB(path, &bbolt.Options{ReadOnly: true, PreLoadFreelist: true, Timeout: timeout})
	if err != nil {
		return err
	}
	err = recoverPanics(func() error {
		return db.View(func(tx *bbolt.Tx) error {
			if tx.Size() > info.Size() {
				return fmt.Errorf("the file is incomplete: %d of at least %d bytes", info.Size(), tx.Size())
			}
			if err := checkMeta(tx); err != nil {
				return err
			}
			return errors.Join(checkKeys(tx, recordsBucket), checkKeys(tx, unfinishedBucket), checkKeys(tx, bodiesBucket))
		})
	})
	return errors.Join(err, db.Close())
}

// openDB opens an existing file; bbolt alone would create a missing one. On
// some damaged files bbolt panics and keeps them open until the process ends,
// which follows soon.
func openDB(path string, opts *bbolt.Options) (db *bbolt.DB, err error) {
	opts.OpenFile = func(path string, flag int, mode os.FileMode) (*os.File, error) {
		return os.OpenFile(path, flag&^os.O_CREATE, mode) //nolint:gosec // the operator names the file
	}
	err = recoverPanics(func() (err error) {
		db, err = bbolt.Open(path, 0o600, opts)
		return err
	})
	return db, err
}

// recoverPanics turns panics and memory faults, bbolt's failures on malformed
// pages, into an error.
func recoverPanics(f func() error) (err error) {
	defer debug.SetPanicOnFault(debug.SetPanicOnFault(true))
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("the file is damaged: %v", p)
		}
	}()
	return f()
}

// checkMeta verifies that the file is a store of a known version.
func checkMeta(tx *bbolt.Tx) error {
	meta := bucket(tx, metaBucket)
	if meta == nil || string(meta.Get([]byte(magicKey))) != magic {
		return errors.New("the file belongs to another program")
	}
	v := meta.Get([]byte(versionKey))
	if len(v) != 8 || binary.BigEndian.Uint64(v) != version {
		return fmt.Errorf("the file is of version %x, this broker knows version %d", v, version)
	}
	if bucket(tx, recordsBucket) == nil || bucket(tx, unfinishedBucket) == nil {
		return errors.New("the file lacks a part")
	}
	return nil
}

// checkKeys walks through a bucket and verifies that its keys are complete and
// in order.
func checkKeys(tx *bbolt.Tx, name string) error {
	b := bucket(tx, name)
	if b == nil { // a file of an earlier version
		return nil
	}
	var last []byte
	return b.ForEach(func(id, _ []byte) error {
		if bytes.Compare(id, last) <= 0 {
			return fmt.Errorf("the file is damaged: its %s are out of order", name)
		}
		last = id
		return nil
	})
}
