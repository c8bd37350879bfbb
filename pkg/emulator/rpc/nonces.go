package rpc

import (
	"hash/maphash"
	"sync"
	"time"
)

// nonces remembers which nonces were used for as long as the timestamp that
// they came with is valid, so that a replay is refused as one. It keeps hashes
// of 64 bits, by the minute in which they may be forgotten: at 5,000 calls a
// second that is some 100 MB.
type nonces struct {
	mu   sync.Mutex
	seed maphash.Seed
	used map[int64]map[uint64]struct{} // by the minute since 1970
	last int64                         // the minute in which the old were forgotten
}

// use reports whether the nonce, which came with a timestamp, is fresh now, and
// marks it as used.
func (n *nonces) use(accessKeyID, nonce string, timestamp, now time.Time) bool {
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.used == nil {
		n.seed, n.used = maphash.MakeSeed(), make(map[int64]map[uint64]struct{})
	}
	if minute := now.Unix() / 60; minute != n.last {
		for until := range n.used {
			if until < minute {
				delete(n.used, until)
			}
		}
		n.last = minute
	}
	h := maphash.Comparable(n.seed, [2]string{accessKeyID, nonce})
	for _, used := range n.used {
		if _, ok := used[h]; ok {
			return false
		}
	}
	until := timestamp.Add(window).Unix() / 60
	if n.used[until] == nil {
		n.used[until] = make(map[uint64]struct{})
	}
	n.used[until][h] = struct{}{}
	return true
}
