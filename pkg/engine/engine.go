// Package engine runs the operations that the records hold. An Engine takes each
// stored intent to its goal, one worker an instance: it observes, lets the
// provider decide, stores the step, makes one call and stores its result. A
// crash at any point leaves a record from which the engine goes on.
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
// lease. The stored record is the queue: a term begins with all that is
// unfinished, and Wake and Listen tell of what has changed since.
type Engine struct {
	config   Config
	store    *lifecycle.CheckedStore
	watchers watchers
	metrics  *metrics

	mu   sync.Mutex
	term *Term // nil while another process runs the operations
}

// Config is what an engine is made with. Zero durations take the defaults.
type Config struct {
	BrokerID  string
	Now       func() time.Time              // nil: the real clock
	Providers map[string]providers.Provider // by the name that records state
	Store     *lifecycle.CheckedStore
	Metrics   prometheus.Registerer // nil: none
	// Account returns the cloud account that our credentials belong to. It may
	// ask the cloud.
	Account func(context.Context) (string, error)

	Workers     int           // 32
	PollSlow    time.Duration // between looks at what takes minutes; 10 s
	PollQuick   time.Duration // between looks at what takes seconds; a tenth of PollSlow, at most 1 s
	Settle      time.Duration // after which a lost call can have no more effect; 5 min
	CallTimeout time.Duration // of one mutating call; 30 s
	LookTimeout time.Duration // of one observation; 30 s
	// Grace is how long a provider may take to come back after its context has
	// ended; then its record is quarantined until it does; 10 s.
	Grace time.Duration
	// Tombstones is how long the records of what was deleted answer polls;
	// 8 days: platforms poll for 7.
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
	set(&c.PollQuick, min(c.PollSlow/10, time.Second))
	set(&c.Settle, 5*time.Minute)
	set(&c.CallTimeout, 30*time.Second)
	set(&c.LookTimeout, 30*time.Second)
	set(&c.Grace, 10*time.Second)
	set(&c.Tombstones, 8*24*time.Hour)
	if c.Workers <= 0 {
		c.Workers = 32
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

// Run runs the operations whenever this process holds the lease, until ctx
// ends; then it lets the turns that have begun come to the end of their call
// and gives the lease back. What is unfinished goes on in the process that has
// it next. A store that cannot let it in now is asked again and again: requests
// are answered meanwhile.
func (e *Engine) Run(ctx context.Context) error {
	return persist(ctx, "running the operations", func() error {
		return e.store.Lead(ctx, func(held context.Context, l store.Lease) error {
			return e.Begin(held, l).run(ctx)
		})
	})
}

// persist does something until ctx ends, or until the store is closed, which is
// an error. Other errors are logged, and it is done again after a while.
func persist(ctx context.Context, what string, do func() error) error {
	for failed := 0; ctx.Err() == nil; {
		err := do()
		switch {
		case err == nil:
			failed = 0
			continue
		case ctx.Err() != nil:
			return nil //nolint:nilerr // that is how it ends
		case errors.Is(err, store.ErrClosed):
			return fmt.Errorf("%s: %w", what, err)
		}
		failed++
		glog.Errorf("%s: %v", what, err)
		wait := time.NewTimer(backoff(failed, time.Second, 15*time.Second))
		select {
		case <-ctx.Done():
		case <-wait.C:
		}
		wait.Stop()
	}
	return nil
}

// Listen hears, until ctx ends, of what other processes change: requests that
// they accepted, which the engine here is to work on, and operations that they
// ended, for which requests wait here.
func (e *Engine) Listen(ctx context.Context) error {
	return persist(ctx, "listening to the store", func() error {
		return e.store.Watch(ctx, func(k store.Key) {
			e.watchers.tell(k)
			e.Wake(k, "")
		})
	})
}

// Begin starts a term under a lease; run works it off.
func (e *Engine) Begin(held context.Context, l store.Lease) *Term {
	t := newTerm(held, e, l)
	e.mu.Lock()
	defer e.mu.Unlock()
	e.term = t
	return t
}

// end of a term.
func (e *Engine) end(t *Term) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.term == t {
		e.term = nil
	}
}

// current returns the term now, nil while another process has it.
func (e *Engine) current() *Term {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.term
}

// Wake tells that there may be something to do for the record of k. The tenant
// is its lifecycle.TenantOf, or "" where the caller has not read it.
func (e *Engine) Wake(k store.Key, tenant string) {
	if t := e.current(); t != nil {
		t.wake(k, tenant)
	}
}

// logDeposed tells of writes that came too late.
func logDeposed(id string, epoch uint64) {
	glog.Warningf("instance %q: another process has run operations on it since epoch %d: left to it", id, epoch)
}
