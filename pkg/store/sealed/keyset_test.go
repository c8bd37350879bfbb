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
	"strings"
	"testing"

	"github.com/tink-crypto/tink-go/v2/aead"
	"github.com/tink-crypto/tink-go/v2/insecurecleartextkeyset"
	"github.com/tink-crypto/tink-go/v2/keyset"
	"github.com/tink-crypto/tink-go/v2/mac"

	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/store"
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/store/sealed"
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/store/storetest"
)

// newKeysetFile makes a keyset and returns its path.
func newKeysetFile(t *testing.T, dir, name string) string {
	t.Helper()
	path := filepath.Join(dir, name)
	if _, err := sealed.CreateKeyset(path); err != nil {
		t.Fatal(err)
	}
	return path
}

// open opens a keyset, which must succeed.
func open(t *testing.T, path string) *sealed.Keyset {
	t.Helper()
	keys, err := sealed.OpenKeyset(path)
	if err != nil {
		t.Fatal(err)
	}
	return keys
}

// addPrimary writes the keyset of a file with a new primary key to another
// file, as Tink's tools would.
func addPrimary(t *testing.T, from, to string) string {
	t.Helper()
	b, err := os.ReadFile(from)
	if err != nil {
		t.Fatal(err)
	}
	handle, err := insecurecleartextkeyset.Read(keyset.NewJSONReader(bytes.NewReader(b)))
	if err != nil {
		t.Fatal(err)
	}
	manager := keyset.NewManagerFromHandle(handle)
	id, err := manager.Add(aead.AES256GCMKeyTemplate())
	if err != nil {
		t.Fatal(err)
	}
	if err := manager.SetPrimary(id); err != nil {
		t.Fatal(err)
	}
	if handle, err = manager.Handle(); err != nil {
		t.Fatal(err)
	}
	writeKeyset(t, handle, to)
	return to
}

// writeKeyset writes a keyset to a file.
func writeKeyset(t *testing.T, handle *keyset.Handle, path string) {
	t.Helper()
	var b bytes.Buffer
	if err := insecurecleartextkeyset.Write(handle, keyset.NewJSONWriter(&b)); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, b.Bytes(), 0o600); err != nil {
		t.Fatal(err)
	}
}

func TestKeysetFileIsForItsOwnerAloneAndNeverReplaced(t *testing.T) {
	dir := t.TempDir()
	path := newKeysetFile(t, dir, "keyset.json")
	info, err := os.Stat(path)
	if err != nil {
		t.Fatal(err)
	}
	if info.Mode() != 0o600 {
		t.Errorf("mode %v, want 0600", info.Mode())
	}
	before, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := sealed.CreateKeyset(path); !errors.Is(err, fs.ErrExist) {
		t.Errorf("CreateKeyset over a keyset = %v, want ErrExist", err)
	}
	if after, err := os.ReadFile(path); err != nil || !bytes.Equal(before, after) {
		t.Errorf("the keyset was changed, or is gone (%v)", err)
	}
	if entries, err := os.ReadDir(dir); err != nil || len(entries) != 1 {
		t.Errorf("the folder holds %v, %v, want the keyset alone", entries, err)
	}
}

func TestWhatIsNoKeysetIsRefusedAndNotQuoted(t *testing.T) {
	dir := t.TempDir()
	whole, err := os.ReadFile(newKeysetFile(t, dir, "whole.json"))
	if err != nil {
		t.Fatal(err)
	}
	handle, err := keyset.NewHandle(mac.HMACSHA256Tag128KeyTemplate())
	if err != nil {
		t.Fatal(err)
	}
	writeKeyset(t, handle, filepath.Join(dir, "mac.json"))
	macKeys, err := os.ReadFile(filepath.Join(dir, "mac.json"))
	if err != nil {
		t.Fatal(err)
	}
	for name, content := range map[string][]byte{
		"empty":         {},
		"text":          []byte("passw0rd"),
		"other JSON":    []byte(`{"passw0rd":"passw0rd"}`),
		"empty keyset":  []byte(`{"primaryKeyId":1,"key":[]}`),
		"cut off":       whole[:len(whole)/2],
		"keys for MACs": macKeys,
	} {
		path := filepath.Join(dir, "keyset.json")
		if err := os.WriteFile(path, content, 0o600); err != nil {
			t.Fatal(err)
		}
		_, err := sealed.OpenKeyset(path)
		if !errors.Is(err, store.ErrForeign) {
			t.Errorf("%s: OpenKeyset = %v, want ErrForeign", name, err)
		} else if strings.Contains(err.Error(), "passw0rd") {
			t.Errorf("%s: the error quotes the file: %v", name, err)
		}
	}
	if _, err := sealed.OpenKeyset(filepath.Join(dir, "missing.json")); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("OpenKeyset of no file = %v, want ErrNotExist", err)
	}
}

