package api

import (
	"context"
	"sync"
	"time"
)

// Delays of 401s.
const (
	freeFailures = 10 // within forgetAfter of each other: a mistyped password, a conformance checker
	firstDelay   = 10 * time.Millisecond
	longestDelay = time.Second
	forgetAfter  = time.Minute
	// answerEvery is the time between two delayed 401s, some 160 per second, so
	// that with the free ones and with late timers 200 per second stay the bound.
	answerEvery = 6250 * time.Microsecond
	longestHold = 5 * time.Second
)

// failures delays 401s, so that guessing is slow: a single client gets one per
// second, and all clients of a port together less than 200 per second, on however
// many connections. It counts for the whole process, since all requests of a
// platform come from one address, and an attacker's may too. A request with good
// credentials is served without delay.
type failures struct {
	longest time.Duration

	mu    sync.Mutex
	count int
	last  time.Time
	next  time.Time // of the last delayed 401 that is promised
}

// wait counts a failure and delays its 401. It reports false if the 401 must stay
// unsent: so many are delayed that it would come after longestHold, or the client
// has gone.
func (f *failures) wait(ctx context.Context, now time.Time) (answer bool) {
	delay, answer := f.begin(now)
	if delay == 0 {
		return answer
	}
	markRefused(ctx)
	timer := time.NewTimer(delay)
	defer timer.Stop()
	select {
	case <-timer.C:
		return answer
	case <-ctx.Done():
		return false
	}
}

// begin returns the delay, and whether a 401 may follow. Each 401 has a time of
// its own, so that a client that leaves has used one up.
func (f *failures) begin(now time.Time) (delay time.Duration, answer bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if now.Sub(f.last) > forgetAfter {
		f.count = 0
	}
	f.count++
	f.last = now
	if f.count <= freeFailures {
		return 0, true
	}
	delay = min(firstDelay<<min(f.count-freeFailures-1, 10), f.longest)
	at := now.Add(delay)
	if soonest := f.next.Add(answerEvery); at.Before(soonest) {
		at = soonest
	}
	if delay = at.Sub(now); delay > longestHold {
		return longestHold, false
	}
	f.next = at
	return delay, true
}
