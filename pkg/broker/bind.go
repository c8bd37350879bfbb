package broker

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"

	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/catalog"
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/osb"
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/store"
)

// bind decides on PUT of a binding. Every binding has credentials of its own.
func (b *BusinessLogic) bind(ctx context.Context, req request) (int, any, error) {
	in, err := osb.Decode[osb.BindRequest](req.Body)
	if err != nil {
		return 0, nil, err
	}
	if in.PredecessorBindingID != "" { // no plan is rotatable (ROT-07)
		return 0, nil, osb.ErrBadRequest("This plan does not rotate bindings: create a new binding without predecessor_binding_id, and delete the old one.")
	}
	if err := osb.RequireString("plan_id", in.PlanID); err != nil {
		return 0, nil, err
	}
	offering, plan, err := b.offered(in.ServiceID, in.PlanID)
	if err != nil {
		return 0, nil, err
	}
	parameters, err := normalized(in.Parameters)
	if err != nil {
		return 0, nil, err
	}
	instance, err := get(ctx, b.store, req.key().Instance())
	if err != nil {
		return 0, nil, err
	}

	var now store.Record
	r, err := b.store.Update(ctx, req.key(), func(r *store.Record) error {
		now = *r
		if err := decideBind(r, &instance, in, parameters); err != nil {
			return err
		}
		if !offering.Bindable {
			return osb.ErrBadRequest("%s cannot be bound: use it without a binding.", offering.Name)
		}
		if plan.IsSlow(string(store.Bind)) && !req.AcceptsIncomplete {
			return osb.ErrAsyncRequired()
		}
		if err := checked(plan.CheckBind(parameters)); err != nil {
			return err
		}
		return b.intendBinding(r, &instance, req, in, parameters)
	})
	status := http.StatusCreated
	if errors.Is(err, errDecided) {
		r, err, status = now, nil, http.StatusOK
	}
	if err != nil {
		return 0, nil, err
	}
	if isReady(&r) {
		return bound(status, &r)
	}
	o, err := b.await(ctx, req, r, plan.IsSlow(string(store.Bind)))
	if err != nil {
		return 0, nil, err
	}
	return o.answer(req, func() (int, any, error) { return bound(status, &o.record) })
}

// decideBind lets a bind through (nil) if the id is free and the instance is
// ready, and else says what it is.
func decideBind(r, instance *store.Record, in osb.BindRequest, parameters json.RawMessage) error {
	if !exists(instance) {
		return osb.ErrNotFound(nameOf(instance.Key)) // BIND-27
	}
	if exists(r) && (!isLeft(r) || !r.Settled) {
		if r.Goal == store.Absent {
			return osb.ErrConcurrency() // being deleted, or cleaned up
		}
		same, err := sameBinding(r, instance, in, parameters)
		if err != nil {
			return err
		}
		if !same {
			return osb.ErrConflict(nameOf(r.Key))
		}
		return errDecided
	}
	switch {
	case isBusy(instance), instance.Goal == store.Absent && !instance.Settled:
		return osb.ErrConcurrency()
	case !isReady(instance):
		return osb.ErrUnprocessable("The service instance could not be made: delete it and make another.")
	case instance.ServiceID != in.ServiceID || instance.Have.PlanID != in.PlanID:
		return osb.ErrBadRequest("service_id and plan_id are not those of the service instance: send its own.")
	}
	return nil
}

// sameBinding compares what a bind asks for with what is there (BIND-09,
// BIND-11). The plan may be the one of the bind, or the one that the instance
// has moved to since.
func sameBinding(r, instance *store.Record, in osb.BindRequest, parameters json.RawMessage) (bool, error) {
	plan := in.PlanID == r.Want.PlanID || instance.Have != nil && in.PlanID == instance.Have.PlanID
	if r.ServiceID != in.ServiceID || !plan || r.Want.AppGUID != appOf(in) {
		return false, nil
	}
	have, err := r.Want.Parameters.Open()
	if err != nil {
		return false, err
	}
	return catalog.Equal(have, parameters), nil
}

// appOf is the application that a binding is for, if any.
func appOf(in osb.BindRequest) string {
	if in.BindResource != nil && in.BindResource.AppGUID != "" {
		return in.BindResource.AppGUID
	}
	return in.AppGUID
}

// intendBinding makes r the record of a new binding. It has the plan that the
// instance has, which may have left the catalog.
func (b *BusinessLogic) intendBinding(r, instance *store.Record, req request, in osb.BindRequest, parameters json.RawMessage) error {
	newLife(r, req.now)
	plan, err := planOf(instance.Have)
	if err != nil {
		return err
	}
	want, err := specFor(plan, parameters)
	if err != nil {
		return err
	}
	want.AppGUID = appOf(in)
	r.Provider, r.ServiceID, r.Offering = instance.Provider, instance.ServiceID, instance.Offering
	r.Organization, r.Space, r.Context = instance.Organization, instance.Space, in.Context
	r.Region, r.Want = instance.Region, want
	begin(r, store.Bind, req.now, deadlineOf(plan))
	return b.prepare(r, instance)
}

// bound is the answer that hands out the credentials.
func bound(status int, r *store.Record) (int, any, error) {
	credentials, err := openStrings(r.Credentials)
	if err != nil {
		return 0, nil, err
	}
	return status, osb.Binding{Credentials: credentials}, nil
}
