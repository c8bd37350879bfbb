package storetest

import (
	"errors"
	"slices"
	"testing"

	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/store"
)

// unfinished are the rules about finding what has work to do.
func unfinished() cases {
	return cases{
		"UnfinishedFollowsSettled": func(t *testing.T, s *suite) {
			i, b, c := instance("i"), binding("i", "b"), binding("i", "c")
			steps := []struct {
				name string
				do   func()
				want bool
			}{
				{"instance made", func() { s.put(t, i, settle(false)) }, true},
				{"instance settled", func() { s.put(t, i, settle(true)) }, false},
				{"binding made", func() { s.put(t, b, settle(false)) }, true},
				{"instance unsettled too", func() { s.put(t, i, settle(false)) }, true},
				{"instance settled, binding not", func() { s.put(t, i, settle(true)) }, true},
				{"second binding made", func() { s.put(t, c, settle(false)) }, true},
				{"first binding settled", func() { s.put(t, b, settle(true)) }, true},
				{"second binding forgotten", func() { s.forget(t, c) }, false},
				{"binding unsettled again", func() { s.put(t, b, settle(false)) }, true},
				{"instance forgotten, binding not", func() { s.forget(t, i) }, true},
				{"opened again", func() { s.reopen(t) }, true},
				{"change failed", func() { s.failToSettle(t, b) }, true},
				{"binding forgotten", func() { s.forget(t, b) }, false},
			}
			for _, step := range steps {
				step.do()
				var want []string
				if step.want {
					want = []string{"i"}
				}
				if got := s.unfinished(t); !slices.Equal(got, want) {
					t.Fatalf("%s: Unfinished = %q, want %q", step.name, got, want)
				}
			}
		},
		"UnfinishedHasEachInstanceOnceInOrder": func(t *testing.T, s *suite) {
			s.putStrange(t)
			want := strangeIDs()
			slices.Sort(want)
			if got := s.unfinished(t); !slices.Equal(got, want) {
				t.Errorf("Unfinished = %q, want %q", got, want)
			}
		},
	}
}

// forget deletes a record, which must succeed.
func (s *suite) forget(t *testing.T, k store.Key) {
	t.Helper()
	if err := s.Delete(t.Context(), k); err != nil {
		t.Fatalf("Delete(%s): %v", k, err)
	}
}

// failToSettle settles a record in a change that fails.
func (s *suite) failToSettle(t *testing.T, k store.Key) {
	t.Helper()
	_, err := s.Update(t.Context(), k, func(r *store.Record) error {
		r.Settled = true
		return errors.New("no")
	})
	if err == nil {
		t.Fatalf("Update(%q) with a failing change succeeded", k)
	}
}