func TestKeysetNeverPrints(t *testing.T) {
	keys := newKeyset(t)
	for _, verb := range []string{"%v", "%+v", "%#v", "%s"} {
		if got := fmt.Sprintf(verb, keys); got != "keyset" {
			t.Errorf("%s prints %q", verb, got)
		}
	}
}

func TestEnsureMakesAKeysetForAnEmptyStoreAlone(t *testing.T) {
	dir := t.TempDir()
	inner := openBolt(t, dir)
	path := filepath.Join(dir, "keyset.json")
	ensure := func() (*sealed.Keyset, error) { return sealed.Ensure(t.Context(), path, inner) }

	keys, err := ensure()
	if err != nil {
		t.Fatalf("empty store, no keyset: %v", err)
	}
	// More than a page of records without secrets come before the one.
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
	// A single secret that does not open is its record's matter.
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

// damaged is a store whose first record does not decode.
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

func TestEnsurePassesOverDamagedRecords(t *testing.T) {
	dir := t.TempDir()
	inner := openBolt(t, dir)
	path := newKeysetFile(t, dir, "keyset.json")
	update(t, sealed.New(inner, open(t, path)), store.Key{InstanceID: "i"}, func(r *store.Record) { r.Secrets = store.Seal([]byte("secret")) })
	if _, err := sealed.Ensure(t.Context(), path, damaged{inner}); err != nil {
		t.Errorf("keyset that fits: %v", err)
	}
	if _, err := sealed.Ensure(t.Context(), newKeysetFile(t, dir, "other.json"), damaged{inner}); !errors.Is(err, store.ErrForeign) {
		t.Errorf("keyset of another store: %v, want ErrForeign", err)
	}
}

func TestEnsureTellsWhenTheStoreCannotBeRead(t *testing.T) {
	dir := t.TempDir()
	inner := openBolt(t, dir)
	if err := inner.Close(); err != nil {
		t.Fatal(err)
	}
	for name, path := range map[string]string{
		"no keyset": filepath.Join(dir, "missing.json"), "a keyset": newKeysetFile(t, dir, "keyset.json"),
	} {
		if _, err := sealed.Ensure(t.Context(), path, inner); !errors.Is(err, store.ErrClosed) {
			t.Errorf("%s: Ensure = %v, want ErrClosed", name, err)
		}
	}
	if _, err := os.Stat(filepath.Join(dir, "missing.json")); !errors.Is(err, fs.ErrNotExist) {
		t.Error("a keyset was made though the store could not be read")
	}
}

func TestCrashDuringAnUpdateLeavesSecretsThatOpen(t *testing.T) {
	for _, after := range []bool{false, true} {
		faulty := storetest.NewFaulty(openBolt(t, t.TempDir()))
		s := sealed.New(faulty, newKeyset(t))
		k := store.Key{InstanceID: "i"}
		update(t, s, k, func(r *store.Record) { r.Secrets = store.Seal([]byte("old")) })
		faulty.FailWrite(1, after)
		_, err := s.Update(t.Context(), k, func(r *store.Record) error {
			r.Incarnation, r.Secrets = "next", store.Seal([]byte("new"))
			return nil
		})
		if !errors.Is(err, storetest.ErrDead) {
			t.Fatalf("Update = %v, want ErrDead", err)
		}
		r, err := s.Get(t.Context(), k)
		if err != nil {
			t.Fatal(err)
		}
		want := "old"
		if after {
			want = "new"
		}
		if plain, err := r.Secrets.Open(); err != nil || string(plain) != want {
			t.Errorf("after %t: the secret opens as %q, %v, want %q", after, plain, err, want)
		}
	}
}
