package sealed_test

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"os"
	"path/filepath"
	"testing"

	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/store"
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/store/sealed"
)

// putBody puts a body and names it in the record k.
func putBody(t *testing.T, s store.Store, k store.Key, content string) (digest string, r store.Record) {
	t.Helper()
	digest, key, err := s.PutBody(t.Context(), []byte(content))
	must(t, err)
	return digest, update(t, s, k, func(r *store.Record) {
		r.Incarnation, r.Settled = "life", true
		r.Bodies = map[string]store.Sealed{digest: key}
	})
}

func TestBody_RotatedKeyset_StillOpens(t *testing.T) {
	inner, source := openBolt(t, t.TempDir()), newMemory(t)
	keys := alone(t, source)
	s := sealed.New(inner, keys)
	k := store.Key{InstanceID: "i"}
	digest, before := putBody(t, s, k, "body")
	old := primary(t, keys)
	added := add(t, keys)
	must(t, keys.Promote(t.Context(), added))
	if err := keys.Drop(t.Context(), s, old); !errors.Is(err, sealed.ErrInUse) {
		t.Errorf("Drop = %v, want ErrInUse: the key sealed the body's key", err)
	}
	resealed, err := keys.Reseal(t.Context(), s, nil)
	must(t, err)
	if resealed.Resealed != 1 {
		t.Errorf("%d records resealed, want 1", resealed.Resealed)
	}
	must(t, keys.Drop(t.Context(), s, old))
	after, err := s.Get(t.Context(), k)
	must(t, err)
	if bytes.Equal(before.Bodies[digest].Box(), after.Bodies[digest].Box()) {
		t.Error("resealing kept the box of the body's key")
	}
	if got, err := s.Body(t.Context(), digest, after.Bodies[digest]); err != nil || string(got) != "body" {
		t.Errorf("Body after the rotation = %q, %v", got, err)
	}
}

func TestBody_KeyBoxCopiedPastTheSealing_DoesNotOpen(t *testing.T) {
	inner := openBolt(t, t.TempDir())
	s := sealed.New(inner, open(t, newMemory(t).withoutRequirement(t)))
	digest, owner := putBody(t, s, store.Key{InstanceID: "i"}, "body")
	thief := store.Key{InstanceID: "j"}
	update(t, inner, thief, func(r *store.Record) {
		r.Incarnation = "life"
		r.Bodies = map[string]store.Sealed{digest: store.Boxed(owner.Bodies[digest].Box(), nil)}
	})
	r, err := s.Get(t.Context(), thief)
	must(t, err)
	if got, err := s.Body(t.Context(), digest, r.Bodies[digest]); !errors.Is(err, store.ErrSeal) || got != nil {
		t.Errorf("Body by the other record = %q, %v, want ErrSeal", got, err)
	}
}

func TestBody_StoredFile_RevealsNothing(t *testing.T) {
	dir := t.TempDir()
	s := sealed.New(openBolt(t, dir), newKeys(t))
	const content = "a manifest with correct-horse-battery-staple"
	digest, _ := putBody(t, s, store.Key{InstanceID: "i"}, content)
	must(t, s.Close())
	file, err := os.ReadFile(filepath.Join(dir, "broker.db"))
	must(t, err)
	if !bytes.Contains(file, []byte(digest)) {
		t.Error("the file lacks the digest: this test sees nothing")
	}
	sum := sha256.Sum256([]byte(content))
	for _, secret := range [][]byte{[]byte(content), []byte("correct-horse"), sum[:], []byte(hex.EncodeToString(sum[:]))} {
		if bytes.Contains(file, secret) {
			t.Errorf("the file holds %q", secret)
		}
	}
}
