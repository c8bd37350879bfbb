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

// call makes the one mutating call of a step: the intent is stored, the call
// made, and what it gave stored, whatever has become of the operation
// meanwhile.
func (m *move) call(ctx context.Context, seen providers.Seen, step providers.Step) (time.Time, error) {
	if err := m.intend(ctx, seen, step); err != nil {
		return time.Time{}, err
	}
	request, err := m.r.Frozen[step.Key()].Open()
	if err != nil {
		return time.Time{}, fmt.Errorf("step %s: request: %w", step.Name, err)
	}
	step.Request = request
	step.Token = m.task.Life.Token(m.r.Operation.ID, step.Key())
	id := m.r.Operation.ID

	if !m.lease.Held() {
		return time.Time{}, errDeposed
	}
	facts, callErr := m.do(ctx, step)
	m.now = m.config.Now()
	m.metrics.called(m.r.Provider, step.Name, callErr)

	// If the cloud has definitely refused it, the provider may know another way.
	refused := callErr != nil && blameFor(callErr) == blameUser && m.r.Goal == store.Present
	text := ""
	if refused {
		text = m.noOtherWay(seen, step, callErr)
	}
	moved, ended := false, false
	saved, err := m.write(ctx, m.r.Key, func(r *store.Record) error {
		moved, ended = false, false
		if r.Incarnation != m.r.Incarnation {
			return errMoved
		}
		if lifecycle.IsTombstone(r) { // purged meanwhile: the facts name what is left
			r.Facts = providers.Facts{Open: r.Facts}.Merge(providers.Facts{Open: facts.Open}).Open
			moved = true
			return nil
		}
		if err := m.learn(r, step.Name, facts, callErr); err != nil {
			return err
		}
		if r.Operation.ID != id || r.Goal != m.r.Goal {
			moved = true
			return nil
		}
		switch {
		case callErr == nil:
			recovered(r.Operation)
		case refused && text != "":
			r.Operation.Cause, r.Operation.CauseKind = causeText(callErr), string(blameUser)
			lifecycle.Fail(r, text, m.now)
			ended = true
		case refused:
			r.Refused = append(r.Refused, step.Name)
			delete(r.Frozen, step.Key())
		default:
			m.postpone(r, blameFor(callErr), callErr)
		}
		return nil
	})
	if err != nil {
		if callErr == nil && m.isNobodys(ctx, facts, err) {
			m.undo(step, facts)
		}
		return time.Time{}, err
	}
	*m.r = saved
	if lifecycle.IsUnrecoverable(callErr) {
		return time.Time{}, fmt.Errorf("step %s: %w", step.Name, callErr)
	}
	if ended {
		op := m.r.Operation
		m.metrics.ended(m.r.Provider, op)
		glog.Warningf("%s operation %s (%s) failed at step %q: %v", m.r.Key, op.ID, op.Kind, step.Name, callErr)
	}
	m.watchers.tell(m.r.Key)
	if moved || callErr == nil {
		return m.now, nil
	}
	return later(m.r.Operation.NextTry, m.now), nil
}

// intend stores that the call is about to be made, with its whole request. A
// step that was begun before keeps the request of then.
func (m *move) intend(ctx context.Context, seen providers.Seen, step providers.Step) error {
	facts, fresh := lifecycle.AddFacts(m.r, m.secrets(), seen.Facts)
	return m.save(ctx, func(r *store.Record) {
		m.keep(r, facts, fresh)
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
			// It goes on to another step: the effect of the earlier ones was seen.
			for name := range r.Unsettled {
				if name != step.Name {
					delete(r.Unsettled, name)
				}
			}
		}
		if lost, again := r.Unsettled[step.Name]; again {
			r.Repeated = later(r.Repeated, lost) // and may still have its effect, after this one's
			delete(r.Unsettled, step.Name)
		}
		r.Account, r.Epoch, r.MissingSince = m.task.Owner, m.lease.Epoch, time.Time{}
		r.Call = &store.Call{
			Step: step.Name, Epoch: m.lease.Epoch,
			Until: m.now.Add(m.config.CallTimeout), Timeout: m.config.CallTimeout.Milliseconds(),
		}
		m.progress(r, step)
	})
}

// learn merges what the call returned.
func (m *move) learn(r *store.Record, step string, got providers.Facts, callErr error) error {
	// A call that was given up stays open: it may still be on its way.
	if r.Call != nil && r.Call.Epoch == m.lease.Epoch && !errors.Is(callErr, errGivenUp) {
		r.Call = nil
	}
	secrets, err := lifecycle.OpenStrings(r.Secrets)
	if err != nil {
		return err
	}
	facts, fresh := lifecycle.AddFacts(r, secrets, got)
	m.keep(r, facts, fresh)
	switch {
	case callErr == nil:
		delete(r.Unsettled, step)
		if m.task.Goal == providers.Present {
			r.Unseen = m.now
		}
		lifecycle.Note(r, m.now, step, "done", "")
	case outcomeUnknown(callErr), lifecycle.IsUnrecoverable(callErr):
		lifecycle.Unsettle(r, step, m.now)
		lifecycle.Note(r, m.now, step, "unknown", string(blameFor(callErr)))
	default:
		lifecycle.Note(r, m.now, step, "refused", string(blameFor(callErr)))
	}
	return nil
}

// noOtherWay asks the provider what it would do now that the step is refused.
// It returns the sentence to fail with, or "" if there is another step to try.
func (m *move) noOtherWay(seen providers.Seen, step providers.Step, err error) string {
	task := m.task
	task.Refused = append(slices.Clone(task.Refused), step.Name)
	next := m.provider.Next(task, seen)
	switch {
	case next.Action == providers.Fail:
		return next.Text
	case next.Action == providers.Call && slices.Contains(task.Refused, next.Name):
		return sentenceFor(err)
	}
	return ""
}
