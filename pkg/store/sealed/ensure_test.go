package sealed_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"iter"
	"os"
	"path/filepath"
	"testing"

	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/store"
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/store/sealed"
)

func TestEnsure_EmptyStoreOnly_CreatesAKeyset(t *testing.T) {
	dir := t.TempDir()
	inner := openBolt(t, dir)
	path := filepath.Join(dir, "keyset.json")
	ensure := func() (*sealed.Keys, error) { return sealed.Ensure(t.Context(), sealed.File(path), inner, nil) }

	keys, err := ensure()
	if err != nil {
		t.Fatalf("empty store, no keyset: %v", err)
	}
	// More than a page of records without secrets precedes the one with a
	// secret.
	for n := range 120 {
		update(t, inner, store.Key{InstanceID: fmt.Sprintf("%03d", n)}, func(*store.Record) {})
	}
	if _, err := ensure(); err != nil {
		t.Errorf("store without secrets: %v", err)
	}
	k := store.Key{InstanceID: "i", BindingID: "b"}
	update(t, sealed.New(inner, keys), k, func(r *store.Record) {
		r.Secrets = store.Seal([]byte("secret"))
		r.Credentials = store.Seal([]byte("secret"))
	})
	if _, err := ensure(); err != nil {
		t.Errorf("keyset that fits: %v", err)
	}
	// A single unopenable secret affects its record alone.
	update(t, inner, k, func(r *store.Record) { r.Secrets = store.Boxed([]byte("broken"), nil) })
	if _, err := ensure(); err != nil {
		t.Errorf("keyset that fits, and a broken secret: %v", err)
	}

	kept, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.Remove(path); err != nil {
		t.Fatal(err)
	}
	if _, err := ensure(); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("keyset gone: Ensure = %v, want ErrNotExist", err)
	}
	if _, err := os.Stat(path); !errors.Is(err, fs.ErrNotExist) {
		t.Error("a keyset was made for a store that is not empty")
	}

	other, err := os.ReadFile(newKeysetFile(t, dir, "other.json"))
	if err != nil {
		t.Fatal(err)
	}
	for name, content := range map[string][]byte{"of another store": other, "garbled": []byte("{")} {
		if err := os.WriteFile(path, content, 0o600); err != nil {
			t.Fatal(err)
		}
		if _, err := ensure(); !errors.Is(err, store.ErrForeign) {
			t.Errorf("keyset %s: Ensure = %v, want ErrForeign", name, err)
		}
		if now, err := os.ReadFile(path); err != nil || !bytes.Equal(now, content) {
			t.Errorf("keyset %s: the file was changed, or is gone (%v)", name, err)
		}
	}

	if err := os.WriteFile(path, kept, 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := ensure(); err != nil {
		t.Errorf("keyset put back: %v", err)
	}
}

// damaged is a store whose first record fails to decode.
type damaged struct{ store.Store }

func (d damaged) All(ctx context.Context) iter.Seq2[store.Record, error] {
	return func(yield func(store.Record, error) bool) {
		bad := store.Key{InstanceID: "\x00"}
		if !yield(store.Record{Key: bad}, &store.RecordError{Key: bad, Err: store.ErrCorrupt}) {
			return
		}
		d.Store.All(ctx)(yield)
	}
}

func TestEnsure_DamagedRecords_AreSkipped(t *testing.T) {
	dir := t.TempDir()
	inner := openBolt(t, dir)
	path := newKeysetFile(t, dir, "keyset.json")
	update(t, sealed.New(inner, open(t, sealed.File(path))), store.Key{InstanceID: "i"}, func(r *store.Record) { r.Secrets = store.Seal([]byte("secret")) })
	if _, err := sealed.Ensure(t.Context(), sealed.File(path), damaged{inner}, nil); err != nil {
		t.Errorf("keyset that fits: %v", err)
	}
	if _, err := sealed.Ensure(t.Context(), sealed.File(newKeysetFile(t, dir, "other.json")), damaged{inner}, nil); !errors.Is(err, store.ErrForeign) {
		t.Errorf("keyset of another store: %v, want ErrForeign", err)
	}
}

func TestEnsure_UnreadableStore_Fails(t *testing.T) {
	dir := t.TempDir()
	inner := openBolt(t, dir)
	if err := inner.Close(); err != nil {
		t.Fatal(err)
	}
	for name, path := range map[string]string{
		"no keyset": filepath.Join(dir, "missing.json"), "a keyset": newKeysetFile(t, dir, "keyset.json"),
	} {
		if _, err := sealed.Ensure(t.Context(), sealed.File(path), inner, nil); !errors.Is(err, store.ErrClosed) {
			t.Errorf("%s: Ensure = %v, want ErrClosed", name, err)
		}
	}
	if _, err := os.Stat(filepath.Join(dir, "missing.json")); !errors.Is(err, fs.ErrNotExist) {
		t.Error("a keyset was made though the store could not be read")
	}
}

// overtaken is a store that another process fills during the check.
type overtaken struct {
	store.Store

	by func()
}

func (o overtaken) Empty(ctx context.Context) (bool, error) {
	o.by()
	return o.Store.Empty(ctx)
}

func TestEnsure_ConcurrentCreation_UsesTheOneKeyset(t *testing.T) {
	inner, source := openBolt(t, t.TempDir()), &memory{}
	other := func() {
		keys, err := sealed.Ensure(t.Context(), source, inner, nil)
		must(t, err)
		put(t, sealed.New(inner, keys), "i")
	}
	keys, err := sealed.Ensure(t.Context(), source, overtaken{inner, other}, nil)
	if err != nil {
		t.Fatalf("Ensure = %v", err)
	}
	if err := check(t, sealed.New(inner, keys), "i"); err != nil {
		t.Errorf("what the other sealed: %v", err)
	}
}
