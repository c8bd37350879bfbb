package engine

import "sync"

// How many workers may stand in for those whose calls take long, for each that
// was asked for.
const standInsEach = 7

// A crew is the workers of a term. One whose call takes long is relieved:
// another stands in for it, so that a service that hangs does not hold up the
// others.
type crew struct {
	mu      sync.Mutex
	hire    func() // starts a worker; nil: there is no crew
	most    int
	standIn int // workers that stand in for others
	tooMany int // workers whose places were taken back
}

// begin starts n workers.
func (c *crew) begin(n int, hire func()) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.hire, c.most = hire, n*standInsEach
	for range n {
		hire()
	}
}

// relieve starts a worker in place of one that is held up. Only a worker of
// the crew may call it, and it calls back when it works again.
func (c *crew) relieve() (back func()) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.hire == nil || c.standIn >= c.most {
		return func() {}
	}
	c.standIn++
	c.hire()
	return func() {
		c.mu.Lock()
		defer c.mu.Unlock()
		c.standIn--
		c.tooMany++
	}
}

// mayLeave says, to one of those that are too many, that it is not needed.
func (c *crew) mayLeave() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.tooMany == 0 {
		return false
	}
	c.tooMany--
	return true
}
