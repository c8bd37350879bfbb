package broker

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/golang/glog"

	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/alicloud"
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/providers"
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/store"
)

// errMoved: the record is at another operation than when it was read.
var errMoved = errors.New("the record has moved on")

// A move is one step of one record: observe, decide, store the step, make one
// call, store what it gave.
type move struct {
	*Engine

	r        *store.Record // as last read or written
	of       *store.Record // the instance of a binding
	provider providers.Provider
	task     providers.Task
	now      time.Time
}

// step moves a record that is not settled by one step and returns when the
// next is due.
func (e *Engine) step(ctx context.Context, r, of *store.Record) (time.Time, error) {
	m := &move{Engine: e, r: r, of: of, now: e.config.Now()}
	next, err := m.run(ctx)
	switch {
	case errors.Is(err, errMoved):
		return m.now, nil
	case err != nil:
		return time.Time{}, fmt.Errorf("%s: %w", r.Key, err)
	}
	return next, nil
}

func (m *move) run(ctx context.Context) (time.Time, error) {
	op := m.r.Operation
	if m.now.Before(op.NextTry) {
		return op.NextTry, nil
	}
	hold, err := m.holdFor(ctx)
	if err != nil {
		return time.Time{}, err
	}
	if next, ended, err := m.hopeless(ctx, hold); ended || err != nil {
		return next, err
	}
	if m.r.Goal == store.Absent && m.r.Account == "" {
		return m.done(ctx, providers.Step{}) // no call was ever made for it
	}
	var ok bool
	if m.provider, ok = m.providers[m.r.Provider]; !ok {
		return time.Time{}, fmt.Errorf("no provider %q in this broker", m.r.Provider)
	}
	account, err := m.account(ctx)
	if err != nil {
		return m.blunder(ctx, err)
	}
	if m.task, err = taskOf(m.config.BrokerID, m.r, m.of); err != nil {
		return time.Time{}, err
	}
	m.task.Account = account

	look, end := context.WithTimeout(ctx, m.config.LookTimeout)
	seen, err := m.provider.Observe(look, m.task)
	end()
	m.now = m.config.Now()
	if err != nil {
		return m.blunder(ctx, fmt.Errorf("observe: %w", err))
	}
	m.task.Facts = m.task.Facts.Merge(seen.Facts)
	step := m.provider.Next(m.task, seen)
	if hold.After(m.now) && step.Action != providers.Wait && (step.Action != providers.Done || m.r.Goal == store.Absent) {
		return hold, nil // an earlier call may still have its effect: only look
	}
	switch step.Action {
	case providers.Wait:
		return m.wait(ctx, seen, step)
	case providers.Done:
		return m.done(ctx, step)
	case providers.Fail:
		return m.refused(ctx, step.Text, string(step.Kind))
	case providers.Call:
		return m.call(ctx, seen, step)
	}
	return time.Time{}, fmt.Errorf("provider %s: unknown action %q", m.r.Provider, step.Action)
}

// holdFor finds a call that was open when its engine ended. Until that call
// must have ended, the record is only looked at; the time is counted from when
// this engine first saw it, since clocks differ.
func (m *move) holdFor(ctx context.Context) (time.Time, error) {
	c := m.r.Call
	if c == nil {
		return time.Time{}, nil
	}
	until := c.Until
	if c.Epoch != m.epoch {
		if c.SeenBy != m.epoch {
			if err := m.save(ctx, func(r *store.Record) { r.Call.Seen, r.Call.SeenBy = m.now, m.epoch }); err != nil {
				return time.Time{}, err
			}
			c = m.r.Call
		}
		until = c.Seen.Add(time.Duration(c.Timeout) * time.Millisecond)
	} else if until.After(m.now) {
		until = m.now // our own call has returned; its result could not be stored
	}
	if until.After(m.now) {
		return until, nil
	}
	return time.Time{}, m.save(ctx, func(r *store.Record) {
		unsettle(r, r.Call.Step, until)
		note(r, m.now, r.Call.Step, "unknown", "")
		r.Call = nil
	})
}

