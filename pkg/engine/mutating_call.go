package engine

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/golang/glog"

	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/lifecycle"
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/providers"
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/store"
)

// call makes the one mutating call of a step: it stores the intent, calls, and
// stores the result, even if the operation has ended meanwhile.
func (a *attempt) call(ctx context.Context, seen providers.Seen, step providers.Step) (time.Time, error) {
	if err := a.storeIntent(ctx, seen, step); err != nil {
		return time.Time{}, err
	}
	request, err := a.record.Frozen[step.Key()].Open()
	if err != nil {
		return time.Time{}, fmt.Errorf("step %s: request: %w", step.Name, err)
	}
	step.Request = request
	step.Token = a.task.Life.Token(a.record.Operation.ID, step.Key())

	if !a.term.lease.Held() {
		return time.Time{}, errDeposed
	}
	facts, callErr := a.do(ctx, step)
	a.now = a.config.Now()
	a.term.engine.metrics.called(a.record.Provider, step.Name, callErr)

	result := callResult{step: step, facts: facts, err: callErr}
	if callErr != nil && providers.ClassOf(callErr) == providers.User && a.record.Goal == store.Present {
		result.refused = true
		result.failText = a.withoutFallback(seen, step, facts, callErr)
	}
	outcome, err := a.storeResult(ctx, result)
	if err != nil {
		if callErr == nil && a.isOrphaned(ctx, facts, err) {
			a.undo(step, facts)
		}
		return time.Time{}, err
	}
	if lifecycle.IsUnrecoverable(callErr) {
		return time.Time{}, fmt.Errorf("step %s: %w", step.Name, callErr)
	}
	if outcome == operationContinues && callErr == nil {
		a.term.memory.noteMade(a.record, a.made, a.task.Begun, step.Key())
	}
	op := a.record.Operation
	if outcome == operationFailed {
		a.term.engine.metrics.ended(a.record.Provider, op)
		glog.Warningf("operation failed %s operation=%s kind=%s step=%s err=%q", keyValues(a.record.Key), op.ID, op.Kind, step.Name, callErr)
	}
	a.term.engine.watchers.notify(a.record.Key)
	switch {
	case outcome == operationContinues && callErr == nil && step.Pace == providers.Slow:
		return a.now.Add(a.config.PollFirst), nil
	case outcome == operationReplaced, callErr == nil:
		return a.now, nil
	}
	return later(op.NextTry, a.now), nil
}

// A callResult is the result of a mutating call.
type callResult struct {
	step  providers.Step
	facts providers.Facts
	err   error
	// refused: the cloud has definitely refused the call. failText is the sentence
	// to fail with, or "" where the provider has a fallback.
	refused  bool
	failText string
}

// A resultOutcome is the state of the operation after its result was stored.
type resultOutcome int

const (
	operationContinues resultOutcome = iota
	operationFailed                  // because of the result
	operationReplaced                // by another one, before the result came
)

// storeResult merges a result into the record.
func (a *attempt) storeResult(ctx context.Context, result callResult) (outcome resultOutcome, err error) {
	read, step := *a.record, result.step
	saved, err := a.term.write(ctx, read.Key, func(r *store.Record) error {
		outcome = operationContinues
		if r.Incarnation != read.Incarnation {
			return errSuperseded
		}
		if lifecycle.IsTombstone(r) { // purged meanwhile: the facts name the leftovers
			r.Facts = providers.Facts{Open: r.Facts}.Merge(providers.Facts{Open: result.facts.Open}).Open
			outcome = operationReplaced
			return nil
		}
		if err := a.mergeResult(r, step.Name, result.facts, result.err); err != nil {
			return err
		}
		if r.Operation.ID != read.Operation.ID || r.Goal != read.Goal {
			outcome = operationReplaced
			return nil
		}
		switch {
		case result.err == nil:
			delete(r.Operation.Unexplained, step.Key())
			forgetFailures(r.Operation)
		case isKept(result.err) && r.Goal != store.Present:
			a.failDeletion(r, result.err, &outcome)
		case result.refused && result.failText != "":
			r.Operation.Cause, r.Operation.CauseKind = causeText(result.err), string(providers.User)
			lifecycle.Fail(r, result.failText, a.now)
			outcome = operationFailed
		case result.refused:
			r.Refused = append(r.Refused, step.Name)
			delete(r.Frozen, step.Key())
		case providers.ClassOf(result.err) == providers.Unexplained && r.Goal == store.Present && lifecycle.IsRefusedTooLong(r.Operation, step.Key(), a.now):
			r.Operation.Cause, r.Operation.CauseKind = causeText(result.err), string(providers.Unexplained)
			lifecycle.Fail(r, providers.Sentence(result.err), a.now)
			outcome = operationFailed
		default:
			a.postpone(r, result.err)
		}
		return nil
	})
	if err == nil {
		*a.record = saved
	}
	return outcome, err
}

