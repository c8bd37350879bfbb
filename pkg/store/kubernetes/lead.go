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

// Lead implements store.Store. It is client-go's leader election but for three
// things that our promises need: a tenure that was lost never goes on where it
// would find the lease free again, since its epoch is old by then; its time
// counts from before each renewal was sent; and who waits hears at once that
// the lease was released.
func (s *Store) Lead(ctx context.Context, run func(held context.Context, l store.Lease) error) error {
	done, err := s.begin(ctx)
	if err != nil {
		return err
	}
	done() // Close does not wait for what leads
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
		_ = pause(ctx, s.options.renewEvery())
	}
}

// lead runs under a tenure, and says whether it came to that.
func (s *Store) lead(ctx context.Context, t *tenure, run func(context.Context, store.Lease) error) (ran bool, err error) {
	held, lose := context.WithCancel(context.WithoutCancel(ctx))
	renewing, stop := context.WithCancel(context.WithoutCancel(ctx))
	t.mu.Lock()
	t.lost = lose
	t.mu.Unlock()
	kept := make(chan struct{})
	go func() {
		defer close(kept)
		t.keep(renewing)
	}()
	go t.watchdog(renewing)
	defer context.AfterFunc(s.gone, t.end)()
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

// acquire waits until it gets the lease. It waits through anything but the end
// of ctx and of the store.
func (s *Store) acquire(ctx context.Context) (*tenure, error) {
	waiting, end := context.WithCancel(ctx)
	defer end()
	defer context.AfterFunc(s.gone, end)()
	changes := make(chan struct{}, 1)
	go s.leaseChanges(waiting, changes)

	c := candidate{store: s, name: holder()}
	for {
		t, err := c.try(waiting)
		switch {
		case t != nil:
			return t, nil
		case ctx.Err() != nil:
			return nil, ctx.Err()
		case s.gone.Err() != nil:
			return nil, store.ErrClosed
		case err != nil:
			s.options.Warn(fmt.Errorf("wait for the lease: %w", err))
		}
		next := time.NewTimer(c.next())
		select {
		case <-waiting.Done():
		case <-changes:
		case <-next.C:
		}
		next.Stop()
	}
}

// leaseChanges tells of each change of the lease, as long as it can: who waits
// looks without it as well, if only now and then.
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
		_ = pause(ctx, s.options.renewEvery())
	}
}

// A candidate waits for the lease.
type candidate struct {
	store   *Store
	name    string
	version string    // of the lease when it was last seen to change
	since   time.Time // when that was
	lasts   time.Duration
}

// next is when to look again: when the lease ends unless it is renewed, or soon.
func (c *candidate) next() time.Duration {
	soon := c.store.options.renewEvery()
	if c.version == "" {
		return soon
	}
	return max(min(soon, time.Until(c.since.Add(c.lasts))), time.Millisecond)
}

// try takes the lease if it is free, or was not renewed for as long as it
// lasts since this process saw it renewed.
func (c *candidate) try(ctx context.Context) (*tenure, error) {
	o, leases := &c.store.options, &c.store.api.leases
	old, err := leases.get(ctx, o.leaseName())
	if apierrors.IsNotFound(err) {
		return c.first(ctx)
	}
	if err != nil {
		c.version = ""
		return nil, err
	}
	if version(old) != c.version {
		c.version, c.since = version(old), time.Now()
		c.lasts = max(o.Lease, time.Duration(ptr.Deref(old.Spec.LeaseDurationSeconds, 0))*time.Second)
	}
	switch holderOf(old) {
	case "", c.name: // nobody's; or taken, and the answer was lost
	default:
		if time.Since(c.since) < c.lasts {
			return nil, nil
		}
	}
	next := old.DeepCopy()
	sent := c.fill(next)
	next.Spec.LeaseTransitions = ptr.To(ptr.Deref(old.Spec.LeaseTransitions, 0) + 1)
	saved, err := leases.update(ctx, next)
	if err != nil {
		return nil, c.unlessRaced(err)
	}
	return c.tenure(saved, sent), nil
}

// first makes the lease where there is none. If somebody has led before, it
// was deleted by hand, perhaps while it was held: the new one is nobody's
// until that is over.
func (c *candidate) first(ctx context.Context) (*tenure, error) {
	o := &c.store.options
	meta, err := c.store.meta(ctx)
	if err != nil {
		return nil, err
	}
	lease := &coordinationv1.Lease{ObjectMeta: metav1.ObjectMeta{
		Namespace: o.Namespace, Name: o.leaseName(), Labels: map[string]string{storeLabel: o.Name},
	}}
	sent := c.fill(lease)
	again := lastEpoch(meta.Data) > 0
	if again {
		lease.Spec.HolderIdentity = ptr.To("unknown")
	}
	saved, err := c.store.api.leases.create(ctx, lease)
	if err != nil || again {
		return nil, c.unlessRaced(err)
	}
	return c.tenure(saved, sent), nil
}

// fill puts the candidate into a lease, and returns when.
func (c *candidate) fill(lease *coordinationv1.Lease) time.Time {
	now := time.Now()
	lease.Spec = coordinationv1.LeaseSpec{
		HolderIdentity:       &c.name,
		LeaseDurationSeconds: ptr.To(c.store.options.seconds()),
		AcquireTime:          &metav1.MicroTime{Time: now},
		RenewTime:            &metav1.MicroTime{Time: now},
	}
	return now
}

func (c *candidate) tenure(saved *coordinationv1.Lease, sent time.Time) *tenure {
	return &tenure{store: c.store, name: c.name, lost: func() {}, lease: saved, until: sent.Add(c.store.options.giveUpAfter())}
}

// unlessRaced leaves out that somebody else was first.
func (c *candidate) unlessRaced(err error) error {
	if outcomeOf(err, false) == raced {
		return nil
	}
	return err
}
