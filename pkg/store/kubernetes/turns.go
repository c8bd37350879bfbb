package kubernetes

import (
	"context"
	"sync"
)

// turns let the writers of one object in this process have their turns, so
// that they do not race each other at the server. Those of other processes
// are met there.
type turns struct {
	mu sync.Mutex
	by map[string]*turn
}

type turn struct {
	token   chan struct{}
	writers int // that have it or wait for it
}

// take waits for the turn of an object.
func (t *turns) take(ctx context.Context, name string) (leave func(), err error) {
	t.mu.Lock()
	if t.by == nil {
		t.by = map[string]*turn{}
	}
	own := t.by[name]
	if own == nil {
		own = &turn{token: make(chan struct{}, 1)}
		t.by[name] = own
	}
	own.writers++
	t.mu.Unlock()

	select {
	case own.token <- struct{}{}:
		return func() { <-own.token; t.forget(name, own) }, nil
	case <-ctx.Done():
		t.forget(name, own)
		return nil, ctx.Err()
	}
}

func (t *turns) forget(name string, own *turn) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if own.writers--; own.writers == 0 {
		delete(t.by, name)
	}
}
