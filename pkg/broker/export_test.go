package broker

import "time"

// Stop ends a term that was never run, for tests that drive it turn by turn.
func (t *Term) Stop() {
	t.queue.ShutDown()
	t.end(t)
}

// Backoff is the delay after the n-th failure.
func Backoff(n int, first, most time.Duration) time.Duration { return backoff(n, first, most) }
