package storetest

import (
	"slices"
	"testing"
	"time"

	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/store"
)

// tombstones holds the rules about finding old tombstones.
func tombstones() cases {
	day := time.Date(2024, 3, 1, 0, 0, 0, 0, time.UTC)
	deleted := func(at time.Time) func(*store.Record) { return func(r *store.Record) { r.Deleted = at } }
	found := func(t *testing.T, s *suite, before time.Time, limit int) []store.Key {
		t.Helper()
		ks, err := s.Tombstones(t.Context(), before, limit)
		if err != nil {
			t.Fatalf("Tombstones: %v", err)
		}
		slices.SortFunc(ks, store.Key.Compare)
		return ks
	}
	return cases{
		"Tombstones_FollowDeleted": func(t *testing.T, s *suite) {
			i, b := instance("i"), binding("i", "b")
			soon := day.Add(time.Second)
			steps := []struct {
				name string
				do   func()
				want []store.Key
			}{
				{"made", func() { s.put(t, i, noChange) }, nil},
				{"deleted", func() { s.put(t, i, deleted(day)) }, []store.Key{i}},
				{"binding deleted before", func() { s.put(t, b, deleted(day.Add(-40*24*time.Hour))) }, []store.Key{i, b}},
				{"deleted later", func() { s.put(t, i, deleted(soon)) }, []store.Key{b}},
				{"deleted a day later", func() { s.put(t, i, deleted(day.Add(24*time.Hour))) }, []store.Key{b}},
				{"deleted earlier", func() { s.put(t, i, deleted(day.Add(-time.Nanosecond))) }, []store.Key{i, b}},
				{"opened again", func() { s.reopen(t) }, []store.Key{i, b}},
				{"lives again", func() { s.put(t, b, deleted(time.Time{})) }, []store.Key{i}},
				{"forgotten", func() { s.deleteRecord(t, i) }, nil},
			}
			for _, step := range steps {
				step.do()
				if got := found(t, s, soon, 10); !slices.Equal(got, step.want) {
					t.Fatalf("%s: Tombstones = %q, want %q", step.name, got, step.want)
				}
			}
		},
		"Tombstones_Limit_ReturnsPortions": func(t *testing.T, s *suite) {
			for _, id := range []string{"a", "b", "c", "d", "e"} {
				s.put(t, instance(id), deleted(day))
			}
			left := 5
			for left > 0 {
				ks := found(t, s, day.Add(1), 2)
				if len(ks) != min(2, left) {
					t.Fatalf("Tombstones = %q, with %d left and at most 2", ks, left)
				}
				for _, k := range ks {
					s.deleteRecord(t, k)
				}
				left -= len(ks)
			}
			if ks := found(t, s, day.Add(1), 2); len(ks) != 0 {
				t.Errorf("Tombstones = %q after all were forgotten", ks)
			}
		},
	}
}
