package bolt

import (
	"encoding/json"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/store"
)

// benchStore holds n records of about the size that real ones have.
func benchStore(b *testing.B, path string, n int) *Store {
	b.Helper()
	s, err := Open(path, nil)
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { _ = s.Close() })
	box := store.Boxed([]byte(strings.Repeat("b", 400)), nil)
	at := time.Now()
	op := store.Operation{ID: "0123456789abcdef-1", Kind: store.Provision, State: store.Succeeded, Started: at, Finished: at, Description: "done"}
	var wg sync.WaitGroup
	var next atomic.Int64
	for range 100 {
		wg.Go(func() {
			for i := next.Add(1); i <= int64(n); i = next.Add(1) {
				_, err := s.Update(b.Context(), benchKey(int(i-1)), func(r *store.Record) error {
					r.Settled, r.Goal, r.Secrets, r.Created = true, store.Present, box, at
					r.Want = &store.Spec{PlanID: "plan", Plan: json.RawMessage(`{"storage":20}`), Parameters: box, Prepared: box}
					r.Have = r.Want
					r.Facts = map[string]string{"id": "rm-1", "host": "rm-1.mysql.rds.aliyuncs.com", "port": "3306"}
					r.Operation, r.Results = &op, []store.Operation{op}
					r.History = store.NewHistory(slices.Repeat([]store.Event{{Time: at, Op: store.Provision, Step: "create", Outcome: "done"}}, 10)...)
					return nil
				})
				if err != nil {
					b.Error(err)
					return
				}
			}
		})
	}
	wg.Wait()
	return s
}

func benchKey(i int) store.Key { return store.Key{InstanceID: fmt.Sprintf("instance-%06d", i)} }

const benchRecords = 1000

func BenchmarkGet(b *testing.B) {
	s := benchStore(b, filepath.Join(b.TempDir(), "broker.db"), benchRecords)
	for i := 0; b.Loop(); i++ {
		if _, err := s.Get(b.Context(), benchKey(i%benchRecords)); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkUpdate is one durable write after the other.
func BenchmarkUpdate(b *testing.B) {
	s := benchStore(b, filepath.Join(b.TempDir(), "broker.db"), benchRecords)
	for i := 0; b.Loop(); i++ {
		if _, err := s.Update(b.Context(), benchKey(i%benchRecords), func(r *store.Record) error { r.Sequence++; return nil }); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkUpdateMany has 100 concurrent writers, which share transactions.
func BenchmarkUpdateMany(b *testing.B) {
	s := benchStore(b, filepath.Join(b.TempDir(), "broker.db"), benchRecords)
	var next atomic.Int64
	b.SetParallelism(50)
	b.RunParallel(func(pb *testing.PB) {
		for pb.Next() {
			k := benchKey(int(next.Add(1)) % benchRecords)
			if _, err := s.Update(b.Context(), k, func(r *store.Record) error { r.Sequence++; return nil }); err != nil {
				b.Error(err)
				return
			}
		}
	})
}

// BenchmarkOpen is the start of a broker, the check of the whole file included.
func BenchmarkOpen(b *testing.B) {
	for _, n := range []int{benchRecords, 10_000} {
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			path := filepath.Join(b.TempDir(), "broker.db")
			if err := benchStore(b, path, n).Close(); err != nil {
				b.Fatal(err)
			}
			for b.Loop() {
				s, err := Open(path, nil)
				if err != nil {
					b.Fatal(err)
				}
				if err := s.Close(); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
