package bolt

import (
	"bytes"
	"encoding/binary"
	"errors"
	"testing"

	"go.etcd.io/bbolt"

	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/store"
)

// rawPut writes a value as it is, as another version or a damaged disk would.
func rawPut(t *testing.T, s *Store, k store.Key, value []byte) {
	t.Helper()
	err := s.db.Update(func(tx *bbolt.Tx) error { return bucket(tx, recordsBucket).Put(encodeKey(k), value) })
	if err != nil {
		t.Fatal(err)
	}
}

func TestStore_NewerRecord_IsReadOnly(t *testing.T) {
	s := fresh(t)
	k := store.Key{InstanceID: "i", BindingID: "b"}
	doc := []byte(`{"instance_id":"i","binding_id":"b","schema":3,"region":"cn-hangzhou","shape":"new"}`)
	value := binary.BigEndian.AppendUint32(binary.BigEndian.AppendUint64(nil, 5), checksum(doc))
	value = append(value, doc...)
	rawPut(t, s, k, value)

	if r, err := s.Get(t.Context(), k); err != nil || r.Region != "cn-hangzhou" || r.Revision != 5 {
		t.Errorf("Get = region %q, revision %d, %v", r.Region, r.Revision, err)
	}
	for name, change := range map[string]func(*store.Record) error{
		"a change":      func(r *store.Record) error { r.Region = "lost"; return nil },
		"a new record":  func(r *store.Record) error { *r = store.Record{}; return nil },
		"an old schema": func(r *store.Record) error { r.Schema = 1; return nil },
	} {
		if _, err := s.Update(t.Context(), k, change); !errors.Is(err, store.ErrNewer) {
			t.Errorf("Update with %s = %v, want ErrNewer", name, err)
		}
	}
	_ = s.db.View(func(tx *bbolt.Tx) error {
		if got := bucket(tx, recordsBucket).Get(encodeKey(k)); !bytes.Equal(got, value) {
			t.Errorf("the newer record was changed to %q", got)
		}
		return nil
	})
}

func TestStore_DamagedRecord_LeavesOthersUsable(t *testing.T) {
	s := fresh(t)
	for _, id := range []string{"a", "c"} {
		if err := put(s, t, id, 1); err != nil {
			t.Fatal(err)
		}
	}
	bad := store.Key{InstanceID: "b"}
	sound, err := encode(store.Record{Key: bad, Region: "cn-hangzhou"}, 9)
	if err != nil {
		t.Fatal(err)
	}
	for name, value := range map[string][]byte{
		"short":       []byte("x"),
		"long":        bytes.Repeat([]byte("x"), 100),
		"flipped bit": bytes.Replace(sound, []byte("hangzhou"), []byte("hangzhot"), 1),
	} {
		rawPut(t, s, bad, value)
		ctx := t.Context()
		if _, err := s.Get(ctx, bad); !errors.Is(err, store.ErrCorrupt) {
			t.Errorf("%s: Get = %v, want ErrCorrupt", name, err)
		}
		if err := put(s, t, "b", 1); !errors.Is(err, store.ErrCorrupt) {
			t.Errorf("%s: Update = %v, want ErrCorrupt", name, err)
		}
		if good, damaged := list(t, s); len(good) != 2 || len(damaged) != 1 || damaged[0] != bad {
			t.Errorf("%s: All = %d records and %v damaged, want two and the damaged key", name, len(good), damaged)
		}
		if ids, err := s.Unfinished(ctx); err != nil || len(ids) != 2 {
			t.Errorf("%s: Unfinished = %q, %v", name, ids, err)
		}
		if err := s.Delete(ctx, bad, nil); err != nil {
			t.Errorf("%s: Delete = %v", name, err)
		}
		if good, damaged := list(t, s); len(good) != 2 || len(damaged) != 0 {
			t.Errorf("%s: All after Delete = %d records and %v damaged", name, len(good), damaged)
		}
	}
}

func TestBindings_DamagedBinding_LeavesOthersListed(t *testing.T) {
	s := fresh(t)
	key := func(binding string) store.Key { return store.Key{InstanceID: "i", BindingID: binding} }
	for _, id := range []string{"", "a", "b", "c"} {
		if _, err := s.Update(t.Context(), key(id), func(*store.Record) error { return nil }); err != nil {
			t.Fatal(err)
		}
	}
	rawPut(t, s, key("b"), []byte("x"))
	items, err := s.Bindings(t.Context(), "i")
	if err != nil || len(items) != 3 {
		t.Fatalf("Bindings = %v, %v, want three", items, err)
	}
	for i, id := range []string{"a", "b", "c"} {
		if damaged := errors.Is(items[i].Err, store.ErrCorrupt); items[i].Record.Key != key(id) || damaged != (id == "b") {
			t.Errorf("Bindings[%d] = %s, %v", i, items[i].Record.Key, items[i].Err)
		}
	}
}

// list returns all records, and the keys of the undecodable ones.
func list(t *testing.T, s *Store) (good []store.Record, damaged []store.Key) {
	t.Helper()
	for r, err := range s.All(t.Context()) {
		switch of, ok := errors.AsType[*store.RecordError](err); {
		case ok && errors.Is(err, store.ErrCorrupt):
			damaged = append(damaged, of.Key)
		case err != nil:
			t.Fatalf("All: %v", err)
		default:
			good = append(good, r)
		}
	}
	return good, damaged
}
