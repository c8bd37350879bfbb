package sealed_test

import (
	"bytes"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/store"
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/store/bolt"
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/store/sealed"
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/store/storetest"
)

func TestSealed_Contract_IsKept(t *testing.T) {
	storetest.RunSealed(t, func(t *testing.T, dir string) store.Store {
		inner := openBolt(t, dir)
		keys, err := sealed.Ensure(t.Context(), sealed.File(filepath.Join(dir, "keyset.json")), inner, nil)
		if err != nil {
			t.Fatal(err)
		}
		return sealed.New(inner, keys)
	})
}

func TestSealed_AlteredRecord_IsRefused(t *testing.T) {
	storetest.RunAltered(t, func(t *testing.T, dir string) (_, _ store.Store) {
		inner := openBolt(t, dir)
		return sealed.New(inner, newKeys(t)), inner
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

// newKeys makes keys in a folder of their own.
func newKeys(t *testing.T) *sealed.Keys {
	t.Helper()
	return open(t, sealed.File(newKeysetFile(t, t.TempDir(), "keyset.json")))
}

// newKeysetFile creates a keyset and returns its path.
func newKeysetFile(t *testing.T, dir, name string) string {
	t.Helper()
	path := filepath.Join(dir, name)
	if err := sealed.Create(t.Context(), sealed.File(path)); err != nil {
		t.Fatal(err)
	}
	return path
}

// open opens a keyset, which must succeed.
func open(t *testing.T, source sealed.Source) *sealed.Keys {
	t.Helper()
	keys, err := sealed.Open(t.Context(), source, nil)
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

func TestSealed_MovedBox_DoesNotOpen(t *testing.T) {
	inner := openBolt(t, t.TempDir())
	s := sealed.New(inner, open(t, newMemory(t).withoutRequirement(t))) // the secrets defend themselves
	from := store.Key{InstanceID: "i", BindingID: "bc"}
	box := update(t, s, from, func(r *store.Record) {
		r.Incarnation = "life"
		r.Secrets = store.Seal([]byte("secret"))
		r.Frozen = map[string]store.Sealed{"s": store.Seal([]byte("request"))}
	})
	stolen := func(b []byte) store.Sealed { return store.Boxed(b, nil) }
	for name, tc := range map[string]struct {
		key         store.Key
		incarnation string
		steal       func(r *store.Record)
		opens       bool
	}{
		"its own place":       {from, "life", func(r *store.Record) { r.Secrets = stolen(box.Secrets.Box()) }, true},
		"another field":       {from, "life", func(r *store.Record) { r.Credentials = stolen(box.Secrets.Box()) }, false},
		"another step":        {from, "life", func(r *store.Record) { r.Frozen = map[string]store.Sealed{"t": stolen(box.Frozen["s"].Box())} }, false},
		"another incarnation": {from, "next", func(r *store.Record) { r.Secrets = stolen(box.Secrets.Box()) }, false},
		"another binding":     {store.Key{InstanceID: "i", BindingID: "d"}, "life", func(r *store.Record) { r.Secrets = stolen(box.Secrets.Box()) }, false},
		"another instance":    {store.Key{InstanceID: "j", BindingID: "bc"}, "life", func(r *store.Record) { r.Secrets = stolen(box.Secrets.Box()) }, false},
		"the instance":        {store.Key{InstanceID: "i"}, "life", func(r *store.Record) { r.Secrets = stolen(box.Secrets.Box()) }, false},
		"ids joined":          {store.Key{InstanceID: "ib", BindingID: "c"}, "life", func(r *store.Record) { r.Secrets = stolen(box.Secrets.Box()) }, false},
		"a broken box":        {from, "life", func(r *store.Record) { r.Secrets = stolen(append([]byte("x"), box.Secrets.Box()...)) }, false},
	} {
		// A writer that bypasses the sealing can put the box anywhere.
		update(t, inner, tc.key, func(r *store.Record) {
			*r = store.Record{Incarnation: tc.incarnation}
			tc.steal(r)
		})
		r, err := s.Get(t.Context(), tc.key)
		if err != nil {
			t.Fatalf("%s: Get: %v", name, err)
		}
		for _, secret := range []store.Sealed{r.Secrets, r.Credentials, r.Frozen["t"]} {
			if secret.IsZero() {
				continue
			}
			plain, err := secret.Open()
			if tc.opens && (err != nil || string(plain) != "secret") {
				t.Errorf("%s: opens as %q, %v", name, plain, err)
			}
			if !tc.opens && (!errors.Is(err, store.ErrSeal) || plain != nil) {
				t.Errorf("%s: opens as %q, %v, want ErrSeal", name, plain, err)
			}
		}
		// An unopenable secret leaves the rest of the record changeable.
		update(t, s, tc.key, func(r *store.Record) { r.Region = "elsewhere" })
	}
}

func TestSealed_StoredRecord_HoldsNoPlainSecret(t *testing.T) {
	dir := t.TempDir()
	s := sealed.New(openBolt(t, dir), newKeys(t))
	const secret = "correct-horse-battery-staple"
	for n := range 20 {
		update(t, s, store.Key{InstanceID: "i"}, func(r *store.Record) {
			fresh := func(what string) store.Sealed { return store.Seal(fmt.Appendf(nil, `{"%s":"%s-%d"}`, what, secret, n)) }
			r.Secrets, r.Credentials = fresh("secrets"), fresh("credentials")
			r.Want = &store.Spec{Parameters: fresh("parameters"), Prepared: fresh("prepared")}
			r.Have = r.Want
			r.Frozen = map[string]store.Sealed{"a": fresh("a"), "b": fresh("b")}
		})
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	file, err := os.ReadFile(filepath.Join(dir, "broker.db"))
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Contains(file, []byte(`"secrets":`)) {
		t.Error("the file does not hold the record: this test sees nothing")
	}
	for shift := range 3 { // base64 of a text depends on where in it the text begins
		coded := base64.StdEncoding.EncodeToString([]byte(secret)[shift : len(secret)-len(secret)%3-3+shift])
		if bytes.Contains(file, []byte(coded)) {
			t.Errorf("the file holds the secret in base64")
		}
	}
	for _, text := range []string{secret, hex.EncodeToString([]byte(secret))} {
		if bytes.Contains(file, []byte(text)) {
			t.Errorf("the file holds %q", text)
		}
	}
}

func TestSealed_Reading_NeedsNoKey(t *testing.T) {
	inner := openBolt(t, t.TempDir())
	k := store.Key{InstanceID: "i"}
	update(t, sealed.New(inner, newKeys(t)), k, func(r *store.Record) { r.Secrets = store.Seal([]byte("secret")) })
	other := sealed.New(inner, newKeys(t))
	r, err := other.Get(t.Context(), k)
	if err != nil {
		t.Fatalf("Get with another keyset: %v", err)
	}
	if _, err := r.Secrets.Open(); !errors.Is(err, store.ErrSeal) {
		t.Errorf("Open with another keyset = %v, want ErrSeal", err)
	}
}

func TestSealed_CrashDuringUpdate_SecretsStillOpen(t *testing.T) {
	for _, after := range []bool{false, true} {
		faulty := storetest.NewFaulty(openBolt(t, t.TempDir()))
		s := sealed.New(faulty, newKeys(t))
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
