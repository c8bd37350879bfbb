package engine

import (
	"fmt"
	"time"

	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/lifecycle"
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/providers"
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/store"
)

// The functions of this file decide the next action on a record from their
// arguments alone. attempt.go, mutating_call.go and operation_end.go carry
// the decisions out.

// A decision is the next action on a record.
type decision struct {
	action    action
	notBefore time.Time // requeueRecord: next attempt
	text      string    // failOperation: sentence for the user
	cause     string    // failOperation: cause kind of the operation
}

// An action of the engine.
type action string

const (
	requeueRecord action = "requeue" // wait until notBefore
	failOperation action = "fail"    // end the operation in failure
	observeCloud  action = "observe" // look at the cloud
	waitForCloud  action = "wait"    // the cloud is busy with it
	makeCall      action = "call"    // make the step's call
	reachGoal     action = "finish"  // end the operation in success
)

// decideBeforeLook decides on a record before the provider observes. Until landsUntil
// an earlier call may still land; longest is the longest pause that this broker
// makes.
func decideBeforeLook(r, instance *store.Record, now, landsUntil time.Time, longest time.Duration) decision {
	// A later time comes from a clock that has been set back since.
	if next := r.Operation.NextTry; now.Before(next) && next.Sub(now) <= longest {
		return decision{action: requeueRecord, notBefore: next}
	}
	if text := unrecoverable(r, instance, now); text != "" && !landsUntil.After(now) {
		return decision{action: failOperation, text: text, cause: store.CauseDeadline}
	}
	if r.Goal == store.Absent && r.Account == "" {
		return decision{action: reachGoal} // no call was ever made for it
	}
	return decision{action: observeCloud}
}

// unrecoverable returns why the operation of r can no longer succeed, or "": its
// deadline has passed, or the instance of the binding is deleted.
func unrecoverable(r, instance *store.Record, now time.Time) string {
	switch op := r.Operation; {
	case r.Goal != store.Present:
		return ""
	case instance != nil && (!lifecycle.Exists(instance) || instance.Goal == store.Absent || r.Parent != "" && r.Parent != instance.Incarnation):
		return lifecycle.TextNoInstance
	case op.Deadline.IsZero() || now.Before(op.Deadline):
		return ""
	case op.Kind == store.Update:
		return lifecycle.TextUpdateLate
	}
	return lifecycle.TextOverdue
}

// decideAfterLook decides on the provider's step. While an earlier call may still
// land, the record is only observed: it is neither ended nor changed.
func decideAfterLook(r *store.Record, step providers.Step, now, landsUntil time.Time) (decision, error) {
	d := decision{}
	switch step.Action {
	case providers.Wait:
		return decision{action: waitForCloud}, nil
	case providers.Done:
		d.action = reachGoal
	case providers.Fail:
		d = decision{action: failOperation, text: step.Text, cause: string(step.Kind)}
	case providers.Call:
		d.action = makeCall
	default:
		return d, fmt.Errorf("%w: provider %s: unknown action %q", lifecycle.ErrUnrecoverable, r.Provider, step.Action)
	}
	if landsUntil.After(now) && (d.action != reachGoal || r.Goal != store.Present) {
		return decision{action: requeueRecord, notBefore: landsUntil}, nil
	}
	return d, nil
}

// decideAfterMiss decides on a deletion that found all resources missing: it ends
// once every call has landed for certain and a later look found them missing again.
// interval is the time between looks.
func decideAfterMiss(r *store.Record, now time.Time, settle, interval time.Duration) decision {
	sure := sureFrom(r, now, settle)
	switch {
	case sure.IsZero():
		return decision{action: reachGoal}
	case now.Before(sure):
		return decision{action: requeueRecord, notBefore: sure}
	case r.MissingSince.IsZero():
		return decision{action: requeueRecord, notBefore: now.Add(interval)}
	}
	return decision{action: reachGoal}
}

// sureFrom returns the time from which every call of r has landed for certain, or
// zero if no call is in doubt.
func sureFrom(r *store.Record, now time.Time, settle time.Duration) time.Time {
	unsure := later(lastOf(r.Unsettled), r.Unseen)
	if now.Before(r.Repeated.Add(settle)) {
		unsure = later(unsure, r.Repeated)
	}
	if unsure.IsZero() {
		return time.Time{}
	}
	return unsure.Add(settle)
}

// decideAfterError decides on an error of Observe, or of the checks before it: a
// user's error ends the operation, unless it deletes; any other is retried.
func decideAfterError(r *store.Record, err error) decision {
	if class := providers.ClassOf(err); class == providers.User && r.Goal == store.Present {
		return decision{action: failOperation, text: providers.Sentence(err), cause: string(class)}
	}
	return decision{action: observeCloud}
}

// lastOf returns the last of the times, or zero.
func lastOf(times map[string]time.Time) time.Time {
	var last time.Time
	for _, t := range times {
		last = later(last, t)
	}
	return last
}

// later returns the later of two times.
func later(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}
