package broker

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"runtime/debug"

	"github.com/golang/glog"

	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/catalog"
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/lifecycle"
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/osb"
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/providers"
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/store"
)

// An edit changes a record as a request wants it. It is made for one state of the
// record, and pure: applied twice to that state it gives the same.
type edit func(*store.Record)

// errSuperseded ends a compare-and-swap: the record changed after the decision.
var errSuperseded = errors.New("the record has changed since the decision")

// decide stores the decision on a record. decision reads the record and returns
// the edit to store, after the provider has prepared it; the compare-and-swap
// only checks that the record is still the same. If it changed meanwhile, decide
// starts again, so that of two requests the loser is answered as if it had come
// second. With an error of decision, such as lifecycle.ErrUnchanged, decide
// returns the record as read.
func (b *BusinessLogic) decide(ctx context.Context, k store.Key, decision func(*store.Record) (edit, error)) (store.Record, error) {
	for {
		read, err := b.store.Find(ctx, k)
		if err != nil {
			return read, err
		}
		change, err := decision(&read)
		if err != nil {
			return read, err
		}
		r, err := b.store.Update(ctx, k, func(r *store.Record) error {
			if r.Revision != read.Revision || r.Incarnation != read.Incarnation {
				return errSuperseded
			}
			change(r)
			return nil
		})
		if !errors.Is(err, errSuperseded) {
			return r, err
		}
	}
}

// specFor is the spec of an instance or binding of the plan.
func specFor(p *catalog.Plan, parameters json.RawMessage) (*store.Spec, error) {
	plan, err := p.Recorded()
	if err != nil {
		return nil, err
	}
	return &store.Spec{PlanID: p.ID, PlanName: p.Name, Plan: plan, Parameters: store.Seal(parameters)}, nil
}

// prepared returns the edit once the provider has resolved the whole request of
// the record that it makes. It keeps the resolved plan in want, the spec that the
// edit stores, and puts the plan's bodies into the store. A refusal of the
// provider is a 400, or a 422 for a change that no update can make and for a
// platform that lacks what the request needs: so far, the cloud has seen nothing.
func (b *BusinessLogic) prepared(ctx context.Context, change edit, want *store.Spec, read, instance *store.Record) (edit, error) {
	draft := *read
	change(&draft)
	t, err := lifecycle.TaskOf(b.config.BrokerID, &draft, instance)
	if err != nil {
		return nil, err
	}
	if draft.Have != nil && draft.Operation.Kind == store.Update {
		if t.Plan, err = draft.Have.Prepared.Open(); err != nil {
			return nil, err
		}
	}
	plan, bodies, err := planFor(b.config.Providers[draft.Provider], t)
	if err != nil {
		failure, ok := errors.AsType[*providers.Failure](err)
		switch {
		case ok && errors.Is(err, providers.ErrFixed):
			return nil, errFixed("%s", failure.Text)
		case ok && errors.Is(err, providers.ErrUnprocessable):
			return nil, osb.ErrUnprocessable("%s", failure.Text)
		case ok:
			return nil, osb.ErrBadRequest("%s", failure.Text)
		}
		return nil, err
	}
	if t.Plan = plan; instance != nil {
		if err := b.checkClaim(ctx, draft.Provider, t, instance); err != nil {
			return nil, err
		}
	}
	want.Prepared = store.Seal(plan)
	if err := checkBodies(draft, want, bodies); err != nil {
		return nil, err
	}
	keys, err := b.putBodies(ctx, want, bodies)
	if err != nil {
		return nil, err
	}
	return func(r *store.Record) {
		change(r)
		lifecycle.NameBodies(r, keys)
	}, nil
}

// planFor calls Prepare, and PlanBodies of a provider with large values. A
// provider that panics, or that has left the broker, fails this request alone.
func planFor(provider providers.Provider, t providers.Task) (plan providers.Plan, bodies map[string][]byte, err error) {
	defer func() {
		if p := recover(); p != nil {
			err = &lifecycle.PanicError{Value: p, Stack: debug.Stack()}
			glog.Errorf("provider panicked in Prepare instance=%q binding=%q err=%q\n%s", t.InstanceID, t.BindingID, err, debug.Stack())
		}
	}()
	if provider == nil {
		return nil, nil, fmt.Errorf("%w: its provider is not in this broker", lifecycle.ErrUnrecoverable)
	}
	if plan, err = provider.Prepare(t); err != nil {
		return nil, nil, err
	}
	if planner, ok := providers.As[providers.BodyPlanner](provider, t.Kind); ok {
		bodies, err = planner.PlanBodies(t, plan)
	}
	return plan, bodies, err
}
