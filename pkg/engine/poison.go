package engine

import (
	"context"
	"errors"
	"fmt"
	"runtime/debug"
	"time"

	"github.com/golang/glog"

	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/lifecycle"
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/providers"
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/store"
)

// patience is how many times in a row a record may break a turn before it is
// set aside.
const patience = 3

// errGivenUp: the provider did not come back although its time was over.
var errGivenUp = fmt.Errorf("the provider does not come back: %w", providers.ErrOutcomeUnknown)

// A fault is what is remembered of a record that breaks turns.
type fault struct {
	count     int
	due       time.Time // of the next try
	asked     uint64    // asks of the record then; another request is tried again
	aside     bool
	illegible bool // it cannot be read
}

// safely is step that survives panics and broken records: they are tried again
// and then set aside, and the others go on.
func (t *Term) safely(ctx context.Context, r, of *store.Record) (next time.Time, err error) {
	if next, skip := t.skips(r); skip {
		return next, nil
	}
	if next, yes := t.rests(r); yes {
		return next, nil
	}
	defer func() { t.hand.see(r) }()
	defer func() {
		if p := recover(); p != nil {
			err = &lifecycle.PanicError{Value: p, Stack: debug.Stack()}
		}
		if lifecycle.IsUnrecoverable(err) {
			next, err = t.broken(r, err), nil
			t.describe(ctx, r)
		}
		if err == nil {
			t.rest(r, next)
		}
	}()
	next, tried, err := t.step(ctx, r, of)
	if err == nil && tried {
		t.mend(r.Key)
	}
	return next, err
}

// skips says whether a record is not to be worked on now, and when it is.
func (t *Term) skips(r *store.Record) (due time.Time, skip bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if until, yes := t.isAway(r); yes {
		return until, true
	}
	f := t.faults[r.Key]
	switch {
	case f == nil:
		return time.Time{}, false
	case f.asked != lifecycle.Requests(r): // another request, or it can be read again
		t.drop(r.Key)
		return time.Time{}, false
	case f.aside:
		return time.Time{}, true
	}
	return f.due, t.config.Now().Before(f.due)
}

// broken counts a turn that a record broke, and returns when the next is due:
// the zero time where it is set aside. One that cannot be read has only a key.
func (t *Term) broken(r *store.Record, err error) time.Time {
	t.mu.Lock()
	defer t.mu.Unlock()
	k, now := r.Key, t.config.Now()
	f := t.faults[k]
	if f == nil {
		f = &fault{}
		t.faults[k] = f
	}
	f.asked, f.illegible = lifecycle.Requests(r), r.Revision == 0
	switch {
	case f.aside:
		return time.Time{}
	case now.Before(f.due): // a turn for another record of the instance
		return f.due
	}
	f.count++
	if p, ok := errors.AsType[*lifecycle.PanicError](err); ok {
		glog.Errorf("%s: %v\n%s", k, p, p.Stack)
	}
	if f.count < patience {
		f.due = now.Add(backoff(f.count, time.Second, time.Minute))
		glog.Errorf("%s: try %d: %v", k, f.count, err)
		return f.due
	}
	f.aside = true
	t.metrics.setAside.Inc()
	glog.Errorf("%s is set aside after %d tries, the others go on: %v. Mend the cause, then let it be tried again by the operator's command retry, or restart the broker", k, f.count, err)
	return time.Time{}
}

// describe tells in the record that it is set aside, where it can be written.
func (t *Term) describe(ctx context.Context, r *store.Record) {
	t.mu.Lock()
	f := t.faults[r.Key]
	aside := f != nil && f.aside
	t.mu.Unlock()
	if !aside || r.Operation == nil {
		return
	}
	id := r.Operation.ID
	_, err := t.write(ctx, r.Key, func(r *store.Record) error {
		op := r.Operation
		if op == nil || op.ID != id || r.Settled {
			return lifecycle.ErrUnchanged
		}
		op.CauseKind = store.CauseQuarantined
		if !op.State.Finished() {
			op.Description = lifecycle.TextQuarantined
		}
		lifecycle.Note(r, t.config.Now(), r.Operation.Step, "set aside", "")
		return nil
	})
	if err != nil && !errors.Is(err, lifecycle.ErrUnchanged) && t.lease.Held() {
		glog.Errorf("%s: telling that it is set aside: %v", r.Key, err)
	}
}

// mend forgets the faults of a record that was worked on.
func (t *Term) mend(k store.Key) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.drop(k)
}

// legible forgets that a record could not be read.
func (t *Term) legible(k store.Key) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if f := t.faults[k]; f != nil && f.illegible {
		t.drop(k)
	}
}

// drop is mend for those who hold the lock.
func (t *Term) drop(k store.Key) {
	if f := t.faults[k]; f != nil {
		if f.aside {
			t.metrics.setAside.Dec()
		}
		delete(t.faults, k)
	}
}

// forgetFaults lets the records of an instance that were set aside be tried again.
func (t *Term) forgetFaults(instanceID string) {
	t.mu.Lock()
	var keys []store.Key
	for k := range t.faults {
		if k.InstanceID == instanceID {
			keys = append(keys, k)
			t.drop(k)
		}
	}
	for k := range t.resting {
		if k.InstanceID == instanceID {
			delete(t.resting, k)
		}
	}
	t.mu.Unlock()
	for _, k := range append(keys, store.Key{InstanceID: instanceID}) {
		t.wake(k, "")
	}
}
