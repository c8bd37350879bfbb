package broker

import (
	"context"
	"fmt"
	"runtime/debug"
	"sync"
	"time"

	"github.com/golang/glog"
	"k8s.io/client-go/util/workqueue"

	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/providers"
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/store"
)

// An Engine brings records to their goals. The stored record is the queue:
// Run begins with all that is unfinished, Wake names an instance whose record
// has changed, and at most one worker at a time is busy with an instance and
// its bindings.
type Engine struct {
	store     store.Store
	providers map[string]providers.Provider
	config    EngineConfig
	epoch     uint64 // of this engine; calls of earlier ones may still be on their way
	queue     workqueue.TypedDelayingInterface[string]
	watchers  watchers
	metrics   *metrics

	mu     sync.Mutex
	faults map[string]int // panics and broken records in a row, by instance
}

// EngineConfig is what an engine is made with. Zero durations take the
// defaults.
type EngineConfig struct {
	BrokerID string
	// Account returns the cloud account that our credentials belong to. It may
	// ask the cloud.
	Account func(context.Context) (string, error)
	Now     func() time.Time // nil: the real clock

	Workers     int           // 16
	PollSlow    time.Duration // between looks at what takes minutes; 10 s
	PollQuick   time.Duration // between looks at what takes seconds; a tenth of PollSlow, at most 1 s
	Settle      time.Duration // after which a lost call can have no more effect; 5 min
	CallTimeout time.Duration // of one mutating call; 30 s
	LookTimeout time.Duration // of one observation; 30 s
}

func (c *EngineConfig) setDefaults() {
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
	if c.Workers <= 0 {
		c.Workers = 16
	}
}

// newEngine begins a new epoch of the store.
func newEngine(ctx context.Context, st store.Store, ps map[string]providers.Provider, c EngineConfig, m *metrics) (*Engine, error) {
	c.setDefaults()
	epoch, err := st.NextEpoch(ctx)
	if err != nil {
		return nil, fmt.Errorf("beginning an epoch of operations: %w", err)
	}
	return &Engine{
		store: st, providers: ps, config: c, epoch: epoch, metrics: m,
		queue:  workqueue.NewTypedDelayingQueue[string](),
		faults: map[string]int{},
	}, nil
}

// Run works until ctx ends; then it lets the turns that have begun come to the
// end of their call. What is unfinished goes on at the next start.
func (e *Engine) Run(ctx context.Context) error {
	defer e.queue.ShutDown()
	ids, err := e.store.Unfinished(context.WithoutCancel(ctx))
	if err != nil {
		return fmt.Errorf("reading the unfinished operations: %w", err)
	}
	for _, id := range ids {
		e.queue.Add(id)
	}
	glog.Infof("operations: epoch %d, %d instances unfinished", e.epoch, len(ids))

	work, stop := context.WithCancel(context.WithoutCancel(ctx))
	defer stop()
	var workers sync.WaitGroup
	for range e.config.Workers {
		workers.Go(func() { e.work(work) })
	}
	<-ctx.Done()
	e.queue.ShutDown()
	cut := time.AfterFunc(e.config.CallTimeout, stop)
	defer cut.Stop()
	workers.Wait()
	return nil
}

// Wake says that there is something to do for an instance.
func (e *Engine) Wake(instanceID string) { e.queue.Add(instanceID) }

func (e *Engine) work(ctx context.Context) {
	for {
		id, shutdown := e.queue.Get()
		if shutdown {
			return
		}
		next := e.guardedTurn(ctx, id)
		e.queue.Done(id)
		if !next.IsZero() {
			e.queue.AddAfter(id, next.Sub(e.config.Now()))
		}
	}
}

// guardedTurn is Turn that survives panics and broken records: they are tried
// again ever more slowly, and the others go on.
func (e *Engine) guardedTurn(ctx context.Context, id string) (next time.Time) {
	defer func() {
		if p := recover(); p != nil {
			glog.Errorf("instance %s: panic: %v\n%s", id, p, debug.Stack())
			next = e.faulty(id)
		}
	}()
	next, err := e.Turn(ctx, id)
	if err != nil {
		glog.Errorf("instance %s: %v", id, err)
		return e.faulty(id)
	}
	e.mu.Lock()
	delete(e.faults, id)
	e.mu.Unlock()
	return next
}

func (e *Engine) faulty(id string) time.Time {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.faults[id]++
	return e.config.Now().Add(backoff(e.faults[id], time.Second, 5*time.Minute))
}

// Turn makes one step for each unsettled record of an instance and returns
// when the next is due: the zero time if there is nothing more to do. An error
// means that the store failed or a record is broken.
func (e *Engine) Turn(ctx context.Context, instanceID string) (time.Time, error) {
	inst, bindings, err := e.load(ctx, instanceID)
	if err != nil {
		return time.Time{}, err
	}
	if inst.Goal == store.Absent && !inst.Settled {
		if err := e.cascade(ctx, bindings); err != nil {
			return time.Time{}, err
		}
		if inst, bindings, err = e.load(ctx, instanceID); err != nil {
			return time.Time{}, err
		}
	}
	var due earliest
	left := 0
	for i := range bindings {
		if bindings[i].Settled {
			continue
		}
		left++
		next, err := e.step(ctx, &bindings[i], &inst)
		if err != nil {
			return time.Time{}, err
		}
		due.add(next)
	}
	switch {
	case inst.Revision == 0, inst.Settled:
	case inst.Goal == store.Absent && left > 0: // its bindings first
		if due.IsZero() { // the last of them has just ended
			due.add(e.config.Now())
		}
	default:
		next, err := e.step(ctx, &inst, nil)
		if err != nil {
			return time.Time{}, err
		}
		due.add(next)
	}
	return due.Time, nil
}

func (e *Engine) load(ctx context.Context, instanceID string) (store.Record, []store.Record, error) {
	inst, err := get(ctx, e.store, store.Key{InstanceID: instanceID})
	if err != nil {
		return store.Record{}, nil, err
	}
	bindings, err := e.store.Bindings(ctx, instanceID)
	if err != nil {
		return store.Record{}, nil, fmt.Errorf("instance %s: bindings: %w", instanceID, err)
	}
	return inst, bindings, nil
}

// cascade takes the bindings of an instance that is being deleted with it.
func (e *Engine) cascade(ctx context.Context, bindings []store.Record) error {
	for i := range bindings {
		if bindings[i].Goal == store.Absent {
			continue
		}
		_, err := e.store.Update(ctx, bindings[i].Key, func(r *store.Record) error {
			if exists(r) && r.Goal == store.Present {
				begin(r, store.Unbind, e.config.Now(), 0)
			}
			return nil
		})
		if err != nil {
			return fmt.Errorf("%s: %w", bindings[i].Key, err)
		}
	}
	return nil
}

// earliest is the earliest of the times added; zero times do not count.
type earliest struct{ time.Time }

func (t *earliest) add(other time.Time) {
	if !other.IsZero() && (t.IsZero() || other.Before(t.Time)) {
		t.Time = other
	}
}
