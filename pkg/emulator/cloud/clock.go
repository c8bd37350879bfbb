// Package cloud is the kernel that the emulated products share: the clock that
// decides the age of everything, who signed a request, which faults are to be
// played, and the journal of the calls that arrived.
package cloud

import (
	"sync"
	"time"
)

// A Clock is the emulator's time. It follows real time plus an offset, or is
// frozen and moves only by Advance and Set. It decides the age of everything in the
// cloud, but not whether a request was signed in time: SDKs sign by real time,
// so signature windows are checked against real time too, and a test that
// advances the clock locks nobody out. It is safe for concurrent use.
type Clock struct {
	mu     sync.Mutex
	frozen bool
	at     time.Time // the time of a frozen clock
	offset time.Duration
}

// NewClock returns a clock that follows real time.
func NewClock() *Clock { return &Clock{} }

// NewFrozenClock returns a clock that stands at t and moves only by Advance.
func NewFrozenClock(t time.Time) *Clock { return &Clock{frozen: true, at: t.UTC()} }

// Now returns the emulator's time in UTC.
func (c *Clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.frozen {
		return c.at
	}
	return time.Now().UTC().Add(c.offset)
}

// Frozen tells whether the clock stands.
func (c *Clock) Frozen() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.frozen
}

// Freeze stops the clock where it is.
func (c *Clock) Freeze() {
	c.mu.Lock()
	defer c.mu.Unlock()
	if !c.frozen {
		c.frozen, c.at = true, time.Now().UTC().Add(c.offset)
	}
}

// Resume lets a frozen clock go on from where it stands.
func (c *Clock) Resume() {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.frozen {
		c.frozen, c.offset = false, time.Until(c.at)
	}
}

// Set moves the clock to t. A frozen clock stands there, another goes on from
// there.
func (c *Clock) Set(t time.Time) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.at, c.offset = t.UTC(), time.Until(t)
}

// Advance moves the clock by d, forwards or (a negative d) backwards.
func (c *Clock) Advance(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.at = c.at.Add(d)
	c.offset += d
}
