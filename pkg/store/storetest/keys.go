package storetest

import (
	"slices"
	"sync"
	"testing"

	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/store"
)

// strangeIDs are ids that a careless key would mix up.
func strangeIDs() []string {
	return []string{
		"a", "aa", "a/b", "a/", "/", "b", "a b", " ", "A", "ä", "日本", "a\x00", "a\x00b", "a\x00\x00", "a\x00\x01", "a\x00\x01b",
		"a\x00\xff", "\x00", "\x01", "a\xff", "\xff", "../a", "a%2Fb", "a\n", "0",
	}
}

// strangeKeys are all instances and bindings of strange ids, in order.
func strangeKeys() []store.Key {
	var ks []store.Key
	for _, i := range strangeIDs() {
		ks = append(ks, instance(i))
		for _, b := range strangeIDs() {
			ks = append(ks, binding(i, b))
		}
	}
	slices.SortFunc(ks, store.Key.Compare)
	return ks
}

// createStrange creates a record of every strange key, by many writers at once, and
// returns the keys in order.
func (s *suite) createStrange(t *testing.T) []store.Key {
	t.Helper()
	const writers = 50 // a busy server answers so many in time
	ks := strangeKeys()
	var wg sync.WaitGroup
	for w := range writers {
		wg.Go(func() {
			for i := w; i < len(ks); i += writers {
				_, err := s.Update(t.Context(), ks[i], func(r *store.Record) error {
					r.Region = ks[i].String()
					return nil
				})
				if err != nil {
					t.Errorf("Update(%s): %v", ks[i], err)
				}
			}
		})
	}
	wg.Wait()
	return ks
}

// order are the rules about keys, and how records follow each other.
func order() cases {
	return cases{
		"Key_AnyID_IsDistinct": func(t *testing.T, s *suite) {
			for _, k := range s.createStrange(t) {
				if r := s.get(t, k); r.Key != k || r.Region != k.String() {
					t.Errorf("Get(%q) = key %q, region %q", k, r.Key, r.Region)
				}
			}
		},
		"Bindings_OfAnInstance_AreInOrder": func(t *testing.T, s *suite) {
			all := s.createStrange(t)
			for _, id := range strangeIDs() {
				var want []store.Key
				for _, k := range all {
					if k.InstanceID == id && k.IsBinding() {
						want = append(want, k)
					}
				}
				if d := diff(want, s.bindings(t, id)); d != "" {
					t.Errorf("Bindings(%q) (-want +got):\n%s", id, d)
				}
			}
			if got := s.bindings(t, "aaa"); len(got) != 0 {
				t.Errorf("Bindings of an instance that is not there = %q", got)
			}
		},
		"Bindings_WithoutInstance_IncludeTombstones": func(t *testing.T, s *suite) {
			s.put(t, binding("i", "b"), fill) // fill sets Deleted
			if got := s.bindings(t, "i"); len(got) != 1 {
				t.Errorf("Bindings = %q, want one", got)
			}
		},
		"All_YieldsEveryRecordOnce": func(t *testing.T, s *suite) {
			want := s.createStrange(t)
			got := keys(s.all(t))
			slices.SortFunc(got, store.Key.Compare)
			if d := diff(want, got); d != "" {
				t.Errorf("All (-want +got):\n%s", d)
			}
		},
		"All_Break_Stops": func(t *testing.T, s *suite) {
			s.put(t, instance("a"), noChange)
			s.put(t, instance("b"), noChange)
			count := 0
			for _, err := range s.All(t.Context()) {
				if err != nil {
					t.Errorf("All: %v", err)
				}
				count++
				break
			}
			if count != 1 {
				t.Errorf("All gave %d records before the break", count)
			}
		},
		"All_ChangingRecords_AreAllYielded": func(t *testing.T, s *suite) {
			want := s.createStrange(t)
			seen := map[store.Key]bool{}
			for r, err := range s.All(t.Context()) {
				if err != nil {
					t.Fatalf("All: %v", err)
				}
				seen[r.Key] = true
				if len(seen)%50 == 1 {
					s.put(t, r.Key, func(r *store.Record) { r.Sequence++ })
				}
			}
			for _, k := range want {
				if !seen[k] {
					t.Errorf("%s was left out", k)
				}
			}
		},
	}
}
