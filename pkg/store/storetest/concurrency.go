package storetest

import (
	"errors"
	"fmt"
	"runtime"
	"sync"
	"testing"

	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/store"
)

// concurrency are the rules about many callers at once.
func concurrency() cases {
	return cases{
		"Update_ManyWritersOfOneRecord_LoseNothing": func(t *testing.T, s *suite) {
			const writers = 100
			refused := errors.New("refused")
			var (
				wg        sync.WaitGroup
				mu        sync.Mutex
				revisions = map[uint64]bool{}
			)
			for w := range writers {
				wg.Go(func() {
					r, err := s.Update(t.Context(), instance("i"), func(r *store.Record) error {
						r.Sequence++
						if w%10 == 0 {
							return refused // must leave the others in its transaction alone
						}
						r.Refused = append(r.Refused, fmt.Sprint(w))
						return nil
					})
					switch {
					case w%10 == 0:
						if !errors.Is(err, refused) {
							t.Errorf("refused writer: %v", err)
						}
					case err != nil:
						t.Errorf("writer %d: %v", w, err)
					default:
						mu.Lock()
						revisions[r.Revision] = true
						mu.Unlock()
					}
				})
			}
			wg.Wait()
			const want = writers * 9 / 10
			r := s.get(t, instance("i"))
			if r.Sequence != want || len(r.Refused) != want || len(revisions) != want {
				t.Errorf("%d updates, %d lines, %d revisions, want %d of each", r.Sequence, len(r.Refused), len(revisions), want)
			}
		},
		"Update_SeenRecord_IsSaved": func(t *testing.T, s *suite) {
			// One caller creates the record; the others see it and change
			// nothing. By then the record must be durable, because they report
			// it.
			decided := errors.New("the record exists")
			for round := range 50 {
				k := instance(fmt.Sprint(round))
				var wg sync.WaitGroup
				for range 8 {
					wg.Go(func() {
						_, err := s.Update(t.Context(), k, func(r *store.Record) error {
							if r.Revision != 0 {
								return decided
							}
							r.Sequence = 1
							return nil
						})
						if err != nil && !errors.Is(err, decided) {
							t.Errorf("Update: %v", err)
						}
						if r, err := s.Get(t.Context(), k); err != nil || r.Sequence != 1 {
							t.Errorf("Get after an Update that saw the record = sequence %d, %v", r.Sequence, err)
						}
					})
				}
				wg.Wait()
			}
		},
		"Store_WritersAndReaders_Coexist": func(t *testing.T, s *suite) {
			var wg sync.WaitGroup
			for i := range 20 {
				k := instance(fmt.Sprint(i))
				wg.Go(func() {
					for n := range uint64(10) {
						if r, err := s.Update(t.Context(), k, func(r *store.Record) error { r.Sequence = n; return nil }); err != nil || r.Sequence != n {
							t.Errorf("Update(%q) = sequence %d, %v", k, r.Sequence, err)
						}
						if r, err := s.Get(t.Context(), k); err != nil || r.Sequence != n {
							t.Errorf("Get(%q) after update %d = sequence %d, %v", k, n, r.Sequence, err)
						}
					}
				})
				wg.Go(func() {
					for range 10 {
						for _, err := range s.All(t.Context()) {
							if err != nil {
								t.Errorf("All: %v", err)
							}
						}
						if err := s.Delete(t.Context(), binding(k.InstanceID, "b"), nil); err != nil {
							t.Errorf("Delete: %v", err)
						}
					}
				})
			}
			wg.Wait()
		},
		"Update_PanickingChange_SavesNothingAndBlocksNone": func(t *testing.T, s *suite) {
			before := s.put(t, instance("i"), fill)
			var wg sync.WaitGroup
			for range 10 {
				wg.Go(func() {
					defer func() {
						if recover() == nil {
							t.Error("the panic of the change did not reach the caller")
						}
					}()
					_, _ = s.Update(t.Context(), instance("i"), func(r *store.Record) error {
						r.Region = "lost"
						panic("broken")
					})
				})
				wg.Go(func() {
					_, _ = s.Update(t.Context(), instance("i"), func(r *store.Record) error {
						r.Region = "lost"
						runtime.Goexit() // as t.FailNow does
						return nil
					})
				})
				wg.Go(func() {
					if _, err := s.Update(t.Context(), instance("j"), func(r *store.Record) error { r.Sequence++; return nil }); err != nil {
						t.Errorf("Update beside changes that broke off: %v", err)
					}
				})
			}
			wg.Wait()
			if d := diff(before, s.get(t, instance("i"))); d != "" {
				t.Errorf("record after changes that broke off (-before +after):\n%s", d)
			}
			if r := s.get(t, instance("j")); r.Sequence != 10 {
				t.Errorf("%d updates beside changes that broke off, want 10", r.Sequence)
			}
		},
	}
}