// hopeless ends what can no longer succeed: a binding whose instance is gone,
// and an operation past its deadline.
func (m *move) hopeless(ctx context.Context, hold time.Time) (next time.Time, ended bool, err error) {
	if m.r.Goal == store.Absent || hold.After(m.now) {
		return time.Time{}, false, nil
	}
	var text string
	switch op := m.r.Operation; {
	case m.of != nil && (!exists(m.of) || m.of.Goal == store.Absent):
		text = textNoInstance
	case op.Deadline.IsZero() || m.now.Before(op.Deadline):
		return time.Time{}, false, nil
	case op.Kind == store.Update:
		text = textUpdateLate
	default:
		text = textOverdue
	}
	next, err = m.refused(ctx, text, "deadline")
	return next, true, err
}

// account checks that our credentials are of the account that the record
// belongs to.
func (m *move) account(ctx context.Context) (string, error) {
	look, end := context.WithTimeout(ctx, m.config.LookTimeout)
	defer end()
	account, err := m.config.Account(look)
	if err != nil {
		return "", fmt.Errorf("asking whose our credentials are: %w", err)
	}
	if m.r.Account != "" && m.r.Account != account {
		return "", fmt.Errorf("%w: the record belongs to account %s and the credentials to %s", alicloud.ErrCredentials, m.r.Account, account)
	}
	return account, nil
}

// wait stores what is waited for, if that is new.
func (m *move) wait(ctx context.Context, seen providers.Seen, step providers.Step) (time.Time, error) {
	next := m.now.Add(m.config.PollQuick)
	if step.Pace == providers.Slow {
		next = m.now.Add(m.config.PollSlow)
		if m.now.Sub(m.r.Operation.Started) > 60*m.config.PollSlow {
			next = m.now.Add(3 * m.config.PollSlow)
		}
	}
	facts, fresh := addFacts(m.r, m.secrets(), seen.Facts)
	op := m.r.Operation
	if !fresh && op.Step == step.Name && op.Attempt == 0 && (op.State.Finished() || op.Description == step.Text) &&
		(len(m.r.Unsettled) == 0 || !seen.Exists) {
		return next, nil
	}
	return next, m.save(ctx, func(r *store.Record) {
		m.keep(r, facts, fresh)
		if seen.Exists && r.Goal == store.Present {
			r.Unsettled = nil // what it waits for is the effect
		}
		r.Operation.Attempt, r.Operation.NextTry = 0, time.Time{}
		m.progress(r, step)
	})
}

// done ends the operation. Nothing is called gone before it is sure that no
// lost call can still make something.
func (m *move) done(ctx context.Context, step providers.Step) (time.Time, error) {
	if m.r.Goal == store.Present {
		credentials, err := sealStrings(step.Credentials)
		if err != nil {
			return time.Time{}, err
		}
		return time.Time{}, m.end(ctx, func(r *store.Record) {
			facts, fresh := addFacts(r, m.secrets(), m.task.Facts)
			m.keep(r, facts, fresh)
			succeed(r, credentials, m.now)
		})
	}
	if !m.r.IsBinding() {
		bindings, err := m.store.Bindings(ctx, m.r.InstanceID)
		if err != nil {
			return time.Time{}, err
		}
		if slices.ContainsFunc(bindings, func(b store.Record) bool { return !b.Settled || b.Goal == store.Present }) {
			return m.now, nil // one came meanwhile: its turn is first
		}
	}
	if until := lastOf(m.r.Unsettled); !until.IsZero() {
		sure := until.Add(m.config.Settle)
		if m.now.Before(sure) || m.r.MissingSince.IsZero() {
			next := sure
			if !next.After(m.now) {
				next = m.now.Add(m.config.PollQuick)
			}
			return next, m.save(ctx, func(r *store.Record) {
				if r.MissingSince.IsZero() {
					r.MissingSince = m.now
				}
				r.Operation.NextTry = next
				m.progress(r, providers.WaitStep("settle", providers.Slow, textSettling))
			})
		}
	}
	return time.Time{}, m.end(ctx, func(r *store.Record) { gone(r, m.now) })
}

