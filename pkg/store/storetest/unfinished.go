package storetest

import (
	"errors"
	"slices"
	"testing"

	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/store"
)

// unfinished holds the rules about finding unsettled records.
func unfinished() cases {
	return cases{
		"Unfinished_FollowsSettled": func(t *testing.T, s *suite) {
			i, b, c := instance("i"), binding("i", "b"), binding("i", "c")
			steps := []struct {
				name string
				do   func()
				want []store.Key
			}{
				{"instance made", func() { s.put(t, i, settle(false)) }, []store.Key{i}},
				{"instance settled", func() { s.put(t, i, settle(true)) }, nil},
				{"binding made", func() { s.put(t, b, settle(false)) }, []store.Key{b}},
				{"instance unsettled too", func() { s.put(t, i, settle(false)) }, []store.Key{i, b}},
				{"instance settled, binding not", func() { s.put(t, i, settle(true)) }, []store.Key{b}},
				{"second binding made", func() { s.put(t, c, settle(false)) }, []store.Key{b, c}},
				{"first binding settled", func() { s.put(t, b, settle(true)) }, []store.Key{c}},
				{"second binding forgotten", func() { s.deleteRecord(t, c) }, nil},
				{"binding unsettled again", func() { s.put(t, b, settle(false)) }, []store.Key{b}},
				{"instance forgotten, binding not", func() { s.deleteRecord(t, i) }, []store.Key{b}},
				{"opened again", func() { s.reopen(t) }, []store.Key{b}},
				{"change failed", func() { s.failToSettle(t, b) }, []store.Key{b}},
				{"binding forgotten", func() { s.deleteRecord(t, b) }, nil},
			}
			for _, step := range steps {
				step.do()
				if got := s.unfinished(t); !slices.Equal(got, step.want) {
					t.Fatalf("%s: Unfinished = %q, want %q", step.name, got, step.want)
				}
			}
		},
		"Unfinished_ManyKeys_AreInOrder": func(t *testing.T, s *suite) {
			want := s.createStrange(t)
			if got := s.unfinished(t); !slices.Equal(got, want) {
				t.Errorf("Unfinished = %q, want %q", got, want)
			}
		},
	}
}

// deleteRecord deletes a record, which must succeed.
func (s *suite) deleteRecord(t *testing.T, k store.Key) {
	t.Helper()
	if err := s.Delete(t.Context(), k, nil); err != nil {
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
