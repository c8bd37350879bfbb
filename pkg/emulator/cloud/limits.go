package cloud

import "time"

// A Limit throttles by rate: so many calls per second of the emulator's time,
// more are answered with the code of a user's flow control.
type Limit struct {
	Action    string  // as in Fault: an action, "rds:*" for a product, or "*"
	PerSecond float64 // calls a second on average, and at once if it is more than one
	Code      string  // empty means Throttling.User
}

// limit is a bucket of tokens, which time fills.
type limit struct {
	Limit

	clock  *Clock
	tokens float64
	filled time.Time
}

// Limit throttles from now on, in addition to other limits. It uses the
// emulator's clock: a frozen clock admits the calls of one second until it
// moves.
func (f *Faults) Limit(clock *Clock, l Limit) {
	if l.Code == "" {
		l.Code = "Throttling.User"
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	f.limits = append(f.limits, &limit{Limit: l, clock: clock, tokens: l.burst(), filled: clock.Now()})
}

// Limits returns the limits that are in force.
func (f *Faults) Limits() []Limit {
	f.mu.Lock()
	defer f.mu.Unlock()
	list := make([]Limit, 0, len(f.limits))
	for _, l := range f.limits {
		list = append(list, l.Limit)
	}
	return list
}

// burst returns the number of calls that may come at once.
func (l Limit) burst() float64 { return max(l.PerSecond, 1) }

// overLimit takes a token of each limit that fits the call. A call that one
// limit refuses leaves the tokens of the others.
func (f *Faults) overLimit(action string) (Fault, bool) {
	var fitting []*limit
	for _, l := range f.limits {
		if !fits(l.Action, action) {
			continue
		}
		now := l.clock.Now()
		l.tokens = min(l.burst(), l.tokens+l.PerSecond*max(now.Sub(l.filled).Seconds(), 0))
		l.filled = now
		if l.tokens < 1 {
			return Fault{Action: l.Action, Effect: FailBefore, Code: l.Code}, true
		}
		fitting = append(fitting, l)
	}
	for _, l := range fitting {
		l.tokens--
	}
	return Fault{}, false
}
