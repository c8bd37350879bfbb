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

func TestBoxOpensInItsPlaceAlone(t *testing.T) {
	inner := openBolt(t, t.TempDir())
	s := sealed.New(inner, newKeyset(t))
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
		// Who writes to the store past the sealing puts the box where it pleases.
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
		// What does not open does not stop the record from being changed.
		update(t, s, tc.key, func(r *store.Record) { r.Region = "elsewhere" })
	}
}

func TestAnyKeyOfTheSetOpensAndThePrimarySeals(t *testing.T) {
	dir := t.TempDir()
	inner := openBolt(t, dir)
	old := newKeysetFile(t, dir, "old.json")
	i, j := store.Key{InstanceID: "i"}, store.Key{InstanceID: "j"}
	update(t, sealed.New(inner, open(t, old)), i, func(r *store.Record) { r.Secrets = store.Seal([]byte("old")) })

	both := open(t, addPrimary(t, old, filepath.Join(dir, "both.json")))
	s := sealed.New(inner, both)
	update(t, s, j, func(r *store.Record) { r.Secrets = store.Seal([]byte("new")) })
	for k, want := range map[store.Key]string{i: "old", j: "new"} {
		r, err := s.Get(t.Context(), k)
		if err != nil {
			t.Fatal(err)
		}
		if plain, err := r.Secrets.Open(); err != nil || string(plain) != want {
			t.Errorf("%s opens as %q, %v, want %q", k, plain, err, want)
		}
	}
	r, err := sealed.New(inner, open(t, old)).Get(t.Context(), j)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := r.Secrets.Open(); !errors.Is(err, store.ErrSeal) {
		t.Errorf("what the new primary sealed opens with the old key alone: %v", err)
	}
}

func TestStoreHoldsNoSecretInClear(t *testing.T) {
	dir := t.TempDir()
	s := sealed.New(openBolt(t, dir), newKeyset(t))
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

func TestReadingNeedsNoKey(t *testing.T) {
	inner := openBolt(t, t.TempDir())
	k := store.Key{InstanceID: "i"}
	update(t, sealed.New(inner, newKeyset(t)), k, func(r *store.Record) { r.Secrets = store.Seal([]byte("secret")) })
	other := sealed.New(inner, newKeyset(t))
	r, err := other.Get(t.Context(), k)
	if err != nil {
		t.Fatalf("Get with another keyset: %v", err)
	}
	if _, err := r.Secrets.Open(); !errors.Is(err, store.ErrSeal) {
		t.Errorf("Open with another keyset = %v, want ErrSeal", err)
	}
}
