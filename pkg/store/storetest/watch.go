package storetest

import (
	"context"
	"errors"
	"testing"

	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/store"
)

// watch are the rules about hearing of what is not settled.
func watch() cases {
	return cases{
		"WatchTellsWhatIsThereAndWhatChanges": func(t *testing.T, s *suite) {
			s.put(t, instance("settled"), settle(true))
			s.put(t, instance("there"), settle(false))
			s.put(t, binding("settled", "b"), settle(false))
			w := s.watch(t)
			w.hears(t, instance("there"), binding("settled", "b"))
			for _, step := range []struct {
				name string
				do   func()
				want store.Key
			}{
				{"made", func() { s.put(t, instance("new"), settle(false)) }, instance("new")},
				{"saved", func() { s.put(t, instance("new"), settle(false)) }, instance("new")},
				{"settled", func() { s.put(t, instance("new"), settle(true)) }, instance("new")},
				{"unsettled", func() { s.put(t, instance("settled"), settle(false)) }, instance("settled")},
				{"binding deleted", func() { s.forget(t, binding("settled", "b")) }, binding("settled", "b")},
			} {
				t.Log(step.name)
				w.silence()
				step.do()
				w.hears(t, step.want)
			}
			w.end(t)
		},
		"EndedWatchHearsNothing": func(t *testing.T, s *suite) {
			w := s.watch(t)
			w.end(t)
			w.silence()
			other := s.watch(t)
			s.put(t, instance("i"), settle(false))
			other.hears(t, instance("i"))
			if len(w.heard) > 0 {
				t.Errorf("it heard of %s after its end", <-w.heard)
			}
			other.end(t)
		},
		"CloseEndsWatches": func(t *testing.T, s *suite) {
			w := s.watch(t)
			s.put(t, instance("i"), settle(false))
			w.hears(t, instance("i"))
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
	heard chan store.Key
	ended chan error
	stop  func()
}

func (s *suite) watch(t *testing.T) *watcher {
	t.Helper()
	ctx, stop := context.WithCancel(t.Context())
	w := &watcher{heard: make(chan store.Key, 10_000), ended: make(chan error, 1), stop: stop}
	st := s.Store
	go func() { w.ended <- st.Watch(ctx, func(k store.Key) { w.heard <- k }) }()
	return w
}

// hears waits until it has heard of all of these. Only the test's own time-out
// ends the wait.
func (w *watcher) hears(t *testing.T, want ...store.Key) {
	t.Helper()
	missing := map[store.Key]bool{}
	for _, k := range want {
		missing[k] = true
	}
	for len(missing) > 0 {
		select {
		case k := <-w.heard:
			delete(missing, k)
		case err := <-w.ended:
			t.Fatalf("the watch ended with %v before it told of %v", err, missing)
		}
	}
}

// silence forgets what was heard so far.
func (w *watcher) silence() {
	for {
		select {
		case <-w.heard:
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
