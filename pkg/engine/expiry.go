package engine

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/golang/glog"

	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/lifecycle"
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/providers"
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/store"
)

// expiryInterval is the longest time between looks at the known expiries.
const expiryInterval = 15 * time.Second

// expiries are the times at which logins of bindings end, as a term knows them. A term
// reads them from all records once when it begins, and learns of the bindings that it
// makes.
type expiries struct {
	mu  sync.Mutex
	due map[store.Key]time.Time
}

func newExpiries() *expiries { return &expiries{due: map[store.Key]time.Time{}} }

// note keeps the time of a record that has one.
func (e *expiries) note(r *store.Record) {
	at := lifecycle.ExpiryOf(r)
	if at.IsZero() {
		return
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	e.due[r.Key] = at
}

// until returns the keys of the bindings that are due at now.
func (e *expiries) until(now time.Time) []store.Key {
	e.mu.Lock()
	defer e.mu.Unlock()
	var keys []store.Key
	for k, at := range e.due {
		if !now.Before(at) {
			keys = append(keys, k)
		}
	}
	return keys
}

// forget drops a key with the time that it was due at or before.
func (e *expiries) forget(k store.Key, now time.Time) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if at, ok := e.due[k]; ok && !now.Before(at) {
		delete(e.due, k)
	}
}

// expireBindings begins the expires that are due until ctx ends.
func (t *Term) expireBindings(ctx context.Context) {
	for isRead := false; ; {
		if !isRead {
			err := t.ScanExpiries(ctx)
			if isRead = err == nil; !isRead && ctx.Err() == nil && t.lease.Held() {
				glog.Errorf("reading the expiries of bindings failed err=%q", err)
			}
		}
		if err := t.BeginExpires(ctx); err != nil && ctx.Err() == nil && t.lease.Held() {
			glog.Errorf("beginning the expires of bindings failed err=%q", err)
		}
		if !sleep(ctx, min(expiryInterval, t.config().PollSlow)) {
			return
		}
	}
}

// ScanExpiries reads the expiries of all bindings. Callers that drive a term pass by
// pass call it once, and BeginExpires as time goes on.
func (t *Term) ScanExpiries(ctx context.Context) error {
	for r, err := range t.engine.store.All(ctx) {
		if _, single := errors.AsType[*store.RecordError](err); single || lifecycle.IsUnrecoverable(err) {
			continue // an unreadable record is quarantined where it is used
		}
		if err != nil {
			return err
		}
		t.expiries.note(&r)
	}
	return ctx.Err()
}

// BeginExpires stores an expire for each binding whose time has come, and wakes it. A
// record that changed meanwhile decides: a deletion that has begun goes on.
func (t *Term) BeginExpires(ctx context.Context) error {
	now := t.config().Now()
	var failed error
	for _, k := range t.expiries.until(now) {
		if ctx.Err() != nil {
			return ctx.Err()
		}
		r, err := t.write(ctx, k, func(r *store.Record) error {
			if at := lifecycle.ExpiryOf(r); at.IsZero() || now.Before(at) {
				return lifecycle.ErrUnchanged
			}
			lifecycle.Begin(r, store.Expire, now, 0)
			return nil
		})
		switch {
		case err == nil:
			glog.Infof("login of a binding expires %s operation=%s expires=%s", keyValues(k), r.Operation.ID, r.Expires.UTC().Format(time.RFC3339))
			t.wake(k, lifecycle.TenantOf(&r))
		case errors.Is(err, errDeposed):
			return err
		case !errors.Is(err, lifecycle.ErrUnchanged) && !lifecycle.IsUnrecoverable(err):
			failed = errors.Join(failed, fmt.Errorf("%s: %w", k, err))
			continue
		}
		t.expiries.forget(k, now)
	}
	return failed
}

// canExpire reports whether the provider of the attempt can close the binding.
func (a *attempt) canExpire() bool {
	expirer, ok := providers.As[providers.Expirer](a.provider, providers.Binding)
	if !ok || a.instance == nil {
		return false
	}
	spec := a.instance.Have
	if spec == nil {
		spec = a.instance.Want
	}
	if spec == nil {
		return false
	}
	plan, err := lifecycle.PlanOf(spec)
	return err == nil && expirer.CanExpire(plan.Settings)
}
