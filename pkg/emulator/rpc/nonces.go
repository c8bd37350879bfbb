package rpc

import (
	"sync"
	"time"
)

// nonces remembers which nonces were used, for at least as long as their
// timestamp can be valid: two generations, each of a whole window's length.
type nonces struct {
	mu       sync.Mutex
	now, old map[string]struct{}
	since    time.Time // when the present generation began
}

// use reports whether the nonce is fresh, and marks it as used.
func (n *nonces) use(accessKeyID, nonce string, at time.Time) bool {
	key := accessKeyID + " " + nonce
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.now == nil || at.Sub(n.since) > 2*window {
		n.old, n.now, n.since = n.now, make(map[string]struct{}), at
	}
	if _, used := n.now[key]; used {
		return false
	}
	if _, used := n.old[key]; used {
		return false
	}
	n.now[key] = struct{}{}
	return true
}
