package broker

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"runtime/debug"

	"github.com/golang/glog"

	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/catalog"
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/lifecycle"
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/osb"
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/providers"
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/store"
)

// offered finds the offering and plan that a request names (PROV-02, PROV-03).
// An empty plan is the caller's to refuse.
func (b *BusinessLogic) offered(serviceID, planID string) (*catalog.Offering, *catalog.Plan, error) {
	if err := osb.RequireString("service_id", serviceID); err != nil {
		return nil, nil, err
	}
	o, ok := b.catalog.Offering(serviceID)
	if !ok {
		return nil, nil, osb.ErrBadRequest("service_id is not in this broker's catalog: read the catalog again and use one of its ids.")
	}
	if planID == "" {
		return o, nil, nil
	}
	p, ok := o.Plan(planID)
	if !ok {
		return nil, nil, osb.ErrBadRequest("plan_id is not a plan of %s: read the catalog again and use one of its plans.", o.Name)
	}
	return o, p, nil
}

// known is offered for a request about what exists: its own offering and plan
// are in its record, whether or not they are still in the catalog.
func (b *BusinessLogic) known(r *store.Record, serviceID, planID string) (*catalog.Offering, *catalog.Plan, error) {
	o, p, err := b.offered(serviceID, planID)
	if err == nil || !lifecycle.Exists(r) || r.ServiceID != serviceID || r.Have == nil {
		return o, p, err
	}
	own, ok := b.catalog.Offering(serviceID)
	if !ok {
		own = &catalog.Offering{ID: r.ServiceID, Name: r.Offering, Bindable: true}
	}
	switch planID {
	case "":
		return own, nil, nil
	case r.Have.PlanID:
		p, err = b.planOf(r, r.Have)
		return own, p, err
	}
	return o, p, err
}

// normalized parameters, or a 400.
func normalized(parameters json.RawMessage) (json.RawMessage, error) {
	n, err := catalog.Normalize(parameters)
	if err != nil {
		return nil, osb.ErrBadRequest("%v", err)
	}
	return n, nil
}

// planOf reads the plan that a record keeps, for decisions on a request.
func (b *BusinessLogic) planOf(r *store.Record, s *store.Spec) (*catalog.Plan, error) {
	plan, err := lifecycle.PlanOf(s)
	if err != nil {
		return nil, err
	}
	return b.catalog.Upgraded(r.Provider, plan), nil
}

// specFor is what an instance or binding of the plan is to be.
func specFor(p *catalog.Plan, parameters json.RawMessage) (*store.Spec, error) {
	plan, err := p.Recorded()
	if err != nil {
		return nil, err
	}
	return &store.Spec{PlanID: p.ID, PlanName: p.Name, Plan: plan, Parameters: store.Seal(parameters)}, nil
}

// prepare lets the provider resolve what the task of r needs, and keeps that
// in its wanted spec. What it refuses is a 400: nothing has been made yet.
func (b *BusinessLogic) prepare(r, of *store.Record) error {
	t, err := lifecycle.TaskOf(b.config.BrokerID, r, of)
	if err != nil {
		return err
	}
	if r.Have != nil && r.Operation.Kind == store.Update {
		if t.Plan, err = r.Have.Prepared.Open(); err != nil {
			return err
		}
	}
	prepared, err := planFor(b.config.Providers[r.Provider], t)
	if err != nil {
		if failure, ok := errors.AsType[*providers.Failure](err); ok {
			return osb.ErrBadRequest("%s", failure.Text)
		}
		return err
	}
	r.Want.Prepared = store.Seal(prepared)
	return fits(r)
}

// planFor is the provider's plan for a task. That the provider panics, or is
// not there any more, harms this request alone.
func planFor(provider providers.Provider, t providers.Task) (plan providers.Plan, err error) {
	defer func() {
		if p := recover(); p != nil {
			err = &lifecycle.PanicError{Value: p, Stack: debug.Stack()}
			glog.Errorf("instance %q binding %q: prepare: %v\n%s", t.InstanceID, t.BindingID, err, debug.Stack())
		}
	}()
	if provider == nil {
		return nil, fmt.Errorf("%w: its provider is not in this broker", lifecycle.ErrUnrecoverable)
	}
	return provider.Prepare(t)
}

// checked turns the catalog's word on parameters into a 400.
func checked(err error) error {
	if err != nil {
		return osb.ErrBadRequest("%v", err)
	}
	return nil
}

// An outcome is what a request got by waiting for its operation.
type outcome struct {
	op     store.Operation
	record store.Record
}

// await wakes the engine for the operation and waits for it as long as the
// request may: not at all for slow ones.
func (b *BusinessLogic) await(ctx context.Context, req request, r store.Record, slow bool) (outcome, error) {
	op := r.Operation
	glog.Infof("%s operation %s (%s) accepted, request %.128q", r.Key, op.ID, op.Kind, req.RequestID)
	b.config.Engine.Wake(r.Key, lifecycle.TenantOf(&r))
	if slow {
		return outcome{*op, r}, nil
	}
	select {
	case b.waiting <- struct{}{}:
		defer func() { <-b.waiting }()
	default:
		return outcome{*op, r}, nil
	}
	longest := b.config.SyncWait
	if req.AcceptsIncomplete {
		longest = b.config.AsyncWait
	}
	wait, end := context.WithTimeout(ctx, longest)
	defer end()
	now, record, err := b.config.Engine.Await(wait, r.Key, op.ID)
	if err != nil { // what was asked for is stored all the same, and goes on
		glog.Errorf("%s operation %s: waiting for it: %v", r.Key, op.ID, err)
		return outcome{*op, r}, nil
	}
	return outcome{now, record}, nil
}

// answer is what the request gets for an operation: its success, or a 202, or,
// where the platform does not take that, an error.
func (o outcome) answer(req request, success func() (int, any, error)) (int, any, error) {
	switch {
	case o.op.State == store.Succeeded:
		return success()
	case req.AcceptsIncomplete:
		return accepted(req, &o.record, &o.op)
	case o.op.State == store.Failed:
		return 0, nil, osb.ErrFailed(o.op.Description)
	}
	return 0, nil, osb.ErrUnavailable(nil)
}

// accepted is the 202 that names the operation (ASY-06, ASY-07).
func accepted(req request, r *store.Record, op *store.Operation) (int, any, error) {
	body := osb.Accepted{Operation: op.ID}
	if op.Kind == store.Provision || op.Kind == store.Update {
		body.Metadata = metadataOf(req, r)
	}
	return http.StatusAccepted, body, nil
}
