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

// A heldLease is this process's hold of the lease, from acquiring until
// releasing or losing it. A lost hold stays lost: the next one has a new holder
// name and a new epoch.
//
// The hold counts time from before it sent a renewal, and other processes count
// from after they saw it. The hold ends 5/8 of the lease's duration after the
// last renewal, so at least 3/8 remain before another process gets the lease.
// This needs clocks of about equal speed, whatever they show.
type heldLease struct {
	store  *Store
	name   string
	onLost func() // called once

	mu       sync.Mutex
	lease    *coordinationv1.Lease // as it was last written
	deadline time.Time             // the hold ends then
	lost     bool
}

// renewDeadline returns the time that a hold lasts after a renewal.
func (o *Options) renewDeadline() time.Duration { return o.Lease * 5 / 8 }

// renewEvery returns the interval at which a holder renews and a candidate looks.
func (o *Options) renewEvery() time.Duration { return o.Lease / 8 }

// seconds is the lease's duration as the object has it: whole seconds.
func (o *Options) seconds() int32 {
	return int32(min((o.Lease+time.Second-1)/time.Second, math.MaxInt32)) //nolint:gosec // it fits
}

// newHolderName returns a unique name for a hold.
func newHolderName() string {
	host, err := os.Hostname()
	if err != nil {
		host = "unknown"
	}
	return host + "_" + random()[:16]
}

// held reports whether the lease is still held.
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

// checkHolder reads the lease after a failed renewal. If another process holds
// it, this hold is lost; otherwise the next renewal replaces the version read
// here.
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

// recordRenewal notes a renewal and the time of its request. It ignores a
// renewal that returned after the hold was lost.
func (t *heldLease) recordRenewal(saved *coordinationv1.Lease, sent time.Time) {
	if !t.held() {
		return
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	t.lease, t.deadline = saved, sent.Add(t.store.options.renewDeadline())
}

// release frees the lease at once. All work under the lease must have ended.
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

// holderOf returns the holder's name, empty for a free lease.
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
