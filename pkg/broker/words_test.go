package broker_test

import (
	"errors"
	"fmt"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/alicloud"
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/broker"
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/osb"
)

// Platforms take another description for news: through all tries of one error a
// poll says the same words, whatever the cloud's own text.
func TestTheSameStateIsToldInTheSameWords(t *testing.T) {
	t.Parallel()
	for name, kind := range map[string]error{
		"throttled": alicloud.ErrThrottled, "unknown": alicloud.ErrOutcomeUnknown, "wrong state": alicloud.ErrWrongState,
		"denied": alicloud.ErrDenied, "quota": alicloud.ErrQuota, "arrears": alicloud.ErrArrears, "other": errors.New("something new"),
	} {
		steps := []string{"create"}
		if name == "denied" || name == "throttled" {
			steps = []string{"observe", "create", "finish"}
		}
		for _, step := range steps {
			t.Run(name+"/"+step, func(t *testing.T) {
				t.Parallel()
				inBubble(t, func(w *world) {
					var errs []error
					for n := range 8 {
						errs = append(errs, fmt.Errorf("request %d at %s: %w", n, time.Now(), kind))
					}
					w.cloud.failNext(step, errs...)
					operation := w.operation(w.provision("i", body("slow", "")))
					var said []string
					for tries := 0; tries < len(errs); w.pass(time.Second) {
						synctest.Wait() // what was met is stored
						w.cloud.set(func(f *fakeCloud) { tries = len(errs) - len(f.fail[step]) })
						op := w.state(w.poll("i", "", operation))
						if op.State != osb.InProgress {
							t.Fatalf("after %d errors it is %s: %s", tries, op.State, op.Description)
						}
						if tries > 0 && !slices.Contains(said, op.Description) {
							said = append(said, op.Description)
						}
					}
					if len(said) != 1 {
						t.Errorf("while %d tries met the same error it said %q", len(errs), said)
					}
				})
			})
		}
	}
}

// The delays between tries grow up to their bound, and differ, so that those
// that failed together do not come again together.
func TestBackOffGrowsUpToItsBoundAndVaries(t *testing.T) {
	t.Parallel()
	const first, most = time.Second, time.Minute
	var longest time.Duration // of two tries ago
	var before time.Duration
	for n := 1; n <= 80; n++ {
		least, greatest := most, time.Duration(0)
		for range 100 {
			d := broker.Backoff(n, first, most)
			least, greatest = min(least, d), max(greatest, d)
		}
		switch {
		case least <= 0 || greatest > most:
			t.Errorf("delays after %d failures are from %s to %s, want at most %s", n, least, greatest, most)
		case least == greatest:
			t.Errorf("all delays after %d failures are %s", n, least)
		case greatest > most/2 && least < most/3:
			t.Errorf("delays after %d failures are from %s to %s: they vary by more than they should", n, least, greatest)
		case n > 2 && longest < most/4 && least <= longest:
			t.Errorf("delays after %d failures begin at %s, after two less they end at %s", n, least, longest)
		case n > 10 && least < most/2:
			t.Errorf("after %d failures the delay is %s", n, least)
		case n == 1 && greatest > first:
			t.Errorf("the first delay is %s", greatest)
		}
		longest, before = before, greatest
	}
}
