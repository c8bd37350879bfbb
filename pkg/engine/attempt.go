package engine

import (
	"context"
	"errors"
	"fmt"
	"runtime/debug"
	"time"

	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/lifecycle"
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/providers"
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/store"
)

var (
	// errSuperseded: a request changed the operation since the record was read.
	errSuperseded = errors.New("another request changed the operation")
	// errDeposed: another process runs the operations now.
	errDeposed = errors.New("another process runs the operations")
)

// An attempt advances one record by one step: observe, decide, store the step,
// make one call, store its result.
type attempt struct {
	term     *Term
	config   *Config
	record   *store.Record // as last read or written
	instance *store.Record // of a binding; nil for an instance
	provider providers.Provider
	task     providers.Task
	made     madeSteps // as the memory had them before the attempt
	observed bool      // the provider was called
	now      time.Time
}

// attemptSafely advances an unsettled record by one step, and returns the time of
// the next attempt. It survives panics and unrecoverable records:
// they are retried and then quarantined, while other records continue.
func (t *Term) attemptSafely(ctx context.Context, r, instance *store.Record) (next time.Time, err error) {
	if next, wait := t.memory.notBefore(r); wait {
		return next, nil
	}
	a := &attempt{term: t, config: t.config(), record: r, instance: instance, now: t.config().Now()}
	ctx = providers.WithEpoch(providers.WithTenant(ctx, a.tenant()), t.lease.Epoch)
	defer t.memory.track(r)
	defer func() {
		if p := recover(); p != nil {
			err = &lifecycle.PanicError{Value: p, Stack: debug.Stack()}
		}
		if lifecycle.IsUnrecoverable(err) {
			next, err = t.memory.recordFault(r, err), nil
			t.describeQuarantine(ctx, r)
		}
		if err == nil {
			t.memory.requeueAfter(r, next)
		}
	}()
	next, err = a.run(ctx)
	switch {
	case errors.Is(err, errSuperseded):
		next, err = a.now, nil
	case err != nil:
		return time.Time{}, fmt.Errorf("%s: %w", r.Key, err)
	}
	if a.observed {
		t.memory.attemptWorked(r.Key)
	}
	return next, err
}

// tenant returns the tenant of the instance.
func (a *attempt) tenant() string {
	if a.instance != nil {
		return lifecycle.TenantOf(a.instance)
	}
	return lifecycle.TenantOf(a.record)
}