// isKept reports whether a plan's policy, or a rule of the user's own, keeps the
// resource from deletion.
func isKept(err error) bool {
	failure, ok := errors.AsType[*providers.Failure](err)
	return ok && failure.Kind == providers.Policy
}

// failDeletion ends a deletion in failure, as a Fail of the provider's Next does; its
// work continues at the slow pace.
func (a *attempt) failDeletion(r *store.Record, err error, outcome *resultOutcome) {
	if op := r.Operation; !op.State.Finished() {
		op.Cause, op.CauseKind = causeText(err), string(providers.Policy)
		*outcome = operationFailed
	}
	frozen := r.Frozen
	lifecycle.Fail(r, providers.Sentence(err), a.now)
	r.Frozen = frozen // the next attempt repeats the call
}

// storeIntent stores that the call is about to be made, with its whole request. A
// step that began earlier keeps its first request.
func (a *attempt) storeIntent(ctx context.Context, seen providers.Seen, step providers.Step) error {
	facts, fresh := lifecycle.AddFacts(a.record, a.secrets(), seen.Facts)
	return a.save(ctx, func(r *store.Record) {
		keepFacts(r, facts, fresh)
		if r.Frozen == nil {
			r.Frozen = map[string]store.Sealed{}
		}
		if r.Frozen[step.Key()].IsZero() {
			r.Frozen[step.Key()] = store.Seal(step.Request)
		}
		if seen.Exists {
			r.Unseen = time.Time{}
		}
		if r.Goal == store.Present && seen.Exists {
			// The operation reaches another step: the effect of the earlier ones was seen.
			for name := range r.Unsettled {
				if name != step.Name {
					delete(r.Unsettled, name)
				}
			}
		}
		if lost, again := r.Unsettled[step.Name]; again {
			r.Repeated = later(r.Repeated, lost) // the lost call may still land, after this one
			delete(r.Unsettled, step.Name)
		}
		timeout := a.config.CallTimeout
		if step.Repeatable {
			timeout = 0 // another process need not wait for the end of the call
		}
		r.Account, r.Epoch, r.MissingSince = a.task.Owner, a.term.lease.Epoch, time.Time{}
		r.Call = &store.Call{
			Step: step.Name, Epoch: a.term.lease.Epoch,
			Until: a.now.Add(timeout), Timeout: timeout.Milliseconds(),
		}
		showProgress(r, step)
	})
}

// mergeResult merges the facts and the outcome of a call into r.
func (a *attempt) mergeResult(r *store.Record, step string, got providers.Facts, callErr error) error {
	// A hung call stays open: it may still land.
	if r.Call != nil && r.Call.Epoch == a.term.lease.Epoch && !errors.Is(callErr, errHung) {
		r.Call = nil
	}
	secrets, err := lifecycle.OpenStrings(r.Secrets)
	if err != nil {
		return err
	}
	facts, fresh := lifecycle.AddFacts(r, secrets, got)
	keepFacts(r, facts, fresh)
	switch {
	case callErr == nil:
		delete(r.Unsettled, step)
		if a.task.Goal == providers.Present {
			r.Unseen = a.now
		}
		lifecycle.Note(r, a.now, step, "done", "")
	case providers.IsOutcomeUnknown(callErr), lifecycle.IsUnrecoverable(callErr):
		lifecycle.Unsettle(r, step, a.now)
		lifecycle.Note(r, a.now, step, "unknown", string(providers.ClassOf(callErr)))
	default:
		lifecycle.Note(r, a.now, step, "refused", string(providers.ClassOf(callErr)))
	}
	return nil
}

// withoutFallback asks the provider for its next step now that one is refused with facts. It
// returns the sentence to fail with, or "" if there is a fallback. The sentence of
// the step is about its request; where the caller is refused, which is a user's key
// because the class is User, the sentence of the error tells more.
func (a *attempt) withoutFallback(seen providers.Seen, step providers.Step, facts providers.Facts, err error) string {
	task := a.task
	task.Facts = task.Facts.Merge(facts)
	task.Refused = append(slices.Clone(task.Refused), step.Name)
	next := a.next(task, seen)
	switch {
	case next.Action == providers.Fail && !isCallerRefused(err):
		return next.Text
	case next.Action == providers.Fail:
		return providers.Sentence(err)
	case next.Action == providers.Call && slices.Contains(task.Refused, next.Name):
		return providers.Sentence(err)
	}
	return ""
}

// isCallerRefused reports whether err is about the credentials of a call.
func isCallerRefused(err error) bool {
	return errors.Is(err, providers.ErrCredentials) || errors.Is(err, providers.ErrDenied) || errors.Is(err, providers.ErrArrears)
}
