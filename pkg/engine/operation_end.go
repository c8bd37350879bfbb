package engine

import (
	"context"
	"errors"
	"strings"
	"time"

	"github.com/golang/glog"

	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/lifecycle"
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/providers"
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/store"
)

// wait stores the step that the operation waits at, if it is new, and returns the
// time of the next look.
func (a *attempt) wait(ctx context.Context, seen providers.Seen, step providers.Step) (time.Time, error) {
	next, err := a.storeWait(ctx, seen, step)
	if err == nil {
		a.term.memory.keepMade(a.record, a.made)
	}
	return next, err
}

func (a *attempt) storeWait(ctx context.Context, seen providers.Seen, step providers.Step) (time.Time, error) {
	next := a.now.Add(a.pollInterval(step))
	facts, fresh := lifecycle.AddFacts(a.record, a.secrets(), seen.Facts)
	op := a.record.Operation
	settles := seen.Exists && (!a.record.Unseen.IsZero() || a.record.Goal == store.Present && len(a.record.Unsettled) > 0)
	if !fresh && !settles && op.Step == step.Name && op.Attempt == 0 && op.CauseKind != store.CauseQuarantined && (op.State.Finished() || op.Description == step.Text) {
		return next, nil
	}
	return next, a.save(ctx, func(r *store.Record) {
		keepFacts(r, facts, fresh)
		if seen.Exists {
			r.Unseen = time.Time{}
		}
		if seen.Exists && r.Goal == store.Present {
			r.Unsettled = nil // the effect is there, and the operation waits for its end
		}
		forgetFailures(r.Operation)
		showProgress(r, step)
	})
}

// finish ends the operation in success. A deletion ends only once every lost
// call has landed.
func (a *attempt) finish(ctx context.Context, step providers.Step) (time.Time, error) {
	if a.record.Goal == store.Present {
		return time.Time{}, a.succeed(ctx, step)
	}
	if !a.record.IsBinding() {
		switch has, err := a.hasBindings(ctx); {
		case err != nil:
			return time.Time{}, err
		case has:
			return a.now, nil // a new binding: its pass comes first
		}
	}
	if d := decideAfterMiss(a.record, a.now, a.config.Settle, a.config.PollSlow); d.action == requeueRecord {
		return d.notBefore, a.save(ctx, func(r *store.Record) {
			if r.MissingSince.IsZero() {
				r.MissingSince = a.now
			}
			r.Operation.NextTry = d.notBefore
			showProgress(r, providers.WaitStep("settle", providers.Slow, lifecycle.TextSettling))
		})
	}
	err := a.end(ctx, func(r *store.Record) {
		if r.Goal == store.Expired {
			lifecycle.EndLogin(r, a.now)
			return
		}
		lifecycle.EndLife(r, a.now)
		if step.Kept != "" {
			lifecycle.NoteKept(r, a.now, step.Kept)
		}
		if step.Remains != "" {
			lifecycle.NoteRemains(r, step.Remains)
		}
	})
	if err == nil && step.Kept != "" {
		a.term.engine.metrics.keptResources.WithLabelValues(a.record.Provider).Inc()
		glog.Infof("resource left to its owner by the deletion of its instance %s provider=%s resource=%q", keyValues(a.record.Key), a.record.Provider, step.Kept)
	}
	return time.Time{}, err
}

// succeed ends an operation that makes or changes something.
func (a *attempt) succeed(ctx context.Context, step providers.Step) error {
	credentials, err := lifecycle.SealStrings(step.Credentials)
	if err != nil {
		return err
	}
	err = a.end(ctx, func(r *store.Record) {
		facts, fresh := lifecycle.AddFacts(r, a.secrets(), a.task.Facts)
		keepFacts(r, facts, fresh)
		lifecycle.Succeed(r, credentials, a.now)
	})
	if err == nil {
		a.term.expiries.note(a.record)
	}
	return err
}

// hasBindings reports whether the instance has a binding that is not removed yet.
func (a *attempt) hasBindings(ctx context.Context) (bool, error) {
	bindings, err := a.term.engine.store.Bindings(ctx, a.record.InstanceID)
	if err != nil {
		return false, err
	}
	for _, b := range bindings {
		if b.Err != nil {
			return false, b.Err
		}
		if !b.Record.Settled || b.Record.Goal != store.Absent {
			return true, nil
		}
	}
	return false, nil
}

// fail ends the operation in failure; the clean-up that follows is due at once.
func (a *attempt) fail(ctx context.Context, d decision) (time.Time, error) {
	err := a.end(ctx, func(r *store.Record) {
		r.Operation.CauseKind = d.cause
		lifecycle.Fail(r, d.text, a.now)
	})
	if err != nil || a.record.Settled {
		return time.Time{}, err
	}
	return later(a.record.Operation.NextTry, a.now), nil
}

// handleError fails or postpones the operation after an error of Observe, or of
// the checks before it.
func (a *attempt) handleError(ctx context.Context, err error) (time.Time, error) {
	if ctx.Err() != nil || a.term.isEnding() {
		return a.now, nil //nolint:nilerr // the end of the term causes the error
	}
	if d := decideAfterError(a.record, err); d.action == failOperation {
		return a.fail(ctx, d)
	}
	saveErr := a.save(ctx, func(r *store.Record) {
		lifecycle.Note(r, a.now, r.Operation.Step, "failed", string(providers.ClassOf(err)))
		a.postpone(r, err)
	})
	return a.record.Operation.NextTry, saveErr
}

// postpone plans the next attempt after an error.
func (a *attempt) postpone(r *store.Record, err error) {
	op, class := r.Operation, providers.ClassOf(err)
	op.Attempt++
	op.NextTry = a.now.Add(delayAfter(class, r.Goal, op.Attempt))
	op.Cause, op.CauseKind = causeText(err), string(class)
	if !op.State.Finished() {
		op.State = store.Running
		switch {
		case class == providers.Operator, class == providers.User, class == providers.Unexplained, op.Description == "":
			op.Description = providers.Sentence(err)
		}
	}
	if errors.Is(err, errHung) {
		op.CauseKind = store.CauseQuarantined
		if !op.State.Finished() {
			op.Description = lifecycle.TextQuarantined
		}
	}
	a.term.engine.metrics.retried(r.Provider, op.Kind, class)
	glog.Warningf("attempt failed %s operation=%s kind=%s step=%s attempt=%d class=%s err=%q", keyValues(r.Key), op.ID, op.Kind, op.Step, op.Attempt, class, err)
}

// keptCause is the length to which a record cuts an error's text, in bytes.
const keptCause = 1 << 10

// causeText returns the text of an error as a record keeps it.
func causeText(err error) string {
	text := err.Error()
	if len(text) <= keptCause {
		return text
	}
	return strings.ToValidUTF8(text[:keptCause], "") + "..."
}
