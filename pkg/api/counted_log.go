package api

import (
	"sync"
	"time"
)

// Bounds of the log of refused requests.
const (
	LogInterval    = 10 * time.Second // for which repeated refusals become one line
	SingleRefusals = 5                // of each interval that have lines of their own
)

// A CountedLog keeps a flood of equal events from flooding the log. In each
// interval the first few events are logged by their callers, and the others
// become one line at the interval's end, with their number and the last of them.
type CountedLog struct {
	interval time.Duration
	single   int
	write    func(count int, last string)

	mu      sync.Mutex
	running bool // an interval has begun
	seen    int  // events of the interval
	last    string
}

// NewCountedLog returns a log that leaves the first `single` events of each
// interval to their callers. write logs the number of the others, and the last.
func NewCountedLog(interval time.Duration, single int, write func(count int, last string)) *CountedLog {
	return &CountedLog{interval: interval, single: single, write: write}
}

// Add takes an event, and reports whether its caller logs it. Otherwise it is
// counted; last describes it, and is free of secrets.
func (l *CountedLog) Add(last string) (isSingle bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if !l.running {
		l.running = true
		time.AfterFunc(l.interval, l.end)
	}
	l.seen++
	if l.seen <= l.single {
		return true
	}
	l.last = last
	return false
}

// end ends an interval.
func (l *CountedLog) end() {
	l.mu.Lock()
	count, last := l.seen-l.single, l.last
	l.running, l.seen, l.last = false, 0, ""
	l.mu.Unlock()
	if count > 0 {
		l.write(count, last)
	}
}