// refused ends the operation in failure; what has to be removed then is due at
// once.
func (m *move) refused(ctx context.Context, text, kind string) (time.Time, error) {
	err := m.end(ctx, func(r *store.Record) {
		r.Operation.CauseKind = kind
		fail(r, text, m.now)
	})
	if err != nil || m.r.Settled {
		return time.Time{}, err
	}
	return later(m.r.Operation.NextTry, m.now), nil
}

// blunder deals with an error of a look, or of what comes before it.
func (m *move) blunder(ctx context.Context, err error) (time.Time, error) {
	if ctx.Err() != nil {
		return m.now, nil //nolint:nilerr // we are stopping: the error says nothing of the cloud
	}
	b := blameFor(err)
	if b == blameUser && m.r.Goal == store.Present {
		return m.refused(ctx, sentenceFor(err), string(b))
	}
	saveErr := m.save(ctx, func(r *store.Record) { m.postpone(r, b, err) })
	return m.r.Operation.NextTry, saveErr
}

// postpone plans the next try after an error.
func (m *move) postpone(r *store.Record, b blame, err error) {
	op := r.Operation
	op.Attempt++
	op.NextTry = m.now.Add(delayAfter(b, op.Attempt))
	op.Cause, op.CauseKind = err.Error(), string(b)
	if !op.State.Finished() {
		op.State = store.Running
		if b == blameOperator {
			op.Description = sentenceFor(err)
		}
	}
	m.metrics.retried(r.Provider, op.Kind, b)
	glog.Warningf("%s operation %s (%s) step %q try %d: %s: %v", r.Key, op.ID, op.Kind, op.Step, op.Attempt, b, err)
}

// progress shows a running operation where it is.
func (m *move) progress(r *store.Record, step providers.Step) {
	op := r.Operation
	op.Step = step.Name
	if !op.State.Finished() {
		op.State = store.Running
		if step.Text != "" {
			op.Description = step.Text
		}
	}
}

// keep puts facts into the record.
func (m *move) keep(r *store.Record, facts providers.Facts, fresh bool) {
	if !fresh {
		return
	}
	if secrets, err := sealStrings(facts.Secrets); err == nil {
		r.Facts, r.Secrets = facts.Open, secrets
	}
}

// secrets are the secret facts as read with the record, without what the last
// look added.
func (m *move) secrets() map[string]string {
	s, err := openStrings(m.r.Secrets)
	if err != nil {
		return nil // taskOf has opened them before
	}
	return s
}

// save changes the record, provided that it is still at the operation that was
// read.
func (m *move) save(ctx context.Context, change func(*store.Record)) error {
	id, goal := m.r.Operation.ID, m.r.Goal
	// What has been seen or done is stored also while we are stopping.
	saved, err := m.store.Update(context.WithoutCancel(ctx), m.r.Key, func(r *store.Record) error {
		if r.Operation == nil || r.Operation.ID != id || r.Goal != goal || r.Epoch > m.epoch {
			return errMoved
		}
		change(r)
		return nil
	})
	if err != nil {
		return err
	}
	*m.r = saved
	return nil
}

// end is save for a change that ends the operation: it is logged, counted and
// told to those who wait.
func (m *move) end(ctx context.Context, change func(*store.Record)) error {
	running := isBusy(m.r)
	if err := m.save(ctx, change); err != nil {
		return err
	}
	op := m.r.Operation
	if running && op.State.Finished() {
		m.metrics.ended(m.r.Provider, op)
		glog.Infof("%s operation %s (%s) %s after %s: %s", m.r.Key, op.ID, op.Kind, op.State, op.Finished.Sub(op.Started).Round(time.Millisecond), op.Description)
	}
	m.watchers.tell(m.r.Key)
	return nil
}

func unsettle(r *store.Record, step string, until time.Time) {
	if r.Unsettled == nil {
		r.Unsettled = map[string]time.Time{}
	}
	if until.After(r.Unsettled[step]) {
		r.Unsettled[step] = until
	}
}

func lastOf(times map[string]time.Time) time.Time {
	var last time.Time
	for _, t := range times {
		last = later(last, t)
	}
	return last
}

func later(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}
