package platforms_test

import (
	"errors"
	"flag"
	"fmt"
	"os"
	"sync"
	"testing"
	"time"
)

var (
	walks = flag.Int("walks", 15, "random walks on each platform")                                          //nolint:gochecknoglobals // flags of a test
	first = flag.Uint64("first", 1, "seed of the first walk; each has one more")                            //nolint:gochecknoglobals // flags of a test
	lag   = flag.Duration("lag", 20*time.Millisecond, "how long new databases stay invisible in the cloud") //nolint:gochecknoglobals // flags of a test
	steps = flag.Int("steps", 15, "what users and chaos do in each walk, before its end")                   //nolint:gochecknoglobals // flags of a test
)

// TestMain keeps the brokers' logs in this test's folder: their lines about
// crashes would bury the output of the tests.
func TestMain(m *testing.M) {
	dir, err := os.MkdirTemp("", "osb-platforms-")
	if err == nil {
		err = errors.Join(flag.Set("log_dir", dir), flag.Set("stderrthreshold", "FATAL"))
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	code := m.Run()
	_ = os.RemoveAll(dir)
	os.Exit(code)
}

// walkOn walks on a platform, from each seed, and checks that together the
// walks have come along everywhere.
func walkOn(t *testing.T, on func(w *scenario) platform) {
	t.Helper()
	var mu sync.Mutex
	tally := map[string]int{}
	t.Cleanup(func() {
		t.Logf("%d walks: %v", *walks, tally)
		for _, place := range []string{"provision", "bind", "unbind", "deprovision", "poll of provision", "poll of deprovision", "crash", "death at a write"} {
			if *walks >= 10 && !t.Failed() && tally[place] == 0 {
				t.Errorf("no walk came along %q", place)
			}
		}
	})
	for i := range *walks {
		seed := *first + uint64(i)
		t.Run(fmt.Sprint(seed), func(t *testing.T) {
			t.Parallel()
			w := newScenario(t, seed)
			w.platform = on(w)
			w.walk(*steps)
			mu.Lock()
			defer mu.Unlock()
			w.mu.Lock()
			defer w.mu.Unlock()
			for place, n := range w.tally {
				tally[place] += n
			}
		})
	}
}

// Half of the walks have the feature gate AsyncBindingOperations.
func TestServiceCatalog_RandomWalks_LeaveNothingBehind(t *testing.T) {
	t.Parallel()
	walkOn(t, func(w *scenario) platform { return serviceCatalog{w, w.chance(50)} })
}

func TestKorifi_RandomWalks_LeaveNothingBehind(t *testing.T) {
	t.Parallel()
	walkOn(t, func(w *scenario) platform { return korifi{w} })
}

func TestCloudController_RandomWalks_LeaveNothingBehind(t *testing.T) {
	t.Parallel()
	walkOn(t, func(w *scenario) platform { return cloudController{w} })
}
