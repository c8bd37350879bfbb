package storetest

import (
	"bytes"
	"errors"
	"testing"

	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/store"
)

// secrets are the rules for a store that seals and opens secrets itself.
func secrets() cases {
	return cases{
		"Secrets_EveryRead_Open": func(t *testing.T, s *suite) {
			for _, k := range []store.Key{instance("i"), binding("i", "b")} {
				opens(t, "Update", s.put(t, k, fillSecrets))
			}
			for range 2 {
				opens(t, "Get", s.get(t, instance("i")))
				all := s.all(t)
				if len(all) != 2 {
					t.Fatalf("All = %d records, want 2", len(all))
				}
				opens(t, "All", all[1])
				bindings, err := s.Bindings(t.Context(), "i")
				if err != nil || len(bindings) != 1 {
					t.Fatalf("Bindings = %d records, %v, want 1", len(bindings), err)
				}
				opens(t, "Bindings", bindings[0].Record)
				s.put(t, instance("i"), func(r *store.Record) { opens(t, "change", *r) })
				s.reopen(t)
			}
		},
		"Secrets_Unchanged_KeepTheirBoxes": func(t *testing.T, s *suite) {
			before := s.put(t, instance("i"), fillSecrets)
			after := s.put(t, instance("i"), func(r *store.Record) {
				r.Region = "elsewhere"
				r.Secrets = store.Seal([]byte("fresh"))
			})
			if bytes.Equal(before.Secrets.Box(), after.Secrets.Box()) {
				t.Error("the changed secret kept its box")
			}
			if plain, err := after.Secrets.Open(); err != nil || string(plain) != "fresh" {
				t.Errorf("the changed secret opens as %q, %v", plain, err)
			}
			before.Secrets, before.Region, before.Revision = after.Secrets, after.Region, after.Revision
			if d := diff(before, after); d != "" {
				t.Errorf("what was not changed (-before +after):\n%s", d)
			}
		},
		"Secrets_Moved_StillOpen": func(t *testing.T, s *suite) {
			i := s.put(t, instance("i"), fillSecrets)
			moved := func(what string, secret store.Sealed, want string) {
				t.Helper()
				if plain, err := secret.Open(); err != nil || string(plain) != want {
					t.Errorf("%s opens as %q, %v, want %q", what, plain, err, want)
				}
			}
			b := s.put(t, binding("i", "b"), func(r *store.Record) { r.Credentials = i.Secrets })
			moved("instance's secret in a binding", b.Credentials, "secrets")
			s.put(t, instance("i"), func(r *store.Record) {
				freeze(r, "c", r.Frozen["a"])
				delete(r.Frozen, "a")
				r.Have, r.Want = r.Want, r.Have
			})
			s.reopen(t)
			i = s.get(t, instance("i"))
			moved("other step's request", i.Frozen["c"], "frozen a")
			moved("swapped parameters", i.Have.Parameters, "want.parameters")
			moved("swapped plan", i.Want.Prepared, "have.prepared")
		},
		"Secrets_NewIncarnation_StillOpen": func(t *testing.T, s *suite) {
			s.put(t, instance("i"), fillSecrets)
			s.put(t, instance("i"), func(r *store.Record) { r.Incarnation = "new" })
			s.reopen(t)
			opens(t, "Get", s.get(t, instance("i")))
		},
		"Secrets_OfTheCaller_StayPlain": func(t *testing.T, s *suite) {
			want := store.Spec{Parameters: store.Seal([]byte("mine"))}
			frozen := map[string]store.Sealed{"a": store.Seal([]byte("mine"))}
			s.put(t, instance("i"), func(r *store.Record) {
				r.Want, r.Have, r.Frozen = &want, &want, frozen
			})
			if want.Parameters.Box() != nil || frozen["a"].Box() != nil {
				t.Error("sealing the record changed what its caller had put there")
			}
		},
		"Body_OtherKey_DoesNotOpen": func(t *testing.T, s *suite) {
			secret := "a body with a secret"
			digest, key := s.putBody(t, secret)
			other, otherKey := s.putBody(t, secret)
			if other == digest || digest == store.BodyDigest([]byte(secret)) {
				t.Errorf("digests %s and %s reveal that the bodies are equal, or their content", digest, other)
			}
			s.nameBodies(t, instance("i"), map[string]store.Sealed{digest: key})
			s.nameBodies(t, instance("j"), map[string]store.Sealed{other: otherKey})
			s.reopen(t)
			kept := s.get(t, instance("i")).Bodies[digest]
			if got, err := s.Body(t.Context(), digest, kept); err != nil || string(got) != secret {
				t.Errorf("Body with the key of its record = %q, %v", got, err)
			}
			for name, wrong := range map[string]store.Sealed{
				"no key": {}, "another body's key": s.get(t, instance("j")).Bodies[other], "a key of other size": store.Seal([]byte("short")),
			} {
				if _, err := s.Body(t.Context(), digest, wrong); !errors.Is(err, store.ErrSeal) {
					t.Errorf("Body with %s = %v, want ErrSeal", name, err)
				}
			}
		},
		"Body_KeyMovedToAnotherRecord_Opens": func(t *testing.T, s *suite) {
			digest, key := s.putBody(t, "body")
			s.nameBodies(t, instance("i"), map[string]store.Sealed{digest: key})
			s.nameBodies(t, instance("j"), s.get(t, instance("i")).Bodies)
			s.deleteRecord(t, instance("i"))
			s.reopen(t)
			if got, err := s.Body(t.Context(), digest, s.get(t, instance("j")).Bodies[digest]); err != nil || string(got) != "body" {
				t.Errorf("Body by the second record = %q, %v", got, err)
			}
		},
		"Update_ForeignBox_Fails": func(t *testing.T, s *suite) {
			before := s.put(t, instance("i"), fillSecrets)
			for name, box := range map[string]store.Sealed{
				"garbage":        store.Boxed([]byte("garbage"), nil),
				"without a key":  store.Boxed(before.Secrets.Box(), nil),
				"of other's key": store.Boxed([]byte("x"), func([]byte) ([]byte, error) { return nil, store.ErrSeal }),
			} {
				_, err := s.Update(t.Context(), instance("i"), func(r *store.Record) error {
					r.Credentials = box
					return nil
				})
				if !errors.Is(err, store.ErrSeal) {
					t.Errorf("Update with a box %s = %v, want ErrSeal", name, err)
				}
			}
			if d := diff(before, s.get(t, instance("i"))); d != "" {
				t.Errorf("record after refused updates (-before +after):\n%s", d)
			}
		},
	}
}

// fillSecrets fills a record, each secret with the name of its place.
func fillSecrets(r *store.Record) {
	fill(r)
	for name, set := range secretFields() {
		set(r, store.Seal([]byte(name)))
	}
}

// opens checks that each secret of fillSecrets opens, and only in its place.
func opens(t *testing.T, how string, r store.Record) {
	t.Helper()
	for name, secret := range map[string]store.Sealed{
		"secrets": r.Secrets, "credentials": r.Credentials,
		"want.parameters": r.Want.Parameters, "have.parameters": r.Have.Parameters,
		"want.prepared": r.Want.Prepared, "have.prepared": r.Have.Prepared,
		"frozen a": r.Frozen["a"], "frozen b": r.Frozen["b"],
	} {
		if plain, err := secret.Open(); err != nil || string(plain) != name {
			t.Errorf("%s: %s of %s opens as %q, %v", how, name, r.Key, plain, err)
		}
	}
}
