package kubernetes

import (
	"context"
	"errors"
	"fmt"
	"time"

	coordinationv1 "k8s.io/api/coordination/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/utils/ptr"

	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/store"
)

// Lead implements store.Store. It is our own because client-go's leader
// election differs in three points that our promises need. A lost hold stays
// lost even if the lease is free again, because its epoch is old by then. The
// hold counts time from before each renewal was sent. A candidate learns of a
// release at once.
func (s *Store) Lead(ctx context.Context, run func(held context.Context, l store.Lease) error) error {
	done, err := s.startCall(ctx)
	if err != nil {
		return err
	}
	done() // Close waits for calls, and skips this one
	for {
		t, err := s.acquire(ctx)
		if err != nil {
			return err
		}
		ran, err := s.lead(ctx, t, run)
		if ran || ctx.Err() != nil {
			return err
		}
		s.options.Warn(fmt.Errorf("begin to lead: %w", err))
		_ = sleep(ctx, s.options.renewEvery())
	}
}

// lead runs under a held lease. ran reports whether run was called.
func (s *Store) lead(ctx context.Context, t *heldLease, run func(context.Context, store.Lease) error) (ran bool, err error) {
	held, lose := context.WithCancel(context.WithoutCancel(ctx))
	renewing, stop := context.WithCancel(context.WithoutCancel(ctx))
	t.mu.Lock()
	t.onLost = lose
	t.mu.Unlock()
	kept := make(chan struct{})
	go func() {
		defer close(kept)
		t.renewLoop(renewing)
	}()
	go t.expireLoop(renewing)
	defer context.AfterFunc(s.closing, t.lose)()
	defer func() { // also if run panics
		stop()
		<-kept
		t.release()
	}()

	drawing, end := context.WithCancel(ctx) // ends with the lease as well
	defer context.AfterFunc(held, end)()
	epoch, err := s.nextEpoch(drawing, time.Now().UnixMilli())
	end()
	switch {
	case err != nil && ctx.Err() != nil:
		return false, ctx.Err()
	case err != nil:
		return false, err
	case !t.held():
		return false, errors.New("the lease was lost")
	}
	return true, run(held, store.Lease{Epoch: epoch, Held: t.held})
}

// acquire waits until it gets the lease. Only the end of ctx or of the store
// stops it.
func (s *Store) acquire(ctx context.Context) (*heldLease, error) {
	waiting, end := context.WithCancel(ctx)
	defer end()
	defer context.AfterFunc(s.closing, end)()
	changes := make(chan struct{}, 1)
	go s.leaseChanges(waiting, changes)

	c := candidate{store: s, name: newHolderName()}
	for {
		t, err := c.tryAcquire(waiting)
		switch {
		case t != nil:
			return t, nil
		case ctx.Err() != nil:
			return nil, ctx.Err()
		case s.closing.Err() != nil:
			return nil, store.ErrClosed
		case err != nil:
			s.options.Warn(fmt.Errorf("wait for the lease: %w", err))
		}
		next := time.NewTimer(c.nextTry())
		select {
		case <-waiting.Done():
		case <-changes:
		case <-next.C:
		}
		next.Stop()
	}
}

// leaseChanges signals each change of the lease. It is a hint: candidates also
// poll.
func (s *Store) leaseChanges(ctx context.Context, changes chan<- struct{}) {
	for ctx.Err() == nil {
		w, err := s.api.leases.watch(ctx, s.options.leaseName())
		if err == nil {
			for range w.ResultChan() {
				select {
				case changes <- struct{}{}:
				default:
				}
			}
			w.Stop()
		}
		_ = sleep(ctx, s.options.renewEvery())
	}
}

// A candidate waits for the lease.
type candidate struct {
	store     *Store
	name      string
	version   string    // of the lease when it was last seen to change
	changedAt time.Time // when that was
	duration  time.Duration
}

// nextTry returns the time until the next look: the end of the lease unless it is
// renewed, or soon.
func (c *candidate) nextTry() time.Duration {
	soon := c.store.options.renewEvery()
	if c.version == "" {
		return soon
	}
	return max(min(soon, time.Until(c.changedAt.Add(c.duration))), time.Millisecond)
}

// tryAcquire takes the lease if it is free, or if this process has seen no
// renewal for the lease's duration.
func (c *candidate) tryAcquire(ctx context.Context) (*heldLease, error) {
	o, leases := &c.store.options, &c.store.api.leases
	old, err := leases.get(ctx, o.leaseName())
	if apierrors.IsNotFound(err) {
		return c.createLease(ctx)
	}
	if err != nil {
		c.version = ""
		return nil, err
	}
	if resourceVersion(old) != c.version {
		c.version, c.changedAt = resourceVersion(old), time.Now()
		c.duration = max(o.Lease, time.Duration(ptr.Deref(old.Spec.LeaseDurationSeconds, 0))*time.Second)
	}
	switch holderOf(old) {
	case "", c.name: // free, or taken by a write whose answer was lost
	default:
		if time.Since(c.changedAt) < c.duration {
			return nil, nil
		}
	}
	next := old.DeepCopy()
	sent := c.claim(next)
	next.Spec.LeaseTransitions = ptr.To(ptr.Deref(old.Spec.LeaseTransitions, 0) + 1)
	saved, err := leases.update(ctx, next)
	if err != nil {
		return nil, c.ignoreConflict(err)
	}
	return c.hold(saved, sent), nil
}

// createLease creates a missing lease. If a process has led before, the lease
// was deleted by hand, perhaps while it was held: the new one has an unknown
// holder until that hold must have ended.
func (c *candidate) createLease(ctx context.Context) (*heldLease, error) {
	o := &c.store.options
	meta, err := c.store.meta(ctx)
	if err != nil {
		return nil, err
	}
	lease := &coordinationv1.Lease{ObjectMeta: metav1.ObjectMeta{
		Namespace: o.Namespace, Name: o.leaseName(), Labels: map[string]string{storeLabel: o.Name},
	}}
	sent := c.claim(lease)
	again := lastEpoch(meta.Data) > 0
	if again {
		lease.Spec.HolderIdentity = ptr.To("unknown")
	}
	saved, err := c.store.api.leases.create(ctx, lease)
	if err != nil || again {
		return nil, c.ignoreConflict(err)
	}
	return c.hold(saved, sent), nil
}

// claim puts the candidate into a lease, and returns when.
func (c *candidate) claim(lease *coordinationv1.Lease) time.Time {
	now := time.Now()
	lease.Spec = coordinationv1.LeaseSpec{
		HolderIdentity:       &c.name,
		LeaseDurationSeconds: ptr.To(c.store.options.seconds()),
		AcquireTime:          &metav1.MicroTime{Time: now},
		RenewTime:            &metav1.MicroTime{Time: now},
	}
	return now
}

func (c *candidate) hold(saved *coordinationv1.Lease, sent time.Time) *heldLease {
	return &heldLease{store: c.store, name: c.name, onLost: func() {}, lease: saved, deadline: sent.Add(c.store.options.renewDeadline())}
}

// ignoreConflict drops the error of a lost race.
func (c *candidate) ignoreConflict(err error) error {
	if outcomeOf(err, false) == conflict {
		return nil
	}
	return err
}
