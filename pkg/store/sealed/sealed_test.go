package sealed_test

import (
	"errors"
	"io/fs"
	"path/filepath"
	"testing"

	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/store"
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/store/bolt"
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/store/sealed"
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/store/storetest"
)

func TestSealed(t *testing.T) {
	storetest.RunSealed(t, func(t *testing.T, dir string) store.Store {
		inner := openBolt(t, dir)
		keys, err := sealed.Ensure(t.Context(), filepath.Join(dir, "keyset.json"), inner)
		if err != nil {
			t.Fatal(err)
		}
		return sealed.New(inner, keys)
	})
}

// openBolt opens the store file of a folder.
func openBolt(t *testing.T, dir string) *bolt.Store {
	t.Helper()
	s, err := bolt.Open(filepath.Join(dir, "broker.db"), nil)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	return s
}

// newKeyset makes a keyset in a folder of its own.
func newKeyset(t *testing.T) *sealed.Keyset {
	t.Helper()
	keys, err := sealed.CreateKeyset(filepath.Join(t.TempDir(), "keyset.json"))
	if err != nil {
		t.Fatal(err)
	}
	return keys
}

// update changes a record, which must succeed.
func update(t *testing.T, s store.Store, k store.Key, change func(r *store.Record)) store.Record {
	t.Helper()
	r, err := s.Update(t.Context(), k, func(r *store.Record) error {
		change(r)
		return nil
	})
	if err != nil {
		t.Fatalf("Update(%s): %v", k, err)
	}
	return r
}

var _ = errors.Is
var _ = fs.ErrExist
