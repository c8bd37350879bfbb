// Package engine runs the operations that the records hold. An Engine takes each
// stored intent to its goal, one worker an instance: it observes, lets the
// provider decide, stores the step, makes one call and stores its result. A
// crash at any point leaves a record from which the engine continues.
package engine

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/golang/glog"
	"github.com/prometheus/client_golang/prometheus"

	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/lifecycle"
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/providers"
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/store"
)

// An Engine brings records to their goals while its process holds the store's
// lease. The stored records are the queue: a term begins with the unfinished
// records, and Wake and Listen add later changes.
type Engine struct {
	config   Config
	store    *lifecycle.CheckedStore
	watchers watchers
	metrics  *metrics

	mu   sync.Mutex
	term *Term // nil while another process runs the operations
}

// Config configures an engine. Zero durations take the defaults.
type Config struct {
	BrokerID  string
	Now       func() time.Time              // nil: the real clock
	Providers map[string]providers.Provider // by the name that records state
	Store     *lifecycle.CheckedStore
	Metrics   prometheus.Registerer // nil: none
	// Owner returns the cloud account or cluster that the resources of a task
	// belong to. It may call the cloud.
	Owner func(ctx context.Context, provider string, t providers.Task) (string, error)

	Workers     int           // 64; the passes of one tenant take half of them at most
	PollFirst   time.Duration // from a slow call to the first look at its effect; six times PollSlow
	PollSlow    time.Duration // between looks at slow operations; 10 s. After 60 of them three times as long
	PollQuick   time.Duration // between looks at quick operations; a tenth of PollSlow, at most 1 s
	Settle      time.Duration // time in which a lost call takes effect; 5 min
	CallTimeout time.Duration // of one mutating call; 30 s
	LookTimeout time.Duration // of one observation; 30 s
	// Grace is the time that a provider call may run on after its context has ended;
	// then its record is quarantined until the call returns; 10 s.
	Grace time.Duration
	// Tombstones is the time that records of deleted instances and bindings answer
	// polls; 8 days: platforms poll for 7.
	Tombstones time.Duration
}

func (c *Config) setDefaults() {
	if c.Now == nil {
		c.Now = time.Now
	}
	set := func(d *time.Duration, to time.Duration) {
		if *d <= 0 {
			*d = to
		}
	}
	set(&c.PollSlow, 10*time.Second)
	set(&c.PollFirst, firstPoll*c.PollSlow)
	set(&c.PollQuick, min(c.PollSlow/10, time.Second))
	set(&c.Settle, 5*time.Minute)
	set(&c.CallTimeout, 30*time.Second)
	set(&c.LookTimeout, 30*time.Second)
	set(&c.Grace, 10*time.Second)
	set(&c.Tombstones, 8*24*time.Hour)
	if c.Workers <= 0 {
		c.Workers = 64
	}
}

// New returns an engine; the caller runs it.
func New(c Config) *Engine {
	c.setDefaults()
	e := &Engine{config: c, store: c.Store, metrics: newMetrics(c.Metrics)}
	for name := range c.Providers {
		e.metrics.expect(name)
	}
	if c.Metrics != nil {
		c.Metrics.MustRegister(newWorkCollector(e))
	}
	return e
}

// Run runs the operations whenever this process holds the lease, until ctx ends.
// Running passes then end after their call, the lease is released, and unfinished
// operations continue in the next leader. While the store refuses the lease, Run
// tries again; requests are answered meanwhile.
func (e *Engine) Run(ctx context.Context) error {
	return retryUntilDone(ctx, "running the operations", func() error {
		return e.store.Lead(ctx, func(held context.Context, l store.Lease) error {
			return e.Begin(held, l).run(ctx)
		})
	})
}

// Listen watches the changes by other processes until ctx ends: new intents wake
// this engine, and ends of operations notify waiting requests.
func (e *Engine) Listen(ctx context.Context) error {
	return retryUntilDone(ctx, "listening to the store", func() error {
		return e.store.Watch(ctx, func(k store.Key) {
			e.watchers.notify(k)
			e.Wake(k, "")
		})
	})
}

// retryUntilDone repeats a task until ctx ends or the store is closed, which is an
// error. It logs other errors and tries again after a while.
func retryUntilDone(ctx context.Context, task string, do func() error) error {
	for failed := 0; ctx.Err() == nil; {
		err := do()
		switch {
		case err == nil:
			failed = 0
			continue
		case ctx.Err() != nil:
			return nil //nolint:nilerr // the end of ctx is the normal end
		case errors.Is(err, store.ErrClosed):
			return fmt.Errorf("%s: %w", task, err)
		}
		failed++
		glog.Errorf("task failed task=%q attempt=%d err=%q", task, failed, err)
		sleep(ctx, backoff(failed, time.Second, 15*time.Second))
	}
	return nil
}

// Begin starts a term under a lease. Run works it; callers that drive the engine
// pass by pass call its Reconcile.
func (e *Engine) Begin(held context.Context, l store.Lease) *Term {
	t := newTerm(held, e, l)
	e.mu.Lock()
	defer e.mu.Unlock()
	e.term = t
	return t
}

// end ends a term.
func (e *Engine) end(t *Term) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.term == t {
		e.term = nil
	}
}

// current returns the term, nil while another process has it.
func (e *Engine) current() *Term {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.term
}

// Wake queues the record of k for a look. tenant is its lifecycle.TenantOf, or ""
// where the caller has not read the record.
func (e *Engine) Wake(k store.Key, tenant string) {
	if t := e.current(); t != nil {
		t.wake(k, tenant)
	}
}
