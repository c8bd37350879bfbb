package kubernetes_test

import (
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"

	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/store"
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/store/sealed"
)

// sealedEnvironment returns an environment and its store with sealing.
func sealedEnvironment(t *testing.T) (*environment, store.Store, *sealed.Keys) {
	t.Helper()
	w := newEnvironment(t)
	file := sealed.File(t.TempDir() + "/keyset.json")
	keys, err := sealed.Ensure(t.Context(), file, w.Store, &sealed.Options{SingleProcess: true})
	if err != nil {
		t.Fatal(err)
	}
	return w, sealed.New(w.Store, keys), keys
}

func save(t *testing.T, s store.Store, k store.Key, change func(*store.Record)) store.Record {
	t.Helper()
	r, err := s.Update(t.Context(), k, func(r *store.Record) error { change(r); return nil })
	if err != nil {
		t.Fatalf("Update(%s): %v", k, err)
	}
	return r
}

// Labels and annotations are outside of the box: without them work waits for the
// next write, and no other record is reached.
func TestRecordSecret_WithoutMetadata_IsDelayedOnly(t *testing.T) {
	w, s, _ := sealedEnvironment(t)
	save(t, s, instance, unsettled)
	save(t, s, binding, unsettled)
	w.replace(t, w.secret(t, instance), func(s *corev1.Secret) {
		// The store's own label stays: without it the Secret is not in the store's lists.
		for _, name := range []string{"unfinished", "deleted", "bodies"} {
			delete(s.Labels, "alibabacloud-servicebroker/"+name)
		}
		s.Annotations = map[string]string{"alibabacloud-servicebroker/deleted": "2001-01-01T00:00:00Z"}
	})
	r, err := s.Get(t.Context(), instance)
	if err != nil || r.Authenticate() != nil {
		t.Errorf("Get = %v, %v", err, r.Authenticate())
	}
	if keys, err := s.Unfinished(t.Context()); err != nil || !slices.Equal(keys, []store.Key{binding}) {
		t.Errorf("Unfinished = %v, %v", keys, err)
	}
	if keys, err := s.Tombstones(t.Context(), time.Now(), 10); err != nil || len(keys) != 0 {
		t.Errorf("Tombstones = %v, %v", keys, err)
	}
	save(t, s, instance, func(r *store.Record) { r.Region = "cn-hangzhou" })
	if keys, err := s.Unfinished(t.Context()); err != nil || !slices.Equal(keys, []store.Key{instance, binding}) {
		t.Errorf("Unfinished after the next write = %v, %v", keys, err)
	}
}

// An operator corrects a Secret by hand, as docs/sealing.md says: the record
// edited, the checksum taken out.
func TestRecordSecret_EditedWithoutChecksum_IsAccepted(t *testing.T) {
	for name, form := range map[string]func(string) string{
		"in place":      func(record string) string { return record },
		"with newlines": func(record string) string { return strings.ReplaceAll(record, `,"`, ",\n\"") + "\n" },
	} {
		t.Run(name, func(t *testing.T) {
			w, s, keys := sealedEnvironment(t)
			save(t, s, instance, func(r *store.Record) {
				settled(r)
				r.Facts, r.Secrets = map[string]string{"host": "wrong"}, store.Seal([]byte("hush"))
			})
			w.replace(t, w.secret(t, instance), func(s *corev1.Secret) {
				s.Data["record"] = []byte(form(strings.Replace(string(s.Data["record"]), "wrong", "right", 1)))
				delete(s.Data, "checksum")
			})
			r, err := s.Get(t.Context(), instance)
			if err != nil {
				t.Fatal(err)
			}
			if err := r.Authenticate(); !errors.Is(err, store.ErrAltered) {
				t.Fatalf("edited: %v, want ErrAltered", err)
			}
			if _, err := keys.Accept(t.Context(), s, instance, keys.Inspect(&r).Digest); err != nil {
				t.Fatal(err)
			}
			r, err = s.Get(t.Context(), instance)
			if err != nil || r.Authenticate() != nil || r.Facts["host"] != "right" {
				t.Errorf("accepted: %v, %v, facts %v", err, r.Authenticate(), r.Facts)
			}
			if plain, err := r.Secrets.Open(); err != nil || string(plain) != "hush" {
				t.Errorf("its secret opens as %q, %v", plain, err)
			}
			if len(w.secret(t, instance).Data["checksum"]) == 0 {
				t.Error("the accepted record has no checksum")
			}
		})
	}
}

// Without a box, the checksum is all that finds damage.
func TestRecordSecret_WithoutChecksumAndBox_IsDamaged(t *testing.T) {
	w := newEnvironment(t)
	w.put(t, instance, settled)
	w.replace(t, w.secret(t, instance), func(s *corev1.Secret) { delete(s.Data, "checksum") })
	if _, err := w.Get(t.Context(), instance); !errors.Is(err, store.ErrCorrupt) {
		t.Errorf("Get = %v, want ErrCorrupt", err)
	}
}
