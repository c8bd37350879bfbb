package storetest

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/store"
)

// records are the rules about a single record.
func records() cases {
	return cases{
		"Get_MissingRecord_IsNotFound": func(t *testing.T, s *suite) {
			for _, k := range []store.Key{instance("i"), binding("i", "b"), {}} {
				if _, err := s.Get(t.Context(), k); !errors.Is(err, store.ErrNotFound) {
					t.Errorf("Get(%q) = %v, want ErrNotFound", k, err)
				}
			}
		},
		"Update_NewKey_SeesAnEmptyRecord": func(t *testing.T, s *suite) {
			var seen store.Record
			k := binding("i", "b")
			s.put(t, k, func(r *store.Record) { seen = *r })
			if d := diff(store.Record{Key: k}, seen); d != "" {
				t.Errorf("change of a new record (-want +got):\n%s", d)
			}
		},
		"Get_SavedRecord_IsComplete": func(t *testing.T, s *suite) {
			want := store.Record{Key: instance("i")}
			fill(&want)
			saved := s.put(t, want.Key, fill)
			if d := diff(want, saved, cmpopts.IgnoreFields(store.Record{}, "Schema", "Revision")); d != "" {
				t.Errorf("Update (-put +returned):\n%s", d)
			}
			if saved.Revision == 0 || saved.Schema != store.SchemaVersion {
				t.Errorf("saved with revision %d and schema %d, want more than 0 and %d",
					saved.Revision, saved.Schema, store.SchemaVersion)
			}
			if d := diff(saved, s.get(t, want.Key)); d != "" {
				t.Errorf("Get (-saved +got):\n%s", d)
			}
		},
		"Update_Second_SeesTheFirstAndRaisesTheRevision": func(t *testing.T, s *suite) {
			first := s.put(t, instance("i"), fill)
			var seen store.Record
			second := s.put(t, instance("i"), func(r *store.Record) {
				seen = *r
				r.Region = "cn-beijing"
			})
			if d := diff(first, seen); d != "" {
				t.Errorf("change of the second update (-saved +seen):\n%s", d)
			}
			if second.Region != "cn-beijing" || second.Revision <= first.Revision {
				t.Errorf("second update: region %q, revision %d after %d", second.Region, second.Revision, first.Revision)
			}
			if d := diff(second, s.get(t, instance("i"))); d != "" {
				t.Errorf("Get (-saved +got):\n%s", d)
			}
		},
		"Update_FailedChange_SavesNothing": func(t *testing.T, s *suite) {
			conflict := errors.New("conflict")
			fail := func(r *store.Record) error {
				r.Region = "lost"
				return conflict
			}
			before := s.put(t, instance("old"), fill)
			for _, k := range []store.Key{instance("new"), instance("old")} {
				if _, err := s.Update(t.Context(), k, fail); err != conflict { //nolint:errorlint // as it is, not wrapped
					t.Errorf("Update(%q) = %v, want the change's own error", k, err)
				}
			}
			if _, err := s.Get(t.Context(), instance("new")); !errors.Is(err, store.ErrNotFound) {
				t.Errorf("Get of what failed to be made = %v, want ErrNotFound", err)
			}
			if d := diff(before, s.get(t, instance("old"))); d != "" {
				t.Errorf("record after a failed change (-before +after):\n%s", d)
			}
		},
		"Update_KeySchemaRevision_AreTheStores": func(t *testing.T, s *suite) {
			k := binding("i", "b")
			first := s.put(t, k, noChange)
			second := s.put(t, k, func(r *store.Record) {
				*r = store.Record{Key: instance("other"), Schema: 99, Revision: 1}
			})
			if second.Key != k || second.Schema != store.SchemaVersion || second.Revision <= first.Revision {
				t.Errorf("saved as %q, schema %d, revision %d after %d", second.Key, second.Schema, second.Revision, first.Revision)
			}
			if _, err := s.Get(t.Context(), instance("other")); !errors.Is(err, store.ErrNotFound) {
				t.Errorf("Get of the key that the change set = %v, want ErrNotFound", err)
			}
		},
		"Update_KeyWithoutInstance_Fails": func(t *testing.T, s *suite) {
			for _, k := range []store.Key{{}, binding("", "b")} {
				if _, err := s.Update(t.Context(), k, func(*store.Record) error { return nil }); err == nil {
					t.Errorf("Update(%q) succeeded", k)
				}
			}
		},
		"Delete_ThenCreate_StartsFresh": func(t *testing.T, s *suite) {
			k := instance("i")
			s.put(t, binding("i", "b"), fill)
			old := s.put(t, k, fill)
			for range 2 { // the second time the record is missing
				if err := s.Delete(t.Context(), k, nil); err != nil {
					t.Fatalf("Delete: %v", err)
				}
				if _, err := s.Get(t.Context(), k); !errors.Is(err, store.ErrNotFound) {
					t.Errorf("Get after Delete = %v, want ErrNotFound", err)
				}
			}
			s.get(t, binding("i", "b"))
			var seen store.Record
			again := s.put(t, k, func(r *store.Record) { seen = *r })
			if d := diff(store.Record{Key: k}, seen); d != "" {
				t.Errorf("change after Delete (-want +got):\n%s", d)
			}
			if again.Revision <= old.Revision {
				t.Errorf("revision %d after Delete, %d before: a writer could take one for the other", again.Revision, old.Revision)
			}
		},
		"Delete_FailedCheck_Keeps": func(t *testing.T, s *suite) {
			k := instance("i")
			want := s.put(t, k, fill)
			refused := errors.New("refused")
			err := s.Delete(t.Context(), k, func(r *store.Record) error {
				if d := diff(want, *r); d != "" {
					t.Errorf("check saw (-saved +seen):\n%s", d)
				}
				return refused
			})
			if !errors.Is(err, refused) {
				t.Errorf("Delete = %v, want the check's error", err)
			}
			s.get(t, k)
			for range 2 { // the second time the record is missing
				calls := 0
				err = s.Delete(t.Context(), k, func(*store.Record) error { calls++; return nil })
				if err != nil {
					t.Errorf("Delete: %v", err)
				}
				if _, err := s.Get(t.Context(), k); !errors.Is(err, store.ErrNotFound) {
					t.Errorf("Get after Delete = %v, want ErrNotFound", err)
				}
			}
		},
		"Delete_ChangedAfterItsCheck_Keeps": func(t *testing.T, s *suite) {
			// One caller renews a record while others delete it unless it is
			// renewed.
			stale := errors.New("renewed")
			for round := range 20 {
				k := instance(fmt.Sprint(round))
				s.put(t, k, noChange)
				var wg sync.WaitGroup
				wg.Go(func() { s.put(t, k, func(r *store.Record) { r.Sequence = 1 }) })
				for range 4 {
					wg.Go(func() {
						err := s.Delete(t.Context(), k, func(r *store.Record) error {
							if r.Sequence == 1 {
								return stale
							}
							return nil
						})
						if err != nil && !errors.Is(err, stale) {
							t.Errorf("Delete: %v", err)
						}
					})
				}
				wg.Wait()
				if r := s.get(t, k); r.Sequence != 1 {
					t.Errorf("the renewed record has sequence %d", r.Sequence)
				}
			}
		},
		"Update_TooLarge_Fails": func(t *testing.T, s *suite) {
			before := s.put(t, instance("i"), fill)
			_, err := s.Update(t.Context(), instance("i"), func(r *store.Record) error {
				r.Facts["more"] = strings.Repeat("x", store.MaxRecord)
				return nil
			})
			if !errors.Is(err, store.ErrTooLarge) {
				t.Errorf("Update = %v, want ErrTooLarge", err)
			}
			if d := diff(before, s.get(t, instance("i"))); d != "" {
				t.Errorf("record (-before +after):\n%s", d)
			}
		},
		"Record_Returned_IsACopy": func(t *testing.T, s *suite) {
			var inside store.Record
			saved := s.put(t, instance("i"), func(r *store.Record) {
				fill(r)
				inside = *r
			})
			want := s.get(t, instance("i"))
			for _, r := range []store.Record{inside, saved, s.all(t)[0], s.get(t, instance("i"))} {
				r.Facts["id"] = "spoilt"
				r.Unknown["later"][2] = 'Z'
				r.Refused[0] = "spoilt"
				r.Context[2] = 'Z'
				r.Want.PlanID, r.Want.Plan[2] = "spoilt", 'Z'
				r.Operation.Step, r.Results[0].Step, r.History.Events()[0].Step, r.Call.Step = "spoilt", "spoilt", "spoilt", "spoilt"
				if d := diff(want, s.get(t, instance("i"))); d != "" {
					t.Errorf("the stored record changed with a copy (-before +after):\n%s", d)
				}
			}
		},
		"Store_CancelledContext_HasNoEffect": func(t *testing.T, s *suite) {
			s.put(t, instance("i"), fill)
			ctx, cancel := context.WithCancel(t.Context())
			cancel()
			_, err := s.Update(ctx, instance("i"), func(r *store.Record) error { r.Region = "lost"; return nil })
			if !errors.Is(err, context.Canceled) {
				t.Errorf("Update = %v, want context.Canceled", err)
			}
			if err := s.Delete(ctx, instance("i"), nil); !errors.Is(err, context.Canceled) {
				t.Errorf("Delete = %v, want context.Canceled", err)
			}
			if _, err := s.Get(ctx, instance("i")); !errors.Is(err, context.Canceled) {
				t.Errorf("Get = %v, want context.Canceled", err)
			}
			if r := s.get(t, instance("i")); r.Region != "cn-hangzhou" {
				t.Errorf("the cancelled update was saved: region %q", r.Region)
			}
		},
	}
}
