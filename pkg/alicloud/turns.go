package alicloud

import (
	"context"
	"slices"
	"sync"
)

// turns let one call at a time wait for a token of a bucket, and order the others:
// round robin between tenants, first come first served within one. However many
// calls of one tenant wait, a call of another one waits for a token of each tenant
// at most. The zero value is free.
type turns struct {
	mu      sync.Mutex
	taken   bool
	order   []string                   // tenants with waiting calls, the next first
	waiting map[string][]chan struct{} // closed when its turn comes, by tenant
}

// take waits for a turn; the caller then calls pass. An error means that ctx ended
// first.
func (t *turns) take(ctx context.Context, tenant string) error {
	t.mu.Lock()
	if !t.taken {
		t.taken = true
		t.mu.Unlock()
		return nil
	}
	turn := make(chan struct{})
	if t.waiting == nil {
		t.waiting = map[string][]chan struct{}{}
	}
	if len(t.waiting[tenant]) == 0 {
		t.order = append(t.order, tenant)
	}
	t.waiting[tenant] = append(t.waiting[tenant], turn)
	t.mu.Unlock()
	select {
	case <-turn:
		return nil
	case <-ctx.Done():
		if !t.leave(tenant, turn) { // the turn came at the same moment
			t.pass()
		}
		return ctx.Err()
	}
}

// pass ends a turn and begins the next one.
func (t *turns) pass() {
	t.mu.Lock()
	defer t.mu.Unlock()
	if len(t.order) == 0 {
		t.taken = false
		return
	}
	tenant := t.order[0]
	t.order = t.order[1:]
	calls := t.waiting[tenant]
	close(calls[0])
	if len(calls) > 1 {
		t.waiting[tenant] = calls[1:]
		t.order = append(t.order, tenant)
	} else {
		delete(t.waiting, tenant)
	}
}

// leave removes a waiting call, and reports whether it was still waiting.
func (t *turns) leave(tenant string, turn chan struct{}) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	i := slices.Index(t.waiting[tenant], turn)
	if i < 0 {
		return false
	}
	if calls := slices.Delete(t.waiting[tenant], i, i+1); len(calls) > 0 {
		t.waiting[tenant] = calls
		return true
	}
	delete(t.waiting, tenant)
	t.order = slices.DeleteFunc(t.order, func(other string) bool { return other == tenant })
	return true
}
