package alicloud

import (
	"context"
	"sync"
	"time"
)

// maxKeyPacers bounds the pacers of single keys; the least recently used one goes.
const maxKeyPacers = 1000

// userPacers pace the calls that are signed with keys of users. Each key has a
// pacer for each product, since the cloud throttles by account; and all of them
// share one for each product, so that many keys of one tenant call no faster than
// the broker itself.
type userPacers struct {
	rate float64
	now  func() time.Time

	mu     sync.Mutex
	all    map[string]*pacer // by product
	single map[userKey]*userPacer
}

// A userKey is an access key id with the product that it calls.
type userKey struct{ id, product string }

// A userPacer is the pacer of a userKey, with the time of its last use.
type userPacer struct {
	*pacer

	used time.Time
}

func newUserPacers(perSecond float64, now func() time.Time) *userPacers {
	return &userPacers{rate: perSecond, now: now, all: map[string]*pacer{}, single: map[userKey]*userPacer{}}
}

// wait waits for a call with a user's key, or until ctx ends.
func (u *userPacers) wait(ctx context.Context, k userKey) error {
	if err := u.ofKey(k).wait(ctx); err != nil {
		return err
	}
	return u.ofAll(k.product).wait(ctx)
}

// ofAll returns the common pacer of a product.
func (u *userPacers) ofAll(product string) *pacer {
	u.mu.Lock()
	defer u.mu.Unlock()
	p := u.all[product]
	if p == nil {
		p = newPacer(u.rate, u.now)
		u.all[product] = p
	}
	return p
}

// ofKey returns the pacer of one key.
func (u *userPacers) ofKey(k userKey) *pacer {
	u.mu.Lock()
	defer u.mu.Unlock()
	p := u.single[k]
	if p == nil {
		if len(u.single) >= maxKeyPacers {
			u.dropOldest()
		}
		p = &userPacer{pacer: newPacer(u.rate, u.now)}
		u.single[k] = p
	}
	p.used = u.now()
	return p.pacer
}

// dropOldest drops the pacer that was used least recently. The caller holds the
// lock.
func (u *userPacers) dropOldest() {
	var oldest userKey
	first := true
	for k, p := range u.single {
		if first || p.used.Before(u.single[oldest].used) {
			oldest, first = k, false
		}
	}
	delete(u.single, oldest)
}
