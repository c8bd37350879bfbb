package engine

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/lifecycle"
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/providers"
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/store"
)

var (
	// errMoved: the record is at another operation than when it was read.
	errMoved = errors.New("the record has moved on")
	// errDeposed: another process runs the operations now.
	errDeposed = errors.New("another process runs the operations")
)

// A move is one step of one record: observe, decide, store the step, make one
// call, store what it gave.
type move struct {
	*Term

	r        *store.Record // as last read or written
	of       *store.Record // the instance of a binding
	provider providers.Provider
	task     providers.Task
	tried    bool // the provider was asked
	now      time.Time
}

// step moves a record that is not settled by one step and returns when the
// next is due, and whether the provider was asked: it is not where that is too
// early.
func (t *Term) step(ctx context.Context, r, of *store.Record) (next time.Time, tried bool, err error) {
	m := &move{Term: t, r: r, of: of, now: t.config.Now()}
	next, err = m.run(ctx)
	switch {
	case errors.Is(err, errMoved):
		return m.now, m.tried, nil
	case err != nil:
		return time.Time{}, m.tried, fmt.Errorf("%s: %w", r.Key, err)
	}
	return next, m.tried, nil
}

func (m *move) run(ctx context.Context) (time.Time, error) {
	if m.r.Operation == nil {
		return time.Time{}, fmt.Errorf("%w: it is at no operation", lifecycle.ErrUnrecoverable)
	}
	if until := m.waitsFor(m.r); !until.IsZero() {
		return until, nil
	}
	hold, err := m.takeOver(ctx)
	if err != nil {
		return time.Time{}, err
	}
	switch d := beforeLook(m.r, m.of, m.now, hold, max(lifecycle.SlowRetry, m.config.Settle+m.config.CallTimeout)); d.do { //nolint:exhaustive // else it is looked at
	case doRest:
		return d.until, nil
	case doRefuse:
		return m.refused(ctx, d)
	case doFinish:
		return m.done(ctx, providers.Step{})
	}
	var ok bool
	if m.provider, ok = m.config.Providers[m.r.Provider]; !ok {
		return time.Time{}, fmt.Errorf("%w: no provider %q in this broker", lifecycle.ErrUnrecoverable, m.r.Provider)
	}
	account, err := m.account(ctx)
	if err != nil {
		return m.blunder(ctx, err)
	}
	if m.task, err = lifecycle.TaskOf(m.config.BrokerID, m.r, m.of); err != nil {
		return time.Time{}, fmt.Errorf("%w: %w", lifecycle.ErrUnrecoverable, err)
	}
	m.task.Owner = account

	m.tried = true
	seen, err := m.look(ctx)
	m.now = m.config.Now()
	if m.halted() {
		return m.now, nil // what was seen is seen again in the next term
	}
	if lifecycle.IsUnrecoverable(err) {
		return time.Time{}, fmt.Errorf("observe: %w", err)
	}
	if err == nil {
		err = m.stillOf(ctx, account) // else it was another account that was looked at
	}
	if err != nil {
		return m.blunder(ctx, fmt.Errorf("observe: %w", err))
	}
	m.task.Facts = m.task.Facts.Merge(seen.Facts)
	step := m.provider.Next(m.task, seen)
	d, err := afterLook(m.r, step, m.now, hold)
	if err != nil {
		return time.Time{}, err
	}
	switch d.do { //nolint:exhaustive // else it is a call
	case doRest:
		return d.until, nil
	case doWait:
		return m.wait(ctx, seen, step)
	case doFinish:
		return m.done(ctx, step)
	case doRefuse:
		return m.refused(ctx, d)
	}
	return m.call(ctx, seen, step)
}

// takeOver makes a record that another term has worked on this term's, so that
// late writes of that one are refused. It finds a call that was open when its
// term ended: until that must have ended, the record is only looked at; the
// time is counted from when this term first saw it, since clocks differ.
func (m *move) takeOver(ctx context.Context) (time.Time, error) {
	epoch := m.lease.Epoch
	if back := m.isBack(m.r.Key); back || m.r.Epoch != 0 && m.r.Epoch != epoch {
		err := m.save(ctx, func(r *store.Record) {
			r.Epoch = epoch
			if c := r.Call; c != nil && c.Epoch != epoch {
				c.Seen, c.SeenBy = m.now, epoch
			}
			lifecycle.RestartClocks(r, m.now)
		})
		if err != nil {
			return time.Time{}, err
		}
	}
	c := m.r.Call
	if c == nil {
		return time.Time{}, nil
	}
	until := c.Until
	if c.Epoch != epoch {
		until = c.Seen.Add(time.Duration(c.Timeout) * time.Millisecond)
	} else if until.After(m.now) {
		until = m.now // our own call has returned; its result could not be stored
	}
	if until.After(m.now) {
		return until, nil
	}
	return time.Time{}, m.save(ctx, func(r *store.Record) {
		lifecycle.Unsettle(r, r.Call.Step, until)
		lifecycle.Note(r, m.now, r.Call.Step, "unknown", "")
		r.Call = nil
	})
}

// stillOf checks that our credentials are still of the account.
func (m *move) stillOf(ctx context.Context, account string) error {
	now, err := m.account(ctx)
	if err == nil && now != account {
		err = fmt.Errorf("%w: they were of account %s just now, and are of account %s", providers.ErrCredentials, account, now)
	}
	return err
}

// account checks that our credentials are of the account that the record
// belongs to.
func (m *move) account(ctx context.Context) (string, error) {
	look, end := context.WithTimeout(ctx, m.config.LookTimeout)
	defer end()
	defer context.AfterFunc(m.going, end)()
	account, err := m.config.Account(look)
	if err != nil {
		return "", fmt.Errorf("asking whose our credentials are: %w", err)
	}
	own := m.r.Account
	if own == "" && m.of != nil {
		own = m.of.Account
	}
	if own != "" && own != account {
		return "", fmt.Errorf("%w: the record belongs to account %s and the credentials to %s", providers.ErrCredentials, own, account)
	}
	return account, nil
}
