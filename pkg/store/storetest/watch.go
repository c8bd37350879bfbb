package storetest

import (
	"context"
	"errors"
	"testing"

	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/store"
)

// watch holds the rules about watching unsettled records.
func watch() cases {
	return cases{
		"Watch_UnsettledRecords_AreReported": func(t *testing.T, s *suite) {
			s.put(t, instance("settled"), settle(true))
			s.put(t, instance("there"), settle(false))
			s.put(t, binding("settled", "b"), settle(false))
			w := s.watch(t)
			w.waitFor(t, instance("there"), binding("settled", "b"))
			for _, step := range []struct {
				name string
				do   func()
				want store.Key
			}{
				{"made", func() { s.put(t, instance("new"), settle(false)) }, instance("new")},
				{"saved", func() { s.put(t, instance("new"), settle(false)) }, instance("new")},
				{"settled", func() { s.put(t, instance("new"), settle(true)) }, instance("new")},
				{"unsettled", func() { s.put(t, instance("settled"), settle(false)) }, instance("settled")},
				{"binding deleted", func() { s.deleteRecord(t, binding("settled", "b")) }, binding("settled", "b")},
			} {
				t.Log(step.name)
				w.drain()
				step.do()
				w.waitFor(t, step.want)
			}
			w.end(t)
		},
		"Watch_Ended_ReportsNothing": func(t *testing.T, s *suite) {
			w := s.watch(t)
			w.end(t)
			w.drain()
			other := s.watch(t)
			s.put(t, instance("i"), settle(false))
			other.waitFor(t, instance("i"))
			if len(w.events) > 0 {
				t.Errorf("it reported %s after its end", <-w.events)
			}
			other.end(t)
		},
		"Close_RunningWatches_End": func(t *testing.T, s *suite) {
			w := s.watch(t)
			s.put(t, instance("i"), settle(false))
			w.waitFor(t, instance("i"))
			if err := s.Close(); err != nil {
				t.Fatalf("Close: %v", err)
			}
			if err := <-w.ended; !errors.Is(err, store.ErrClosed) {
				t.Errorf("Watch of a closed store = %v, want ErrClosed", err)
			}
			w.stop()
		},
	}
}

// A watcher listens to a store.
type watcher struct {
	events chan store.Key
	ended  chan error
	stop   func()
}

func (s *suite) watch(t *testing.T) *watcher {
	t.Helper()
	ctx, stop := context.WithCancel(t.Context())
	w := &watcher{events: make(chan store.Key, 10_000), ended: make(chan error, 1), stop: stop}
	st := s.Store
	go func() { w.ended <- st.Watch(ctx, func(k store.Key) { w.events <- k }) }()
	return w
}

// waitFor waits for an event of each key. Only the test's own time-out ends the
// wait.
func (w *watcher) waitFor(t *testing.T, want ...store.Key) {
	t.Helper()
	missing := map[store.Key]bool{}
	for _, k := range want {
		missing[k] = true
	}
	for len(missing) > 0 {
		select {
		case k := <-w.events:
			delete(missing, k)
		case err := <-w.ended:
			t.Fatalf("the watch ended with %v before it reported %v", err, missing)
		}
	}
}

// drain drops the events so far.
func (w *watcher) drain() {
	for {
		select {
		case <-w.events:
		default:
			return
		}
	}
}

// end ends the watch.
func (w *watcher) end(t *testing.T) {
	t.Helper()
	w.stop()
	if err := <-w.ended; err != nil {
		t.Errorf("Watch = %v after its context ended, want nil", err)
	}
}
