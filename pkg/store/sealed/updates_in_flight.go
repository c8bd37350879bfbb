package sealed

import (
	"context"
	"sync"
)

// inFlightUpdates tracks running updates: they may hold boxes of a key that the
// store does not show yet.
type inFlightUpdates struct {
	mu  sync.Mutex
	now *updateGroup
}

// An updateGroup stands for all updates since the last waitForEarlier.
type updateGroup struct {
	n      int  // running updates
	closed bool // new updates join the next group
	done   chan struct{}
}

// begin registers an update and returns the function that ends it.
func (w *inFlightUpdates) begin() (end func()) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.now == nil {
		w.now = &updateGroup{done: make(chan struct{})}
	}
	u := w.now
	u.n++
	return func() {
		w.mu.Lock()
		defer w.mu.Unlock()
		u.n--
		u.end()
	}
}

// end closes done after the last update. The mutex is held.
func (u *updateGroup) end() {
	if u.closed && u.n == 0 {
		close(u.done)
	}
}

// waitForEarlier waits for all updates that began before, while new ones go on.
func (w *inFlightUpdates) waitForEarlier(ctx context.Context) error {
	w.mu.Lock()
	u := w.now
	w.now = nil
	if u != nil {
		u.closed = true
		u.end()
	}
	w.mu.Unlock()
	if u == nil {
		return nil
	}
	select {
	case <-u.done:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
