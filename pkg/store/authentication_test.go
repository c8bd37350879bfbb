package store_test

import (
	"bytes"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"testing"

	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/store"
)

// boxed returns the stored form of a record with a box, and the digest that the
// box is over.
func boxed(t *testing.T, r store.Record) (stored, digest []byte) {
	t.Helper()
	r.Authentication = store.SealedBy(func(d []byte) ([]byte, error) { digest = d; return []byte("box"), nil })
	stored, err := store.Encode(r)
	if err != nil {
		t.Fatal(err)
	}
	return stored, digest
}

func TestAuthentication_Digest_IsOfTheBytesWithoutTheBox(t *testing.T) {
	stored, digest := boxed(t, golden())
	content := bytes.Replace(stored, []byte(`,"authentication":"Ym94"`), nil, 1)
	if sum := sha256.Sum256(content); !bytes.Equal(digest, sum[:]) || len(content) == len(stored) || !json.Valid(content) {
		t.Errorf("the box is over %x, want the SHA-256 %x of the other members", digest, sum)
	}
	r, err := store.Decode(stored)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(r.Authentication.Digest(), digest) || string(r.Authentication.Box()) != "box" {
		t.Errorf("read: box %q over %x, want %x", r.Authentication.Box(), r.Authentication.Digest(), digest)
	}
}

// A store gives its memory to Decode, and may change it afterwards.
func TestAuthentication_StoredBytes_AreCopied(t *testing.T) {
	stored, digest := boxed(t, golden())
	r, err := store.Decode(stored)
	if err != nil {
		t.Fatal(err)
	}
	clear(stored)
	if !bytes.Equal(r.Authentication.Digest(), digest) || string(r.Authentication.Box()) != "box" {
		t.Error("the authentication followed the bytes of the store")
	}
}

// The record comes from the authenticated bytes, whatever stands beside them.
func TestDecode_MisplacedBox_IsLostAndDropped(t *testing.T) {
	for name, stored := range map[string]string{
		"before the others": `{"authentication":"Ym94","instance_id":"i","schema":2}`,
		"with a blank":      `{"instance_id":"i","schema":2,"authentication": "Ym94"}`,
		"with a newline":    `{"instance_id":"i","schema":2,"authentication":"Ym94"}` + "\n",
		"not base64":        `{"instance_id":"i","schema":2,"authentication":"**"}`,
		"a newline within":  `{"instance_id":"i","schema":2,"authentication":"Ym9` + `\n` + `4"}`,
		"no text":           `{"instance_id":"i","schema":2,"authentication":7}`,
		"empty":             `{"instance_id":"i","schema":2,"authentication":""}`,
	} {
		r, err := store.Decode([]byte(stored))
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if r.Authentication.Box() != nil || !r.Authentication.IsLost() {
			t.Errorf("%s: box %q, lost %t, want a lost one", name, r.Authentication.Box(), r.Authentication.IsLost())
		}
		if again, err := store.Encode(r); err != nil || bytes.Contains(again, []byte("authentication")) {
			t.Errorf("%s: written again as %s, %v", name, again, err)
		}
	}
	// Of two, the last is the box, and the first part of what it is over.
	r, err := store.Decode([]byte(`{"instance_id":"i","schema":2,"authentication":"Ym94","authentication":"Ym95"}`))
	if err != nil || string(r.Authentication.Box()) != "boy" || !r.Authentication.IsLost() {
		t.Errorf("two: box %q, lost %t, %v", r.Authentication.Box(), r.Authentication.IsLost(), err)
	}
	sum := sha256.Sum256([]byte(`{"instance_id":"i","schema":2,"authentication":"Ym94"}`))
	if !bytes.Equal(r.Authentication.Digest(), sum[:]) {
		t.Error("two: the digest leaves the first one out")
	}
	// A text within the record that looks like a box stays where it is.
	inner := golden()
	inner.Context = json.RawMessage(`{"a":1,"authentication":"Ym94"}`)
	inner.Unknown = map[string]json.RawMessage{"zz": json.RawMessage(`{"a":1,"authentication":"Ym94"}`)}
	b, err := store.Encode(inner)
	if err != nil {
		t.Fatal(err)
	}
	if r, err = store.Decode(b); err != nil || r.Authentication.Box() != nil || r.Authentication.IsLost() || string(r.Unknown["zz"]) != `{"a":1,"authentication":"Ym94"}` {
		t.Errorf("within: box %q, %v, unknown %s", r.Authentication.Box(), err, r.Unknown)
	}
}

func TestAuthenticate_WithoutKeys_FailsForStoredOnly(t *testing.T) {
	stored, _ := boxed(t, golden())
	r, err := store.Decode(stored)
	if err != nil {
		t.Fatal(err)
	}
	if err := r.Authenticate(); !errors.Is(err, store.ErrAltered) {
		t.Errorf("a stored record: %v, want ErrAltered", err)
	}
	r.Revision = 0
	if err := r.Authenticate(); !errors.Is(err, store.ErrAltered) {
		t.Errorf("a stored record whose revision is gone: %v, want ErrAltered", err)
	}
	fresh := golden()
	if err := fresh.Authenticate(); err != nil {
		t.Errorf("a fresh record: %v", err)
	}
	calls := 0
	r.Authentication = r.Authentication.CheckedBy(func(store.Authentication) error { calls++; return nil })
	same := r
	if r.Authenticate() != nil || same.Authenticate() != nil || calls != 1 {
		t.Errorf("%d checks of one read, want 1", calls)
	}
}