func (a *attempt) run(ctx context.Context) (time.Time, error) {
	if a.record.Operation == nil {
		return time.Time{}, fmt.Errorf("%w: it has no operation", lifecycle.ErrUnrecoverable)
	}
	if until := a.term.memory.epochNotBefore(a.record, a.term.lease.Epoch); !until.IsZero() {
		return until, nil
	}
	landsUntil, err := a.takeOver(ctx)
	if err != nil {
		return time.Time{}, err
	}
	longest := max(lifecycle.SlowRetry, a.config.Settle+a.config.CallTimeout)
	switch d := decideBeforeLook(a.record, a.instance, a.now, landsUntil, longest); d.action { //nolint:exhaustive // else it is observed
	case requeueRecord:
		return d.notBefore, nil
	case failOperation:
		return a.fail(ctx, d)
	case reachGoal:
		return a.finish(ctx, providers.Step{})
	}
	var ok bool
	if a.provider, ok = a.config.Providers[a.record.Provider]; !ok {
		return time.Time{}, fmt.Errorf("%w: no provider %q in this broker", lifecycle.ErrUnrecoverable, a.record.Provider)
	}
	if a.record.Goal == store.Expired && !a.canExpire() {
		return time.Time{}, fmt.Errorf("%w: provider %q ends no login by itself", lifecycle.ErrUnrecoverable, a.record.Provider)
	}
	if a.task, err = lifecycle.TaskOf(a.config.BrokerID, a.record, a.instance); err != nil {
		return time.Time{}, fmt.Errorf("%w: %w", lifecycle.ErrUnrecoverable, err)
	}
	a.made = a.term.memory.takeMade(a.record)
	a.task.Made = a.made.steps
	a.task.Body = a.bodyReader(a.record)
	if a.task.Of != nil {
		a.task.Of.Body = a.bodyReader(a.instance)
	}
	owner, err := a.owner(ctx)
	if lifecycle.IsUnrecoverable(err) {
		return time.Time{}, err
	}
	if err != nil {
		return a.handleError(ctx, err)
	}
	a.task.Owner = owner

	a.observed = true
	seen, err := a.observe(ctx)
	a.now = a.config.Now()
	if a.term.isEnding() {
		return a.now, nil // the next term observes again
	}
	if lifecycle.IsUnrecoverable(err) {
		return time.Time{}, fmt.Errorf("observe: %w", err)
	}
	if err == nil {
		err = a.checkOwner(ctx, owner) // else another account was observed
	}
	if err != nil {
		return a.handleError(ctx, fmt.Errorf("observe: %w", err))
	}
	a.task.Facts = a.task.Facts.Merge(seen.Facts)
	a.task.Unsure = a.now.Before(sureFrom(a.record, a.now, a.config.Settle))
	step := a.next(a.task, seen)
	d, err := decideAfterLook(a.record, step, a.now, landsUntil)
	if err != nil {
		return time.Time{}, err
	}
	switch d.action { //nolint:exhaustive // else it is a call
	case requeueRecord:
		return d.notBefore, nil
	case waitForCloud:
		return a.wait(ctx, seen, step)
	case failOperation:
		return a.fail(ctx, d)
	}
	if err := a.changeAccount(ctx, step.Account); err != nil {
		return time.Time{}, err
	}
	switch d.action {
	case reachGoal:
		return a.finish(ctx, step)
	default:
		return a.call(ctx, seen, step)
	}
}

// next returns the provider's next step. Next is pure, so it gets a task that
// reads no bodies.
func (a *attempt) next(task providers.Task, seen providers.Seen) providers.Step {
	task.Body = nil
	if task.Of != nil {
		instance := *task.Of
		instance.Body = nil
		task.Of = &instance
	}
	return a.provider.Next(task, seen)
}

// bodyReader returns a reader of the large values of the plan of r. A hung call
// may use the reader after r has changed, so the reader holds the names and keys
// of now.
func (a *attempt) bodyReader(r *store.Record) providers.BodyReader {
	spec := r.Want
	if spec == nil { // as in lifecycle.TaskOf
		spec = r.Have
	}
	k, digests, keys, bodies := r.Key, spec.Bodies, r.Bodies, a.term.engine.store
	return func(ctx context.Context, name string) ([]byte, error) {
		digest, ok := digests[name]
		if !ok {
			return nil, providers.Unreadable(fmt.Errorf("%s: the plan has no large value %q", k, name))
		}
		return bodies.Body(ctx, digest, keys[digest])
	}
}

// checkOwner fails if the credentials belong to another owner than before.
func (a *attempt) checkOwner(ctx context.Context, owner string) error {
	now, err := a.owner(ctx)
	if err == nil && now != owner {
		err = fmt.Errorf("%w: they changed from account %s to %s during an observation", providers.ErrCredentials, owner, now)
	}
	return err
}

// owner returns the account or cluster of the task's resources, and fails if the
// record belongs to another one. The source of credentials that is asked may hang as
// a service may, so it is asked as a provider is.
func (a *attempt) owner(ctx context.Context) (string, error) {
	owner, err := callProvider(ctx, a, providerCall[string]{
		timeout: a.config.LookTimeout, readOnly: true,
		call: func(ctx context.Context) (string, error) { return a.config.Owner(ctx, a.record.Provider, a.task) },
	})
	if err != nil {
		return "", fmt.Errorf("asking for the owner of the credentials: %w", err)
	}
	own := a.record.Account
	if own == "" && a.instance != nil {
		own = a.instance.Account
	}
	if own != "" && own != owner {
		return "", fmt.Errorf("%w: the record belongs to account %s and the credentials to %s", providers.ErrCredentials, own, owner)
	}
	return owner, nil
}
