// Package cloud is the kernel that the emulated products share: the clock, the
// identity of callers, the faults to inject, and the journal of calls.
package cloud

import (
	"sync"
	"time"
)

// A Clock is the emulator's time. It follows real time plus an offset, or is
// frozen and moves only by Advance and Set. It decides the age of everything in
// the cloud. Signatures are checked against real time, because SDKs sign by
// real time: a test may advance the clock and still sign. It is safe for
// concurrent use.
type Clock struct {
	mu     sync.Mutex
	frozen bool
	at     time.Time // the time of a frozen clock
	offset time.Duration
}

// NewClock returns a clock that follows real time.
func NewClock() *Clock { return &Clock{} }

// NewFrozenClock returns a clock that is frozen at t and moves only by Advance
// and Set.
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

// Frozen reports whether the clock is frozen.
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

// Resume lets a frozen clock run again from its time.
func (c *Clock) Resume() {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.frozen {
		c.frozen, c.offset = false, time.Until(c.at)
	}
}

// Set moves the clock to t. A frozen clock stays there, another runs on from
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
