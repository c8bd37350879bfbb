package sealed

import (
	"context"
	"sync"
)

// inFlightUpdates knows the updates under way: they may hold what a key has sealed and
// no reader of the store can see yet.
type inFlightUpdates struct {
	mu  sync.Mutex
	now *updateGroup
}

// An updateGroup stands for all that have begun since the last rest.
type updateGroup struct {
	n      int  // that have not ended
	closed bool // no more will join
	done   chan struct{}
}

// begin is called when an update begins, and what it returns when it ends.
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

// end tells when the last of them has ended. The mutex is held.
func (u *updateGroup) end() {
	if u.closed && u.n == 0 {
		close(u.done)
	}
}

// waitForEarlier waits until every update that began before has ended, and holds up none
// that begins now.
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
