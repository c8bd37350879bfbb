package broker

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/alicloud"
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/providers"
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/store"
)

// causeDeadline is the cause of operations that were not done in time.
const causeDeadline = "deadline"

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
	next, err = m.refused(ctx, text, causeDeadline)
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
