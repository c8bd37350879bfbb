package storetest

import (
	"cmp"
	"context"
	"errors"
	"sync"
	"time"

	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/store"
)

// ErrDead is the error of the writes of a Faulty that has failed.
var ErrDead = errors.New("the store was made to fail here")

// ErrLost is the error of the write whose answer was lost.
var ErrLost = errors.New("the answer of the store was made to be lost here")

// A Faulty is a store that dies at a chosen write, or loses the answer of one,
// for tests of crashes. A write is an Update whose change succeeds, a Delete, a
// PutBody, a SweepBodies, or the beginning of a Lead. Reads always go on.
type Faulty struct {
	store.Store

	mu     sync.Mutex
	writes int
	fatal  int  // number of the fatal write, or 0
	after  bool // it dies after the effect of the write
	dead   bool
	losing int // number of the write whose answer is lost, or 0
	lost   bool
}

// NewFaulty returns inner without a fault yet.
func NewFaulty(inner store.Store) *Faulty { return &Faulty{Store: inner} }

// FailWrite makes the n-th write from now fail (1: the next), after or before
// its effect. Later writes fail without effect, until Revive.
func (f *Faulty) FailWrite(n int, after bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.fatal, f.after = f.writes+n, after
}

// LoseAnswer lets the n-th write from now (1: the next) have its effect and
// return ErrLost. The process lives on: other writes are as ever.
func (f *Faulty) LoseAnswer(n int) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.losing, f.lost = f.writes+n, false
}

// Lost reports whether an answer was lost since the last LoseAnswer.
func (f *Faulty) Lost() bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.lost
}

// Revive lets writes succeed again, as after a restart.
func (f *Faulty) Revive() {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.fatal, f.dead = 0, false
}

// Writes counts the writes so far, including the fatal one and excluding the
// refused ones after it.
func (f *Faulty) Writes() int {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.writes
}

// Dead reports whether the store has died and was not revived.
func (f *Faulty) Dead() bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.dead
}

// begin counts a write. err is ErrDead for a write without effect; after is the
// error to return after the effect.
func (f *Faulty) begin() (after, err error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.dead {
		return nil, ErrDead
	}
	f.writes++
	switch f.writes {
	case f.fatal:
		f.dead = true
		if f.after {
			return ErrDead, nil
		}
		return nil, ErrDead
	case f.losing:
		f.lost = true
		return ErrLost, nil
	}
	return nil, nil
}

// Update implements store.Store.
func (f *Faulty) Update(ctx context.Context, k store.Key, change func(*store.Record) error) (store.Record, error) {
	if f.Dead() {
		return store.Record{}, ErrDead
	}
	var (
		begun        bool
		after, fault error
	)
	r, err := f.Store.Update(ctx, k, func(r *store.Record) error {
		if err := change(r); err != nil {
			return err
		}
		if !begun { // the store may run this again
			begun = true
			after, fault = f.begin()
		}
		return fault
	})
	if after != nil && err == nil {
		return store.Record{}, after
	}
	return r, err
}

// Delete implements store.Store.
func (f *Faulty) Delete(ctx context.Context, k store.Key, check func(*store.Record) error) error {
	after, err := f.begin()
	if err != nil {
		return err
	}
	err = f.Store.Delete(ctx, k, check)
	if err == nil {
		err = after
	}
	return err
}

// PutBody implements store.Store.
func (f *Faulty) PutBody(ctx context.Context, content []byte) (digest string, key store.Sealed, err error) {
	after, err := f.begin()
	if err != nil {
		return "", store.Sealed{}, err
	}
	digest, key, err = f.Store.PutBody(ctx, content)
	if err = cmp.Or(err, after); err != nil {
		return "", store.Sealed{}, err
	}
	return digest, key, nil
}

// SweepBodies implements store.Store.
func (f *Faulty) SweepBodies(ctx context.Context, now time.Time) (int, error) {
	after, err := f.begin()
	if err != nil {
		return 0, err
	}
	deleted, err := f.Store.SweepBodies(ctx, now)
	if err = cmp.Or(err, after); err != nil {
		return 0, err
	}
	return deleted, nil
}

// Lead implements store.Store.
func (f *Faulty) Lead(ctx context.Context, run func(context.Context, store.Lease) error) error {
	after, err := f.begin()
	if err != nil {
		return err
	}
	return f.Store.Lead(ctx, func(held context.Context, l store.Lease) error {
		if after != nil {
			return after
		}
		return run(held, l)
	})
}
