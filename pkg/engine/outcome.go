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

// wait stores what is waited for, if that is new.
func (m *move) wait(ctx context.Context, seen providers.Seen, step providers.Step) (time.Time, error) {
	next := m.now.Add(m.config.PollQuick)
	if step.Pace == providers.Slow {
		next = m.now.Add(m.config.PollSlow)
		if m.now.Sub(m.r.Operation.Started) > 60*m.config.PollSlow {
			next = m.now.Add(3 * m.config.PollSlow)
		}
	}
	facts, fresh := lifecycle.AddFacts(m.r, m.secrets(), seen.Facts)
	op := m.r.Operation
	settles := seen.Exists && (!m.r.Unseen.IsZero() || m.r.Goal == store.Present && len(m.r.Unsettled) > 0)
	if !fresh && !settles && op.Step == step.Name && op.Attempt == 0 && op.CauseKind != store.CauseQuarantined && (op.State.Finished() || op.Description == step.Text) {
		return next, nil
	}
	return next, m.save(ctx, func(r *store.Record) {
		m.keep(r, facts, fresh)
		if seen.Exists {
			r.Unseen = time.Time{}
		}
		if seen.Exists && r.Goal == store.Present {
			r.Unsettled = nil // what it waits for is the effect
		}
		recovered(r.Operation)
		m.progress(r, step)
	})
}

// done ends the operation. Nothing is called gone before it is sure that no
// lost call can still make something.
func (m *move) done(ctx context.Context, step providers.Step) (time.Time, error) {
	if m.r.Goal == store.Present {
		credentials, err := lifecycle.SealStrings(step.Credentials)
		if err != nil {
			return time.Time{}, err
		}
		return time.Time{}, m.end(ctx, func(r *store.Record) {
			facts, fresh := lifecycle.AddFacts(r, m.secrets(), m.task.Facts)
			m.keep(r, facts, fresh)
			lifecycle.Succeed(r, credentials, m.now)
		})
	}
	if !m.r.IsBinding() {
		bindings, err := m.store.Bindings(ctx, m.r.InstanceID)
		if err != nil {
			return time.Time{}, err
		}
		for _, b := range bindings {
			if b.Err != nil {
				return time.Time{}, b.Err
			}
			if !b.Record.Settled || b.Record.Goal == store.Present {
				return m.now, nil // one came meanwhile: its turn is first
			}
		}
	}
	if d := afterMiss(m.r, m.now, m.config.Settle, m.config.PollSlow); d.do == doRest {
		return d.until, m.save(ctx, func(r *store.Record) {
			if r.MissingSince.IsZero() {
				r.MissingSince = m.now
			}
			r.Operation.NextTry = d.until
			m.progress(r, providers.WaitStep("settle", providers.Slow, lifecycle.TextSettling))
		})
	}
	return time.Time{}, m.end(ctx, func(r *store.Record) { lifecycle.EndLife(r, m.now) })
}

// refused ends the operation in failure; what has to be removed then is due at
// once.
func (m *move) refused(ctx context.Context, d decision) (time.Time, error) {
	err := m.end(ctx, func(r *store.Record) {
		r.Operation.CauseKind = d.kind
		lifecycle.Fail(r, d.text, m.now)
	})
	if err != nil || m.r.Settled {
		return time.Time{}, err
	}
	return later(m.r.Operation.NextTry, m.now), nil
}

// blunder deals with an error of a look, or of what comes before it.
func (m *move) blunder(ctx context.Context, err error) (time.Time, error) {
	if ctx.Err() != nil || m.halted() {
		return m.now, nil //nolint:nilerr // we are stopping: the error says nothing of the cloud
	}
	if d := afterError(m.r, err); d.do == doRefuse {
		return m.refused(ctx, d)
	}
	b := blameFor(err)
	saveErr := m.save(ctx, func(r *store.Record) {
		lifecycle.Note(r, m.now, r.Operation.Step, "failed", string(b))
		m.postpone(r, b, err)
	})
	return m.r.Operation.NextTry, saveErr
}

// postpone plans the next try after an error.
func (m *move) postpone(r *store.Record, b blame, err error) {
	op := r.Operation
	op.Attempt++
	op.NextTry = m.now.Add(delayAfter(b, op.Attempt))
	op.Cause, op.CauseKind = causeText(err), string(b)
	if !op.State.Finished() {
		op.State = store.Running
		if b == blameOperator || b == blameUser || op.Description == "" {
			op.Description = sentenceFor(err)
		}
	}
	if errors.Is(err, errGivenUp) {
		op.CauseKind = store.CauseQuarantined
		if !op.State.Finished() {
			op.Description = lifecycle.TextQuarantined
		}
	}
	m.metrics.retried(r.Provider, op.Kind, b)
	glog.Warningf("%s operation %s (%s) step %q try %d: %s: %v", r.Key, op.ID, op.Kind, op.Step, op.Attempt, b, err)
}

// keptCause is how much of an error's text a record keeps, in bytes.
const keptCause = 1 << 10

// causeText is the text of an error as a record keeps it.
func causeText(err error) string {
	text := err.Error()
	if len(text) <= keptCause {
		return text
	}
	return strings.ToValidUTF8(text[:keptCause], "") + "..."
}
