package storetest

import (
	"context"
	"testing"

	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/store"
)

// leaseHandedOver lets replicas lead one after the other.
func leaseHandedOver(t *testing.T, rs *replicas) {
	order := []*replica{rs.open(t), rs.open(t), nil, nil}
	order[2], order[3] = order[0], order[1]
	let := make(chan struct{})
	now := order[0].lead(t, let)
	last := <-now.lease
	for _, r := range order[1:] {
		letNext := make(chan struct{})
		next := r.lead(t, letNext)
		close(let)
		l := <-next.lease
		if l.Epoch <= last.Epoch || !l.Held() || last.Held() {
			t.Errorf("epoch %d after %d; held %t, before that %t", l.Epoch, last.Epoch, l.Held(), last.Held())
		}
		<-now.ended
		let, now, last = letNext, next, l
	}
	close(let)
	<-now.ended
}

// holderIsFollowed disconnects the holder from its server. It must lose the
// lease before another holds it, and leave that one alone when it is back.
func holderIsFollowed(lose func(*replica)) func(*testing.T, *replicas) {
	return func(t *testing.T, rs *replicas) {
		a, b := rs.open(t), rs.open(t)
		letA, letB := make(chan struct{}), make(chan struct{})
		first := a.lead(t, letA)
		old := <-first.lease
		second := b.lead(t, letB)
		lose(a)
		<-first.lost
		if old.Held() {
			t.Error("the lease was lost and is held")
		}
		next := <-second.lease
		if next.Epoch <= old.Epoch {
			t.Errorf("epoch %d after %d", next.Epoch, old.Epoch)
		}
		a.network.Heal()
		close(letA)
		<-first.ended
		if old.Held() {
			t.Error("the lease is held again that was lost")
		}
		letA = make(chan struct{})
		third := a.lead(t, letA)
		a.put(t, instance("i"), noChange) // it is back
		if !next.Held() {
			t.Error("one who came back took the lease of another")
		}
		close(letB)
		<-second.ended
		if l := <-third.lease; l.Epoch <= next.Epoch {
			t.Errorf("epoch %d after %d", l.Epoch, next.Epoch)
		}
		close(letA)
		<-third.ended
	}
}

// leaseOutlives interrupts the server for a moment under a holder, and for
// longer under a candidate.
func leaseOutlives(t *testing.T, rs *replicas) {
	a, b := rs.open(t), rs.open(t)
	b.network.Cut()
	let := make(chan struct{})
	waiting := b.lead(t, let)
	leading := a.lead(t, let)
	l := <-leading.lease
	a.network.Cut()
	a.network.Heal()
	a.put(t, instance("i"), noChange)
	if !l.Held() {
		t.Error("the lease was lost in a moment")
	}
	close(let)
	<-leading.ended
	b.network.Heal()
	<-waiting.lease
	<-waiting.ended
}

// A leading replica.
type leading struct {
	lease chan store.Lease // receives the lease
	lost  chan struct{}    // closed when held ended
	ended chan struct{}    // closed when Lead has returned
}

// lead waits for the lease and holds it until let is closed.
func (r *replica) lead(t *testing.T, let <-chan struct{}) *leading {
	t.Helper()
	l := &leading{lease: make(chan store.Lease, 1), lost: make(chan struct{}), ended: make(chan struct{})}
	go func() {
		defer close(l.ended)
		err := r.Lead(t.Context(), func(held context.Context, lease store.Lease) error {
			context.AfterFunc(held, func() { close(l.lost) })
			l.lease <- lease
			<-let
			return nil
		})
		if err != nil {
			t.Errorf("Lead: %v", err)
		}
	}()
	return l
}
