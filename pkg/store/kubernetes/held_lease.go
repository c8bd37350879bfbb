package kubernetes

import (
	"context"
	"fmt"
	"math"
	"os"
	"sync"
	"time"

	coordinationv1 "k8s.io/api/coordination/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// A heldLease is this process's hold of the lease, from when it got it until it
// released or lost it. It never holds again what it has once lost: a new one
// begins with a new name and a new epoch.
//
// Time is measured from before the request that renewed was sent, and others
// measure from after they saw its effect. So when a tenure gives up, after 5/8
// of the lease's duration, at least 3/8 are left before anybody is let in,
// wherever the clocks of the machines stand; what matters is only that they
// run about equally fast.
type heldLease struct {
	store  *Store
	name   string
	onLost func() // called once

	mu       sync.Mutex
	lease    *coordinationv1.Lease // as it was last written
	deadline time.Time             // it gives up then
	lost     bool
}

// renewDeadline is how long after a renewal a tenure gives up.
func (o *Options) renewDeadline() time.Duration { return o.Lease * 5 / 8 }

// renewEvery is how often a tenure renews, and one who waits looks.
func (o *Options) renewEvery() time.Duration { return o.Lease / 8 }

// seconds is the lease's duration as the object has it: whole seconds.
func (o *Options) seconds() int32 {
	return int32(min((o.Lease+time.Second-1)/time.Second, math.MaxInt32)) //nolint:gosec // it fits
}

// newHolderName makes a name for a tenure: nobody had it before.
func newHolderName() string {
	host, err := os.Hostname()
	if err != nil {
		host = "unknown"
	}
	return host + "_" + random()[:16]
}

// held says whether the tenure still holds the lease.
func (t *heldLease) held() bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	if !time.Now().Before(t.deadline) || t.store.closing.Err() != nil {
		t.markLost()
	}
	return !t.lost
}

// markLost ends the hold. t.mu is held.
func (t *heldLease) markLost() {
	if !t.lost {
		t.lost = true
		t.onLost()
	}
}

// lose ends the hold.
func (t *heldLease) lose() {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.markLost()
}

// renewLoop renews until ctx ends or the hold is lost.
func (t *heldLease) renewLoop(ctx context.Context) {
	o := &t.store.options
	for t.held() {
		if sleep(ctx, o.renewEvery()) != nil {
			return
		}
		t.renew(ctx)
	}
}

// expireLoop ends the hold when its time is over, while a renewal may hang.
func (t *heldLease) expireLoop(ctx context.Context) {
	for t.held() {
		t.mu.Lock()
		left := time.Until(t.deadline)
		t.mu.Unlock()
		if sleep(ctx, left) != nil {
			return
		}
	}
}

// renew tries to renew for as long as there is time.
func (t *heldLease) renew(ctx context.Context) {
	o := &t.store.options
	for wait := (backoff{}); t.held(); {
		t.mu.Lock()
		next, until := t.lease.DeepCopy(), t.deadline
		t.mu.Unlock()
		sent := time.Now()
		next.Spec.RenewTime = &metav1.MicroTime{Time: sent}
		// Two tries at least fit into the time that is left.
		try, end := context.WithDeadline(ctx, earlier(until, sent.Add(o.renewDeadline()/3)))
		saved, err := t.store.api.leases.update(try, next)
		if outcome := outcomeOf(err, false); outcome == conflict || outcome == unknown {
			err = t.checkHolder(try, err)
		}
		end()
		if err == nil {
			t.recordRenewal(saved, sent)
			return
		}
		if ctx.Err() != nil {
			return
		}
		o.Warn(fmt.Errorf("renew the lease: %w", err))
		if wait.wait(ctx) != nil {
			return
		}
	}
}

// checkHolder reads the lease after a renewal without success. If it is another's,
// the hold is lost; if it is ours, the next renewal goes by what was read.
func (t *heldLease) checkHolder(ctx context.Context, cause error) error {
	now, err := t.store.api.leases.get(ctx, t.store.options.leaseName())
	t.mu.Lock()
	defer t.mu.Unlock()
	switch {
	case apierrors.IsNotFound(err), err == nil && holderOf(now) != t.name:
		t.markLost()
	case err == nil:
		t.lease = now
	}
	return cause
}

// recordRenewal notes a renewal that was sent at that time. It counts for nothing
// if the hold was lost meanwhile.
func (t *heldLease) recordRenewal(saved *coordinationv1.Lease, sent time.Time) {
	if !t.held() {
		return
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	t.lease, t.deadline = saved, sent.Add(t.store.options.renewDeadline())
}

// release lets others in at once. Nothing may be done under the lease any more.
func (t *heldLease) release() {
	t.lose()
	ctx, end := context.WithTimeout(context.Background(), t.store.options.renewDeadline())
	defer end()
	for wait := (backoff{}); ; {
		t.mu.Lock()
		next := t.lease.DeepCopy()
		t.mu.Unlock()
		next.Spec.HolderIdentity = new(string)
		next.Spec.RenewTime = &metav1.MicroTime{Time: time.Now()}
		_, err := t.store.api.leases.update(ctx, next)
		switch outcomeOf(err, false) {
		case written, rejected:
			return
		case conflict, unknown:
			now, err := t.store.api.leases.get(ctx, next.Name)
			if err == nil && holderOf(now) != t.name {
				return
			}
			if err == nil {
				t.mu.Lock()
				t.lease = now
				t.mu.Unlock()
			}
		case throttled:
		}
		if wait.wait(ctx) != nil {
			return
		}
	}
}

// holderOf is who holds a lease; empty: nobody.
func holderOf(lease *coordinationv1.Lease) string {
	if lease.Spec.HolderIdentity == nil {
		return ""
	}
	return *lease.Spec.HolderIdentity
}

func earlier(a, b time.Time) time.Time {
	if b.Before(a) {
		return b
	}
	return a
}
