package cloud

import (
	"context"
	"net/http"
	"slices"
	"strings"
	"sync"
	"time"
)

// An Effect is the consequence of a fault for a call.
type Effect int

// The effects of a fault.
const (
	FailBefore Effect = iota // answer the error instead of doing the call
	DropBefore               // close the connection instead of doing the call
	DropAfter                // do it, then close the connection: a lost response
	FailAfter                // do it, then answer the error
	Hang                     // hold the call until the client leaves or Release, instead of doing it
	Slow                     // do it and answer, but only after the Delay
	Twice                    // do it, and once more, and answer as the second time: a request that was repeated on its way
	HangAfter                // do it, then hold the answer until the client leaves or Release
	Late                     // hold the call until Release, even after the client has left, then do it: a request that was long on its way
)

// String returns the name of the effect as the control API spells it.
func (e Effect) String() string {
	switch e {
	case FailBefore:
		return "fail-before"
	case DropBefore:
		return "drop-before"
	case DropAfter:
		return "drop-after"
	case FailAfter:
		return "fail-after"
	case Hang:
		return "hang"
	case Slow:
		return "delay"
	case Twice:
		return "twice"
	case HangAfter:
		return "hang-after"
	case Late:
		return "late"
	default:
		return "unknown"
	}
}

// ParseEffect finds an effect by its name.
func ParseEffect(name string) (e Effect, ok bool) {
	for e := FailBefore; e <= Late; e++ {
		if e.String() == name {
			return e, true
		}
	}
	return 0, false
}

// A Fault is a rule for the next calls of an action.
type Fault struct {
	Action string        // "CreateDBInstance", "rds:CreateDBInstance", "oss:*" for a product, or "*" for every call
	Effect Effect        // the consequence
	Code   string        // the error code answered; empty means ServiceUnavailable
	Status int           // the HTTP status answered; 0: the product chooses by the code
	Skip   int           // how many calls of the action pass before it meets one
	Times  int           // how many calls it meets; 0 or less: until cleared
	Delay  time.Duration // real time that passes before the effect
	// Struck, if set, is called for each call that the rule hits: after the
	// call was done, if the effect does it, and before the call is answered,
	// dropped or held.
	Struck func()
}

// Strike calls Struck.
func (f Fault) Strike() {
	if f.Struck != nil {
		f.Struck()
	}
}

// fits reports whether the pattern of a rule covers a call of action, which is
// "rds:CreateDBInstance" or a bare name.
func fits(pattern, action string) bool {
	if pattern == "*" || pattern == action {
		return true
	}
	product, name, ok := strings.Cut(action, ":")
	return ok && (pattern == name || pattern == product+":*")
}

// Faults holds the rules in the order of their addition. The first rule that
// fits a call is used; calls that fit no rule are subject to the limits. It is
// safe for concurrent use; the zero value is empty.
type Faults struct {
	mu       sync.Mutex
	rules    []Fault
	limits   []*limit
	released chan struct{} // closed by Release; made when first needed
}

// Add appends a rule.
func (f *Faults) Add(rule Fault) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.rules = append(f.rules, rule)
}

// Clear removes all rules and limits and ends held calls.
func (f *Faults) Clear() {
	f.mu.Lock()
	f.rules, f.limits = nil, nil
	f.mu.Unlock()
	f.Release()
}

// Rules returns the rules that wait, with the uses that they have left.
func (f *Faults) Rules() []Fault {
	f.mu.Lock()
	defer f.mu.Unlock()
	return slices.Clone(f.rules)
}

// Take returns the rule for a call of action and consumes one use of it. A rule
// that skips the call counts it and leaves it to the later rules. A call beyond
// a limit gets a rule that fails it.
func (f *Faults) Take(action string) (Fault, bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	for i := range f.rules {
		rule := f.rules[i]
		if !fits(rule.Action, action) {
			continue
		}
		if rule.Skip > 0 {
			f.rules[i].Skip--
			continue
		}
		if rule.Times == 1 {
			f.rules = append(f.rules[:i:i], f.rules[i+1:]...)
		} else if rule.Times > 1 {
			f.rules[i].Times--
		}
		return rule, true
	}
	return f.overLimit(action)
}

// Release ends the calls that are held now. Later calls are held again.
func (f *Faults) Release() {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.released != nil {
		close(f.released)
		f.released = nil
	}
}

// Hold blocks until ctx ends or Release: the body of the Hang effect.
func (f *Faults) Hold(ctx context.Context) {
	f.mu.Lock()
	if f.released == nil {
		f.released = make(chan struct{})
	}
	released := f.released
	f.mu.Unlock()
	select {
	case <-ctx.Done():
	case <-released:
	}
}

// Wait waits for the fault's Delay in real time, or until ctx ends.
func (f Fault) Wait(ctx context.Context) {
	if f.Delay <= 0 {
		return
	}
	timer := time.NewTimer(f.Delay)
	defer timer.Stop()
	select {
	case <-ctx.Done():
	case <-timer.C:
	}
}

// DropConnection ends the handler of an HTTP request without an answer, by a
// panic: the client sees its connection closed.
func DropConnection() { panic(http.ErrAbortHandler) }
