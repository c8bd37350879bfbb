package engine

import (
	"fmt"
	"time"

	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/lifecycle"
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/providers"
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/store"
)

// What the engine does with a record is decided by the functions of this file,
// from what they are given alone, as Provider.Next decides on a step. What
// they decide is done in step.go, call.go and outcome.go.

// A decision is what to do with a record now.
type decision struct {
	do    action
	until time.Time // doRest: when to come back
	text  string    // doRefuse: for the user
	kind  string    // doRefuse: the cause's
}

// An action of the engine.
type action string

const (
	doRest   action = "rest"   // nothing may be begun before a time
	doRefuse action = "refuse" // the operation ends in failure
	doLook   action = "look"   // at what there is in the cloud
	doWait   action = "wait"   // for the cloud
	doCall   action = "call"   // a call
	doFinish action = "finish" // the goal is reached
)

// beforeLook decides on a record before anything is asked of the cloud. Until
// hold an earlier call may still be on its way; longest is the longest pause
// that this broker makes.
func beforeLook(r, of *store.Record, now, hold time.Time, longest time.Duration) decision {
	// A later try was set by a clock that has been set back since.
	if next := r.Operation.NextTry; now.Before(next) && next.Sub(now) <= longest {
		return decision{do: doRest, until: next}
	}
	if text := hopeless(r, of, now); text != "" && !hold.After(now) {
		return decision{do: doRefuse, text: text, kind: store.CauseDeadline}
	}
	if r.Goal == store.Absent && r.Account == "" {
		return decision{do: doFinish} // no call was ever made for it
	}
	return decision{do: doLook}
}

// hopeless is why r can no longer come to be, or "": a binding whose instance is
// gone, and an operation past its deadline.
func hopeless(r, of *store.Record, now time.Time) string {
	switch op := r.Operation; {
	case r.Goal == store.Absent:
		return ""
	case of != nil && (!lifecycle.Exists(of) || of.Goal == store.Absent || r.Parent != "" && r.Parent != of.Incarnation):
		return lifecycle.TextNoInstance
	case op.Deadline.IsZero() || now.Before(op.Deadline):
		return ""
	case op.Kind == store.Update:
		return lifecycle.TextUpdateLate
	}
	return lifecycle.TextOverdue
}

// afterLook decides on the provider's step. While an earlier call may still
// have its effect the record is only looked at, and called neither gone nor
// failed.
func afterLook(r *store.Record, step providers.Step, now, hold time.Time) (decision, error) {
	d := decision{}
	switch step.Action {
	case providers.Wait:
		return decision{do: doWait}, nil
	case providers.Done:
		d.do = doFinish
	case providers.Fail:
		d = decision{do: doRefuse, text: step.Text, kind: string(step.Kind)}
	case providers.Call:
		d.do = doCall
	default:
		return d, fmt.Errorf("%w: provider %s: unknown action %q", lifecycle.ErrUnrecoverable, r.Provider, step.Action)
	}
	if hold.After(now) && (d.do != doFinish || r.Goal == store.Absent) {
		return decision{do: doRest, until: hold}, nil
	}
	return d, nil
}

// afterMiss decides on a record of which nothing is left to be seen: it is gone
// once no call can have its effect any more, and has been looked for after
// that. pace is how often it is looked for.
func afterMiss(r *store.Record, now time.Time, settle, pace time.Duration) decision {
	unsure := later(lastOf(r.Unsettled), r.Unseen)
	if now.Before(r.Repeated.Add(settle)) {
		unsure = later(unsure, r.Repeated)
	}
	if unsure.IsZero() {
		return decision{do: doFinish}
	}
	sure := unsure.Add(settle)
	switch {
	case now.Before(sure):
		return decision{do: doRest, until: sure}
	case r.MissingSince.IsZero():
		return decision{do: doRest, until: now.Add(pace)}
	}
	return decision{do: doFinish}
}

// afterError decides on an error of a look, or of what comes before it: what
// the user can mend ends the operation, unless it deletes; all else is tried
// again.
func afterError(r *store.Record, err error) decision {
	b := blameFor(err)
	if b == blameUser && r.Goal == store.Present {
		return decision{do: doRefuse, text: sentenceFor(err), kind: string(b)}
	}
	return decision{do: doLook}
}

// lastOf is the last of the times; zero: there is none.
func lastOf(times map[string]time.Time) time.Time {
	var last time.Time
	for _, t := range times {
		last = later(last, t)
	}
	return last
}

// later of two times.
func later(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}
