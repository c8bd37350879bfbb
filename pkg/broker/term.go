package broker

import (
	"context"
	"errors"
	"sync"
	"time"

	"github.com/golang/glog"
	"k8s.io/client-go/util/workqueue"

	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/store"
)

// A Term is the time during which this process runs the operations. At most one
// worker at a time is busy with an instance and its bindings.
type Term struct {
	*Engine

	lease store.Lease
	held  context.Context //nolint:containedctx // the span of the lease, within which every write falls
	queue workqueue.TypedDelayingInterface[string]
	fair  *fairQueue
	hand  inHand

	mu     sync.Mutex
	dirty  map[string]map[string]bool // by instance id: the records to look at; "" is the instance itself
	faults map[store.Key]*fault
	busy   map[store.Key]<-chan struct{} // calls of providers that were given up and have not come back
}

func newTerm(held context.Context, e *Engine, l store.Lease) *Term {
	fair := newFairQueue()
	return &Term{
		Engine: e, lease: l, held: held, fair: fair,
		queue: workqueue.NewTypedDelayingQueueWithConfig(workqueue.TypedDelayingQueueConfig[string]{
			Queue: workqueue.NewTypedWithConfig(workqueue.TypedQueueConfig[string]{Queue: fair}),
		}),
		dirty:  map[string]map[string]bool{},
		faults: map[store.Key]*fault{},
		busy:   map[store.Key]<-chan struct{}{},
	}
}

// run works until ctx ends or the lease is lost.
func (t *Term) run(ctx context.Context) error {
	defer t.end(t)
	t.metrics.leading.Set(1)
	defer t.metrics.leading.Set(0)
	defer t.metrics.setAside.Set(0)

	// Turns that have begun may end their call after ctx has; not after the
	// lease is lost.
	work, stop := context.WithCancel(t.held)
	defer stop()
	ctx, done := context.WithCancel(ctx)
	defer done()
	defer context.AfterFunc(t.held, done)()

	glog.Infof("operations: epoch %d begins", t.lease.Epoch)
	var workers sync.WaitGroup
	workers.Go(func() { t.resume(ctx) })
	workers.Go(func() { t.purge(ctx) })
	for range t.config.Workers {
		workers.Go(func() { t.work(work) })
	}
	<-ctx.Done()
	t.queue.ShutDown()
	cut := time.AfterFunc(t.config.CallTimeout, stop)
	defer cut.Stop()
	workers.Wait()
	glog.Infof("operations: epoch %d ends", t.lease.Epoch)
	return nil
}

// resume wakes what is unfinished, as soon as the store can tell.
func (t *Term) resume(ctx context.Context) {
	for n := 1; ; n++ {
		keys, err := t.store.Unfinished(ctx)
		if err == nil {
			for _, k := range keys {
				t.wake(k, "")
			}
			glog.Infof("operations: %d records are unfinished", len(keys))
			return
		}
		glog.Errorf("reading the unfinished operations: %v", err)
		select {
		case <-ctx.Done():
			return
		case <-time.After(backoff(n, time.Second, 15*time.Second)):
		}
	}
}

func (t *Term) work(ctx context.Context) {
	for {
		id, shutdown := t.queue.Get()
		if shutdown {
			return
		}
		next, err := t.Turn(ctx, id)
		t.queue.Done(id)
		switch {
		case errors.Is(err, errDeposed):
			logDeposed(id, t.lease.Epoch)
		case err != nil && !t.lease.Held():
			return
		case err != nil: // the store could not do it now: the turn is made again
			glog.Errorf("instance %q: %v", id, err)
			t.queue.AddAfter(id, backoff(1, 2*time.Second, 2*time.Second))
		case !next.IsZero():
			t.queue.AddAfter(id, next.Sub(t.config.Now()))
		}
	}
}

// wake marks a record as one to look at. The tenant may be unknown: "".
func (t *Term) wake(k store.Key, tenant string) {
	t.mark(k)
	if tenant != "" {
		t.fair.learn(k.InstanceID, tenant)
	}
	t.queue.Add(k.InstanceID)
}

func (t *Term) mark(k store.Key) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.dirty[k.InstanceID] == nil {
		t.dirty[k.InstanceID] = map[string]bool{}
	}
	t.dirty[k.InstanceID][k.BindingID] = true
}

// take returns the records of an instance that are to be looked at. Those that
// are not done with are marked again.
func (t *Term) take(instanceID string) map[string]bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	ids := t.dirty[instanceID]
	delete(t.dirty, instanceID)
	return ids
}
