package operations_test

import (
	"context"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/providers"
)

// A watch is a provider whose creations are slow calls and whose finish is a quick
// wait, and that notes its looks.
type watch struct {
	*fakeCloud

	mu     sync.Mutex
	begin  time.Time
	looks  []time.Duration // since the first one
	epochs []uint64
	quick  bool // waits are quick ones
}

func (w *watch) Observe(ctx context.Context, t providers.Task) (providers.Seen, error) {
	w.mu.Lock()
	if w.begin.IsZero() {
		w.begin = time.Now()
	}
	w.looks = append(w.looks, time.Since(w.begin).Round(time.Second))
	w.epochs = append(w.epochs, providers.EpochOf(ctx))
	w.mu.Unlock()
	return w.fakeCloud.Observe(ctx, t)
}

func (w *watch) Next(t providers.Task, seen providers.Seen) providers.Step {
	step := w.fakeCloud.Next(t, seen)
	switch {
	case step.Name == "create" && !w.quick:
		step.Pace = providers.Slow
	case step.Action == providers.Wait && w.quick:
		step.Pace = providers.Quick
	}
	return step
}

// provision makes a slow instance under the provider, whose work takes n looks, and
// returns the times of all looks since the first.
func (w *watch) provision(h *harness, n int) []time.Duration {
	h.t.Helper()
	h.provider = w
	h.restart()
	accepted := h.provision("i", body("slow", ""))
	h.pass(time.Second)
	w.fakeCloud.mu.Lock()
	for _, made := range w.things {
		made.looks = n
	}
	w.fakeCloud.mu.Unlock()
	h.finally("i", "", accepted)
	w.mu.Lock()
	defer w.mu.Unlock()
	return slices.Clone(w.looks)
}

// The first look after a slow call comes after 60 s, the next ones every 10 s, and,
// once the operation is 10 minutes old, every 30 s. All are of one term.
func TestLooks_SlowCall_ComeAtTheirTimes(t *testing.T) {
	inBubble(t, func(h *harness) {
		w := &watch{fakeCloud: h.cloud}
		looks := w.provision(h, 60)
		const s = time.Second
		if len(looks) < 60 || looks[0] != 0 || looks[1] != 60*s {
			t.Fatalf("looks at %v, want the first one after the call at 60 s", looks)
		}
		for i := 2; i < len(looks); i++ {
			gap, want := looks[i]-looks[i-1], 10*s
			if looks[i-1] > 600*s {
				want = 30 * s
			}
			if gap != want && gap != 0 { // at the end the calls follow at once
				t.Errorf("look %d comes %s after the one at %s, want %s", i, gap, looks[i-1], want)
			}
		}
		if epochs := slices.Compact(w.epochs); len(epochs) != 1 || epochs[0] == 0 {
			t.Errorf("looks of the epochs %v, want one term's", epochs)
		}
	})
}

// Looks at quick work become rarer, up to the interval of slow work.
func TestLooks_QuickWork_BecomeRarer(t *testing.T) {
	inBubble(t, func(h *harness) {
		w := &watch{fakeCloud: h.cloud, quick: true}
		looks := w.provision(h, 12)
		var gaps []time.Duration
		for i := 1; i < len(looks); i++ {
			if gap := looks[i] - looks[i-1]; gap > 0 {
				gaps = append(gaps, gap)
			}
		}
		if len(gaps) < 10 || gaps[0] != time.Second || gaps[len(gaps)-1] != 10*time.Second || !slices.IsSorted(gaps) {
			t.Errorf("gaps between looks: %v, want from 1 s to 10 s", gaps)
		}
	})
}
