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

// A Term is the time during which this process runs the operations. At most one
// worker at a time is busy with an instance and its bindings.
type Term struct {
	*Engine

	lease store.Lease
	held  context.Context //nolint:containedctx // the span of the lease, within which every write falls
	going context.Context //nolint:containedctx // the span in which anything new is begun; ends with held at the latest
	halt  context.CancelFunc
	queue workqueue.TypedDelayingInterface[string]
	fair  *fairQueue
	hand  inHand
	crew  crew

	mu      sync.Mutex
	dirty   map[string]map[string]bool // by instance id: the records to look at; "" is the instance itself
	resting map[store.Key]rest
	faults  map[store.Key]*fault
	away    map[store.Key]absence
	ahead   map[store.Key]sighting
	failed  map[string]int // turns in a row that the store failed, by instance id
}

func newTerm(held context.Context, e *Engine, l store.Lease) *Term {
	fair := newFairQueue()
	t := &Term{
		Engine: e, lease: l, held: held, fair: fair,
		queue: workqueue.NewTypedDelayingQueueWithConfig(workqueue.TypedDelayingQueueConfig[string]{
			Queue: workqueue.NewTypedWithConfig(workqueue.TypedQueueConfig[string]{Queue: fair}),
		}),
		dirty:   map[string]map[string]bool{},
		resting: map[store.Key]rest{},
		faults:  map[store.Key]*fault{},
		away:    map[store.Key]absence{},
		ahead:   map[store.Key]sighting{},
		failed:  map[string]int{},
	}
	t.going, t.halt = context.WithCancel(held)
	return t
}

// run works until ctx ends or the lease is lost.
func (t *Term) run(ctx context.Context) error {
	defer t.end(t)
	t.metrics.leading.Set(1)
	defer t.metrics.leading.Set(0)
	defer t.metrics.setAside.Set(0)

	// A call that has begun may come to its end after ctx has ended; not after
	// the lease is lost.
	work, cut := context.WithCancel(t.held)
	defer cut()
	defer t.halt()
	defer context.AfterFunc(ctx, t.halt)()

	glog.Infof("operations: epoch %d begins", t.lease.Epoch)
	var workers sync.WaitGroup
	workers.Go(func() { t.resume(t.going) })
	workers.Go(func() { t.forgetTombstones(t.going) })
	t.crew.begin(t.config.Workers, func() { workers.Go(func() { t.work(work) }) })
	<-t.going.Done()
	t.queue.ShutDown()
	late := time.AfterFunc(t.config.CallTimeout, cut)
	defer late.Stop()
	workers.Wait()
	glog.Infof("operations: epoch %d ends", t.lease.Epoch)
	return nil
}

// Stop ends a term that was never run, for callers that drive it pass by pass.
func (t *Term) Stop() {
	t.queue.ShutDown()
	t.end(t)
}

// halted says that nothing new is to be begun: the process ends, or the lease
// is lost.
func (t *Term) halted() bool { return t.going.Err() != nil }

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
		if ctx.Err() == nil {
			glog.Errorf("reading the unfinished operations: %v", err)
		}
		wait := time.NewTimer(backoff(n, time.Second, 15*time.Second))
		select {
		case <-ctx.Done():
			wait.Stop()
			return
		case <-wait.C:
		}
	}
}

func (t *Term) work(ctx context.Context) {
	for !t.crew.mayLeave() {
		id, shutdown := t.queue.Get()
		if shutdown || t.halted() { // a queue that is shut down still hands out what is in it
			return
		}
		next, err := t.Turn(ctx, id)
		t.queue.Done(id)
		if delay := t.troubled(id, err); delay > 0 {
			t.queue.AddAfter(id, delay)
		}
		if !next.IsZero() {
			t.queue.AddAfter(id, next.Sub(t.config.Now()))
		}
	}
}

// troubled says when a turn that failed is to be made again: the store, most
// likely, could not do it now. Zero is not at all.
func (t *Term) troubled(instanceID string, err error) time.Duration {
	t.mu.Lock()
	defer t.mu.Unlock()
	if err == nil {
		delete(t.failed, instanceID)
		return 0
	}
	switch {
	case !t.lease.Held(), t.halted():
		return 0
	case errors.Is(err, errDeposed):
		logDeposed(instanceID, t.lease.Epoch)
	default:
		glog.Errorf("instance %q: %v", instanceID, err)
	}
	t.failed[instanceID]++
	return backoff(t.failed[instanceID], 2*time.Second, 30*time.Second)
}

// wake marks a record as one to look at. The tenant may be unknown: "".
func (t *Term) wake(k store.Key, tenant string) {
	if tenant != "" {
		t.fair.learn(k.InstanceID, tenant)
	}
	t.mark(k)
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

// A rest is until when there is nothing to do for a record, unless it changes.
type rest struct {
	revision uint64
	until    time.Time
}

// rests says until when a record is left alone: a turn that is made for
// another record of the instance, or since somebody heard of a write of ours,
// asks the cloud nothing.
func (t *Term) rests(r *store.Record) (until time.Time, yes bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	is := t.resting[r.Key]
	return is.until, is.revision == r.Revision && t.config.Now().Before(is.until)
}

// rest lets a record rest until then. The zero time, or that it is settled,
// ends its rest.
func (t *Term) rest(r *store.Record, until time.Time) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if until.IsZero() || r.Settled {
		delete(t.resting, r.Key)
		return
	}
	t.resting[r.Key] = rest{r.Revision, until}
}
