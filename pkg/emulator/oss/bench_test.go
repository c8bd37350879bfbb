package oss

import (
	"fmt"
	"net/http"
	"net/url"
	"runtime"
	"testing"
)

// fill puts n empty objects into a bucket, as PutObject does behind its
// signature, and returns the heap bytes per object.
func fill(tb testing.TB, s *Service, n int) (b *bucket, bytesEach float64) {
	tb.Helper()
	before := heap()
	b = newBucket("big", "1", "cn-hangzhou", s.cfg.Clock.Now())
	s.buckets[b.name] = b
	for i := range n {
		// The text of a request, which must be collectable although parts of it
		// are stored.
		h := http.Header{"Content-Type": {fmt.Sprint("application/", "octet-stream")}, "X-Oss-Storage-Class": {fmt.Sprint("Stand", "ard")}}
		b.add(fmt.Sprintf("folder-%d/object-%012d", i%1000, i), s.newVersion(b, h, nil))
	}
	bytesEach = float64(heap()-before) / float64(n)
	return b, bytesEach
}

func heap() uint64 {
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.HeapAlloc
}

// TestIndex_MillionObjects_FitInto700MB measures a hundredth of them.
func TestIndex_MillionObjects_FitInto700MB(t *testing.T) {
	s := New(Config{})
	_, each := fill(t, s, 10_000)
	t.Logf("%.0f bytes an object", each)
	if each > 700 {
		t.Errorf("an object's metadata take %.0f bytes, want at most 700", each)
	}
	runtime.KeepAlive(s)
}

// BenchmarkMillionObjects reports the memory of an object's metadata, and the
// time for a page of a list among a million.
func BenchmarkMillionObjects(b *testing.B) {
	s := New(Config{})
	big, each := fill(b, s, 1_000_000)
	for name, query := range map[string]string{
		"a page by marker":   "marker=folder-500/object-000000500500&max-keys=1000",
		"a page by prefix":   "prefix=folder-77/&max-keys=1000",
		"a page of folders":  "delimiter=/&max-keys=1000",
		"a page of V2":       "list-type=2&start-after=folder-9&max-keys=1000",
		"a page of versions": "versions&key-marker=folder-5&max-keys=1000",
	} {
		b.Run(name, func(b *testing.B) {
			values, err := url.ParseQuery(query)
			if err != nil {
				b.Fatal(err)
			}
			run := s.listObjects
			switch {
			case values.Has("list-type"):
				run = s.listObjectsV2
			case values.Has("versions"):
				run = s.listObjectVersions
			}
			for b.Loop() {
				if _, refused := run(&request{bucket: big, query: values}); refused != nil {
					b.Fatal(refused)
				}
			}
			b.ReportMetric(each, "B/object")
		})
	}
}

// BenchmarkLifecycle_MillionObjects reports the time of a day's run of rules, of
// which the first call of a day waits, and of the calls after it.
func BenchmarkLifecycle_MillionObjects(b *testing.B) {
	s := New(Config{})
	big, _ := fill(b, s, 1_000_000)
	days := 30
	big.lifecycle = &lifecycleConfiguration{Rules: []lifecycleRule{{Status: versioningEnabled, Expiration: &lifecycleAction{Days: &days}}}}
	now := s.cfg.Clock.Now()
	b.Run("first call of a day", func(b *testing.B) {
		for b.Loop() {
			big.lifecycleRun = midnight(now).AddDate(0, 0, -1)
			big.runLifecycle(now)
		}
	})
	b.Run("other calls", func(b *testing.B) {
		for b.Loop() {
			big.runLifecycle(now)
		}
	})
}
