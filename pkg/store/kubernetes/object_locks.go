package kubernetes

import (
	"context"
	"sync"
)

// objectLocks serialize the writers of one object in this process, so that they
// avoid conflicts at the server. Writers in other processes still conflict
// there.
type objectLocks struct {
	mu sync.Mutex
	by map[string]*objectLock
}

type objectLock struct {
	token   chan struct{}
	writers int // that have it or wait for it
}

// lock waits for the lock of an object.
func (t *objectLocks) lock(ctx context.Context, name string) (leave func(), err error) {
	t.mu.Lock()
	if t.by == nil {
		t.by = map[string]*objectLock{}
	}
	own := t.by[name]
	if own == nil {
		own = &objectLock{token: make(chan struct{}, 1)}
		t.by[name] = own
	}
	own.writers++
	t.mu.Unlock()

	select {
	case own.token <- struct{}{}:
		return func() { <-own.token; t.release(name, own) }, nil
	case <-ctx.Done():
		t.release(name, own)
		return nil, ctx.Err()
	}
}

func (t *objectLocks) release(name string, own *objectLock) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if own.writers--; own.writers == 0 {
		delete(t.by, name)
	}
}
