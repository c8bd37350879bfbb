package kubernetes_test

import (
	"context"
	"encoding/json"
	"fmt"
	"runtime"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/store"
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/store/kubernetes"
)

// The figures of a store with 10,000 records, on the real API server.
const (
	benchRecords    = 10_000
	benchUnfinished = 1_000
)

func benchKey(i int) store.Key {
	return store.Key{InstanceID: fmt.Sprintf("6f1c3b6e-0000-4000-8000-%012d", i)}
}

// fill creates records of realistic size.
func fill(b *testing.B, s store.Store, from, to int, settled bool) {
	b.Helper()
	box := store.Boxed([]byte(strings.Repeat("b", 400)), nil)
	at := time.Now()
	op := store.Operation{ID: "0123456789abcdef-1", Kind: store.Provision, State: store.Succeeded, Started: at, Finished: at, Description: "done"}
	next := atomic.Int64{}
	next.Store(int64(from))
	var wg sync.WaitGroup
	for range 50 {
		wg.Go(func() {
			for i := next.Add(1) - 1; i < int64(to); i = next.Add(1) - 1 {
				_, err := s.Update(b.Context(), benchKey(int(i)), func(r *store.Record) error {
					r.Settled, r.Goal, r.Secrets, r.Created = settled, store.Present, box, at
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
}

// BenchmarkRecords has the figures of a store with 10,000 settled records.
func BenchmarkRecords(b *testing.B) {
	o := options(b, cluster.Server(b).Namespace(b))
	s := open(b, o)
	fill(b, s, 0, benchRecords, true)
	ordinary := o
	ordinary.QPS, ordinary.Burst = 0, 0
	b.Run("Get-200-per-second", func(b *testing.B) { getAtPace(b, open(b, ordinary), 200) })
	b.Run("Update", func(b *testing.B) {
		for i := 0; b.Loop(); i++ {
			if _, err := s.Update(b.Context(), benchKey(i%benchRecords), func(r *store.Record) error { r.Sequence++; return nil }); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("All", func(b *testing.B) {
		before, most := inUse(), uint64(0)
		for b.Loop() {
			n := 0
			for _, err := range s.All(b.Context()) {
				if err != nil {
					b.Fatal(err)
				}
				if n++; n%1000 == 50 {
					most = max(most, inUse())
				}
			}
			if n != benchRecords {
				b.Fatalf("%d records of %d", n, benchRecords)
			}
		}
		b.ReportMetric(float64(most-min(most, before))/(1<<20), "MB-in-use")
	})
	b.Run("Watch-all-settled", func(b *testing.B) { watchMemory(b, o, 0) })
	fill(b, s, benchRecords, benchRecords+benchUnfinished, false)
	b.Run("Watch-1000-unfinished", func(b *testing.B) { watchMemory(b, o, benchUnfinished) })
	b.Run("Unfinished-1000", func(b *testing.B) {
		for b.Loop() {
			if keys, err := s.Unfinished(b.Context()); err != nil || len(keys) != benchUnfinished {
				b.Fatalf("%d keys, %v", len(keys), err)
			}
		}
	})
}

// getAtPace reads at a fixed rate, even if the store falls behind.
func getAtPace(b *testing.B, s store.Store, perSecond int) {
	b.Helper()
	took := make([]time.Duration, b.N)
	begin := time.Now()
	var wg sync.WaitGroup
	for i := range b.N {
		due := begin.Add(time.Duration(i) * time.Second / time.Duration(perSecond))
		<-time.After(time.Until(due))
		wg.Go(func() {
			start := time.Now()
			if _, err := s.Get(b.Context(), benchKey(i*7919%benchRecords)); err != nil {
				b.Error(err)
			}
			took[i] = time.Since(start)
		})
	}
	wg.Wait()
	reportQuantiles(b, took)
}

func reportQuantiles(b *testing.B, took []time.Duration) {
	b.Helper()
	slices.Sort(took)
	quantile := func(q float64) float64 { return took[int(q*float64(len(took)-1))].Seconds() * 1000 }
	b.ReportMetric(quantile(0.5), "p50-ms")
	b.ReportMetric(quantile(0.99), "p99-ms")
	b.ReportMetric(quantile(1), "max-ms")
	b.ReportMetric(0, "ns/op")
}

// watchMemory returns the heap that a store and its watch of so many records
// use.
func watchMemory(b *testing.B, o kubernetes.Options, unfinished int) {
	b.Helper()
	for b.Loop() {
		before := inUse()
		s := open(b, o)
		ctx, end := context.WithCancel(b.Context())
		heard := make(chan store.Key, benchUnfinished+1)
		ended := make(chan error, 1)
		go func() { ended <- s.Watch(ctx, func(k store.Key) { heard <- k }) }()
		for range unfinished {
			<-heard
		}
		k := store.Key{InstanceID: "last"}
		if unfinished == 0 { // the watch reports one once it runs
			update(b, s, k, unsettled)
			<-heard
		}
		b.ReportMetric(float64(inUse()-before)/(1<<20), "MB-in-use")
		end()
		if err := <-ended; err != nil {
			b.Fatal(err)
		}
		if err := s.Delete(b.Context(), k, nil); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(0, "ns/op")
}

func update(b *testing.B, s store.Store, k store.Key, change func(*store.Record)) {
	b.Helper()
	if _, err := s.Update(b.Context(), k, func(r *store.Record) error { change(r); return nil }); err != nil {
		b.Fatal(err)
	}
}

// inUse returns the bytes of the heap in use.
func inUse() uint64 {
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.HeapAlloc
}

// BenchmarkLease measures a hand-over: after the holder has ended, and after it
// was cut off (with the default lease).
func BenchmarkLease(b *testing.B) {
	server := cluster.Server(b)
	b.Run("HandOver", func(b *testing.B) {
		o := options(b, server.Namespace(b))
		passLease(b, func() (store.Store, func()) { return open(b, o), nil })
	})
	b.Run("TakeOver", func(b *testing.B) {
		o := options(b, server.Namespace(b))
		o.Warn = nil
		passLease(b, func() (store.Store, func()) {
			proxy := server.Proxy(b)
			own := o
			own.Config = proxy.Config()
			return open(b, own), proxy.Cut
		})
	})
}

// passLease lets one replica after the other lead, and measures from the end of
// each, orderly or by cut.
func passLease(b *testing.B, next func() (s store.Store, cut func())) {
	b.Helper()
	type turn struct {
		at  chan time.Time
		let chan struct{}
		cut func()
	}
	begin := func() *turn {
		s, cut := next()
		t := &turn{at: make(chan time.Time, 1), let: make(chan struct{}), cut: cut}
		go func() {
			_ = s.Lead(b.Context(), func(context.Context, store.Lease) error {
				t.at <- time.Now()
				<-t.let
				return nil
			})
		}()
		return t
	}
	now := begin()
	<-now.at
	var took []time.Duration
	for b.Loop() {
		other := begin()
		<-time.After(50 * time.Millisecond) // it waits for the lease
		from := time.Now()
		if now.cut != nil {
			now.cut()
		} else {
			close(now.let)
		}
		took = append(took, (<-other.at).Sub(from))
		if now.cut != nil {
			close(now.let)
		}
		now = other
	}
	close(now.let)
	reportQuantiles(b, took)
}
