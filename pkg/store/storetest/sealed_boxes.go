package storetest

import (
	"bytes"
	"errors"
	"testing"

	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/store"
)

// boxes are the rules for a store that takes sealed secrets only.
func boxes() cases {
	return cases{
		"Update_UnsealedSecret_Fails": func(t *testing.T, s *suite) {
			for name, set := range secretFields() {
				_, err := s.Update(t.Context(), instance("i"), func(r *store.Record) error {
					fill(r)
					set(r, store.Seal([]byte("secret")))
					return nil
				})
				if !errors.Is(err, store.ErrUnsealed) {
					t.Errorf("Update with a plain secret in %s = %v, want ErrUnsealed", name, err)
				}
			}
			digest, _ := s.putBody(t, "body")
			_, err := s.Update(t.Context(), instance("i"), func(r *store.Record) error {
				r.Bodies = map[string]store.Sealed{digest: store.Seal([]byte("key"))}
				return nil
			})
			if !errors.Is(err, store.ErrUnsealed) {
				t.Errorf("Update with a plain key of a body = %v, want ErrUnsealed", err)
			}
			if _, err := s.Get(t.Context(), instance("i")); !errors.Is(err, store.ErrNotFound) {
				t.Errorf("Get = %v, want ErrNotFound: nothing was saved", err)
			}
		},
		"PutBody_EqualContent_IsKeptOnce": func(t *testing.T, s *suite) {
			first, _ := s.putBody(t, "body")
			if second, _ := s.putBody(t, "body"); second != first || first != store.BodyDigest([]byte("body")) {
				t.Errorf("digests %s and %s, want %s", first, second, store.BodyDigest([]byte("body")))
			}
			if n := s.sweepAll(t); n != 1 {
				t.Errorf("%d bodies deleted, want 1", n)
			}
		},
		"Box_OfTheRecord_IsOverTheStoredBytes": func(t *testing.T, s *suite) {
			var digest []byte
			saved := s.put(t, instance("i"), func(r *store.Record) {
				fill(r)
				r.Authentication = store.SealedBy(func(d []byte) ([]byte, error) { digest = d; return []byte("box"), nil })
			})
			s.reopen(t)
			for how, r := range map[string]store.Record{"Update": saved, "Get": s.get(t, instance("i")), "All": s.all(t)[0]} {
				if a := r.Authentication; string(a.Box()) != "box" || !bytes.Equal(a.Digest(), digest) {
					t.Errorf("%s: box %q over %x, want the saved one over %x", how, a.Box(), a.Digest(), digest)
				}
				if err := r.Authenticate(); !errors.Is(err, store.ErrAltered) {
					t.Errorf("%s: Authenticate without keys = %v, want ErrAltered", how, err)
				}
			}
			_, err := s.Update(t.Context(), instance("j"), func(r *store.Record) error {
				r.Authentication = store.SealedBy(func([]byte) ([]byte, error) { return nil, store.ErrForeign })
				return nil
			})
			if !errors.Is(err, store.ErrForeign) {
				t.Errorf("Update whose box fails = %v, want ErrForeign", err)
			}
			if _, err := s.Get(t.Context(), instance("j")); !errors.Is(err, store.ErrNotFound) {
				t.Errorf("Get = %v, want ErrNotFound: nothing was saved", err)
			}
		},
		"Boxes_WithoutAKey_SurviveAndStayShut": func(t *testing.T, s *suite) {
			box := []byte{0, 1, '<', 0xff}
			want := s.put(t, instance("i"), func(r *store.Record) {
				fill(r)
				for _, set := range secretFields() {
					set(r, store.Boxed(box, nil))
				}
			})
			s.reopen(t)
			got := s.get(t, instance("i"))
			if d := diff(want, got); d != "" {
				t.Errorf("record (-saved +got):\n%s", d)
			}
			count := 0
			err := got.EachSealed(func(field string, secret *store.Sealed) error {
				count++
				if !bytes.Equal(secret.Box(), box) {
					t.Errorf("%s: box %x, want %x", field, secret.Box(), box)
				}
				if _, err := secret.Open(); !errors.Is(err, store.ErrSeal) {
					t.Errorf("%s: Open = %v, want ErrSeal", field, err)
				}
				return nil
			})
			if err != nil || count != len(secretFields()) {
				t.Errorf("EachSealed = %d secrets, %v, want %d", count, err, len(secretFields()))
			}
		},
	}
}

// secretFields set each of the places where a record that was filled can hold
// a secret, by name.
func secretFields() map[string]func(*store.Record, store.Sealed) {
	return map[string]func(*store.Record, store.Sealed){
		"secrets":         func(r *store.Record, s store.Sealed) { r.Secrets = s },
		"credentials":     func(r *store.Record, s store.Sealed) { r.Credentials = s },
		"want.parameters": func(r *store.Record, s store.Sealed) { r.Want.Parameters = s },
		"have.parameters": func(r *store.Record, s store.Sealed) { r.Have.Parameters = s },
		"want.prepared":   func(r *store.Record, s store.Sealed) { r.Want.Prepared = s },
		"have.prepared":   func(r *store.Record, s store.Sealed) { r.Have.Prepared = s },
		"frozen a":        func(r *store.Record, s store.Sealed) { freeze(r, "a", s) },
		"frozen b":        func(r *store.Record, s store.Sealed) { freeze(r, "b", s) },
	}
}

func freeze(r *store.Record, step string, s store.Sealed) {
	if r.Frozen == nil {
		r.Frozen = map[string]store.Sealed{}
	}
	r.Frozen[step] = s
}
