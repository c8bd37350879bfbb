package engine

import (
	"context"
	"errors"
	"sync"
	"time"

	"github.com/golang/glog"
	"k8s.io/client-go/util/workqueue"

	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/store"
)

// A Term is the time during which this process holds the lease and runs the
// operations. At most one worker at a time is busy with an instance and its
// bindings.
type Term struct {
	engine *Engine
	lease  store.Lease
	held   context.Context    //nolint:containedctx // ends with the lease, and every write with it
	accept context.Context    //nolint:containedctx // ends when new work stops to begin, with held at the latest
	drain  context.CancelFunc // ends accept
	queue  workqueue.TypedDelayingInterface[string]
	fair   *fairQueue
	shares *tenantShares
	pool   workerPool
	memory *memory
	// expiries are the bindings whose logins this term has to end.
	expiries *expiries
}

func newTerm(held context.Context, e *Engine, l store.Lease) *Term {
	fair := newFairQueue()
	t := &Term{
		engine: e, lease: l, held: held, fair: fair, shares: newTenantShares(e.config.Workers),
		queue: workqueue.NewTypedDelayingQueueWithConfig(workqueue.TypedDelayingQueueConfig[string]{
			Queue: workqueue.NewTypedWithConfig(workqueue.TypedQueueConfig[string]{Queue: fair}),
		}),
		memory:   newMemory(e.config.Now, e.metrics.quarantined),
		expiries: newExpiries(),
	}
	t.accept, t.drain = context.WithCancel(held)
	return t
}

func (t *Term) config() *Config { return &t.engine.config }

// run works until ctx ends or the lease is lost.
func (t *Term) run(ctx context.Context) error {
	defer t.engine.end(t)
	metrics := t.engine.metrics
	metrics.leader.Set(1)
	defer metrics.leader.Set(0)
	defer metrics.quarantined.Set(0)

	// A running call may end after ctx, and ends with the lease at the latest.
	work, cancel := context.WithCancel(t.held)
	defer cancel()
	defer t.drain()
	defer context.AfterFunc(ctx, t.drain)()

	glog.Infof("term begins epoch=%d", t.lease.Epoch)
	var workers sync.WaitGroup
	workers.Go(func() { t.resume(t.accept) })
	workers.Go(func() { t.housekeeping(t.accept) })
	workers.Go(func() { t.expireBindings(t.accept) })
	t.pool.grow(t.config().Workers, func() { workers.Go(func() { t.work(work) }) })
	<-t.accept.Done()
	t.queue.ShutDown()
	late := time.AfterFunc(t.config().CallTimeout, cancel)
	defer late.Stop()
	workers.Wait()
	glog.Infof("term ends epoch=%d", t.lease.Epoch)
	return nil
}

// Stop ends a term that was never run, for callers that drive it pass by pass.
func (t *Term) Stop() {
	t.queue.ShutDown()
	t.engine.end(t)
}

// isEnding reports that the process ends or the lease is lost: new work must wait
// for another term.
func (t *Term) isEnding() bool { return t.accept.Err() != nil }

// resume wakes the unfinished records as soon as the store can list them.
func (t *Term) resume(ctx context.Context) {
	for n := 1; ; n++ {
		keys, err := t.engine.store.Unfinished(ctx)
		if err == nil {
			for _, k := range keys {
				t.wake(k, "")
			}
			glog.Infof("unfinished records resumed count=%d", len(keys))
			return
		}
		if ctx.Err() == nil {
			glog.Errorf("listing the unfinished records failed attempt=%d err=%q", n, err)
		}
		if !sleep(ctx, backoff(n, time.Second, 15*time.Second)) {
			return
		}
	}
}

// sleep waits for d and reports whether ctx is still alive.
func sleep(ctx context.Context, d time.Duration) bool {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return false
	case <-timer.C:
		return true
	}
}

func (t *Term) work(ctx context.Context) {
	for !t.pool.endSurplus() {
		id, shutdown := t.queue.Get()
		if shutdown || t.isEnding() { // after its shutdown the queue still returns its items
			return
		}
		running := t.shares.begin(t.fair.tenantOf(id), id)
		if running == nil { // another pass adds it again
			t.queue.Done(id)
			continue
		}
		next, err := t.Reconcile(running.context(ctx), id)
		t.queue.Done(id)
		t.addAll(running.end())
		if delay := t.delayAfterPass(id, err); delay > 0 {
			t.queue.AddAfter(id, delay)
		}
		if !next.IsZero() {
			t.queue.AddAfter(id, next.Sub(t.config().Now()))
		}
	}
}

// addAll queues instances.
func (t *Term) addAll(ids []string) {
	for _, id := range ids {
		t.queue.Add(id)
	}
}

// addSpare adds a spare worker for a pass in a slow call. The caller calls the
// returned function when the call has returned.
func (t *Term) addSpare(running *runningPass) (returned func()) {
	end, ok := t.pool.addSpare()
	if !ok {
		return func() {}
	}
	t.addAll(running.slow())
	return func() {
		running.quick()
		end()
	}
}

// delayAfterPass returns the delay of the next pass after one that ended with
// err, most likely an error of the store. Zero means that the next pass waits for a
// change.
func (t *Term) delayAfterPass(instanceID string, err error) time.Duration {
	if err != nil && (!t.lease.Held() || t.isEnding()) {
		return 0
	}
	failed := t.memory.failedPasses(instanceID, err)
	switch {
	case err == nil:
		return 0
	case errors.Is(err, errDeposed):
		glog.Warningf("another process runs the operations of the instance since the epoch instance=%q epoch=%d", instanceID, t.lease.Epoch)
	default:
		glog.Errorf("reconcile pass failed instance=%q attempt=%d err=%q", instanceID, failed, err)
	}
	return backoff(failed, 2*time.Second, 30*time.Second)
}

// wake queues a record for a look. tenant is "" where the caller has not read the
// record.
func (t *Term) wake(k store.Key, tenant string) {
	if tenant != "" {
		t.fair.learn(k.InstanceID, tenant)
	}
	t.memory.mark(k)
	t.queue.Add(k.InstanceID)
}

// forgetDelays makes the records of an instance due at once.
func (t *Term) forgetDelays(instanceID string) {
	for _, k := range append(t.memory.forgetDelays(instanceID), store.Key{InstanceID: instanceID}) {
		t.wake(k, "")
	}
}
