// Package platforms_test drives the broker as real platforms do: Service
// Catalog v0.3, Korifi and Cloud Controller. Each is a small machine that
// sends, re-sends, polls and cleans up by the platform's rules, and notes every
// answer that breaks the contract. Random walks of users, crashes and cloud
// faults drive them. In the end every operation is finished, and every resource
// in the cloud is known to the platform.
package platforms_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/broker"
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/emulator/emulatortest"
	emulatedrds "github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/emulator/rds"
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/engine"
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/providers/oss"
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/providers/rds"
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/test/stack"
)

// enough is for whatever must happen in the end.
const enough = 2 * time.Minute

// A scenario is one walk: a broker with its cloud, a platform on it, and their
// random choices.
type scenario struct {
	*stack.Stack

	t        *testing.T
	ctx      context.Context //nolint:containedctx // the walk's, which its goroutines share
	platform platform
	start    time.Time
	running  sync.WaitGroup

	mu        sync.Mutex // of everything below, and of all instances and bindings
	rng       *rand.Rand
	instances []*instance
	broken    []string // the answers that broke the contract
	trace     []string // of all that was sent and answered
	trouble   int      // the broker is down, or its store fails, for so many reasons
	troubles  int      // how often that began
	hasty     bool     // the broker soon gives up synchronous requests
	refusals  bool     // the cloud has refused instances for good
	calm      bool     // the walk is over, and so is the chaos
	passwords map[string]string
	tally     map[string]int // of answers by request and status, and of chaos
}

// A platform reconciles one object: it sends at most a few requests and says
// when it wants to be asked again, forget for when something has happened.
type platform interface {
	instance(in *instance) time.Duration
	binding(b *binding) time.Duration
	updates() bool
}

// Results of reconciling in place of a delay.
const (
	forget   time.Duration = -1 // until something happens
	finished time.Duration = -2 // for ever
)

// speed is how much faster than ours the broker's time passes: a minute takes
// 0.3 seconds.
const speed = 200

// newScenario starts a broker with short intervals. In half of the walks it
// waits for no operation, so that all work that can be asynchronous is; in a
// quarter it soon gives up synchronous work.
func newScenario(t *testing.T, seed uint64) *scenario {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	w := &scenario{t: t, ctx: ctx, start: time.Now(), rng: rand.New(rand.NewPCG(seed, 1)), passwords: map[string]string{}, tally: map[string]int{}}
	patience := 300 * time.Millisecond
	if w.chance(50) {
		patience = time.Nanosecond
	}
	limit := enough
	if w.hasty = w.chance(25); w.hasty {
		limit = 20 * time.Millisecond
	}
	profile := emulatedrds.Instant()
	if w.chance(70) {
		profile = emulatedrds.Profile{
			Create: 40 * time.Millisecond, Change: 30 * time.Millisecond, Delete: 20 * time.Millisecond,
			Account: 8 * time.Millisecond, Database: 8 * time.Millisecond,
		}
	}
	w.Stack = stack.New(t, stack.WithSpeed(speed), stack.WithCatalog(unhurried(rds.Plans), unhurried(oss.Plans)), stack.WithCloud(emulatortest.WithProfile(profile)),
		stack.WithBroker(func(c *broker.Config) { c.AsyncWait, c.SyncWait = patience, limit }),
		stack.WithEngine(func(c *engine.Config) {
			c.PollSlow, c.PollQuick = 3*time.Second, time.Second // 15 ms and 5 ms of ours
			c.CallTimeout, c.Settle = 90*time.Second, time.Minute
		}))
	w.Cloud().RDS().Behave(func(b *emulatedrds.Behaviour) { b.Lag = *lag })
	t.Cleanup(func() {
		cancel()
		w.running.Wait()
		w.report(seed)
	})
	return w
}

// unhurried gives plans enough time for a slow machine.
func unhurried(plans []byte) []byte {
	return regexp.MustCompile(`deadline: [0-9a-z]+`).ReplaceAll(plans, []byte("deadline: 100h"))
}

// report fails the test with the answers that broke the contract.
func (w *scenario) report(seed uint64) {
	if len(w.broken) == 0 && !w.t.Failed() {
		return
	}
	w.t.Errorf("seed %d: %d answers broke the contract:\n%s\nthe walk:\n%s", seed, len(w.broken),
		strings.Join(w.broken, "\n"), strings.Join(w.trace[max(0, len(w.trace)-400):], "\n"))
}

// violationf notes that the contract was broken.
func (w *scenario) violationf(format string, args ...any) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.violatef(format, args...)
}

// violatef is violationf for callers that hold mu.
func (w *scenario) violatef(format string, args ...any) {
	text := fmt.Sprintf(format, args...)
	w.broken = append(w.broken, text)
	w.notef("BROKEN: %s", text)
}

// notef adds to the trace, under mu.
func (w *scenario) notef(format string, args ...any) {
	w.trace = append(w.trace, fmt.Sprintf("%6d ms  ", time.Since(w.start).Milliseconds())+fmt.Sprintf(format, args...))
}

// chance is true in so many of a hundred cases.
func (w *scenario) chance(percent int) bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.rng.IntN(100) < percent
}

// pick returns a number below n.
func (w *scenario) pick(n int) int {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.rng.IntN(n)
}

// pass lets time pass, or less if the walk ends.
func (w *scenario) pass(d time.Duration) {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-w.ctx.Done():
	}
}

// until waits for a condition and returns its last value.
func (w *scenario) until(condition func() bool) bool {
	for end := time.Now().Add(enough); time.Now().Before(end); w.pass(2 * time.Millisecond) {
		if condition() {
			return true
		}
	}
	return condition()
}

// An object is an instance or a binding of the platform, with the goroutine
// that reconciles it.
type object struct {
	w     *scenario
	wakes chan struct{}
	idle  bool // idle until the next event, under mu
	woken bool // under mu
	done  bool // reconciled for the last time, under mu
}

func newObject(w *scenario) *object { return &object{w: w, wakes: make(chan struct{}, 1)} }

// run reconciles until finished.
func (o *object) run(reconcile func() time.Duration) {
	o.w.running.Go(func() {
		for o.w.ctx.Err() == nil {
			o.w.mu.Lock()
			o.woken = false
			o.w.mu.Unlock()
			delay := reconcile()
			o.w.mu.Lock()
			again := o.woken && delay != finished
			o.idle, o.done = !again && delay < 0, delay == finished
			o.w.mu.Unlock()
			if delay == finished {
				return
			}
			if !again {
				o.wait(delay)
			}
		}
	})
}

func (o *object) wait(delay time.Duration) {
	if delay < 0 {
		delay = 10 * enough
	}
	timer := time.NewTimer(delay)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-o.wakes:
	case <-o.w.ctx.Done():
	}
}

// wake says that something has happened, under mu.
func (o *object) wake() {
	if o.done {
		return
	}
	o.woken, o.idle = true, false
	select {
	case o.wakes <- struct{}{}:
	default:
	}
}
