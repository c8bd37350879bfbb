package broker

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"time"

	"github.com/golang/glog"

	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/catalog"
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/lifecycle"
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/osb"
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/store"
)

// A wish is what a bind asks for: read from the request, or taken over from
// the binding that it replaces.
type wish struct {
	osb.BindRequest

	parameters json.RawMessage
	offering   *catalog.Offering
	plan       *catalog.Plan
}

// bind decides on PUT of a binding. Every binding has credentials of its own.
func (b *BusinessLogic) bind(ctx context.Context, req request) (int, any, error) {
	in, err := osb.Decode[osb.BindRequest](req.Body)
	if err != nil {
		return 0, nil, err
	}
	if err := bounded(in.Context); err != nil {
		return 0, nil, err
	}
	if app := appOf(in); app != "" {
		if err := osb.RequireString("app_guid", app); err != nil {
			return 0, nil, err
		}
	}
	instance, err := b.store.Find(ctx, req.key().Instance())
	if err != nil {
		return 0, nil, b.unlessDropped(in, err)
	}
	var w wish
	if in.PredecessorBindingID == "" {
		w, err = b.readBind(&instance, in)
	} else {
		w, err = b.readRotation(ctx, req, in)
	}
	if err != nil {
		return 0, nil, err
	}

	var now store.Record
	r, err := b.store.Update(ctx, req.key(), func(r *store.Record) error {
		now = *r
		if err := decideBind(r, &instance, w); err != nil {
			return err
		}
		if !w.offering.Bindable {
			return osb.ErrBadRequest("%s cannot be bound: use it without a binding.", w.offering.Name)
		}
		if w.plan.IsSlow(string(store.Bind)) && !req.AcceptsIncomplete {
			return osb.ErrAsyncRequired()
		}
		if err := checked(w.plan.CheckBind(w.parameters)); err != nil {
			return err
		}
		return b.intendBinding(r, &instance, req, w)
	})
	status := http.StatusCreated
	if errors.Is(err, lifecycle.ErrUnchanged) {
		r, err, status = now, nil, http.StatusOK
	}
	if err != nil {
		return 0, nil, b.unlessDropped(in, err)
	}
	bound := func(r *store.Record) (int, any, error) {
		body, err := b.binding(req, r)
		return status, body, err
	}
	if lifecycle.IsReady(&r) {
		return bound(&r)
	}
	o, err := b.await(ctx, req, r, w.plan.IsSlow(string(store.Bind)))
	if err != nil {
		return 0, nil, err
	}
	b.dropUnfinished(req, &o)
	return o.answer(req, func() (int, any, error) { return bound(&o.record) })
}

// dropUnfinished ends the connection without an answer where that makes the
// platform send the bind again; see Options.
func (b *BusinessLogic) dropUnfinished(req request, o *outcome) {
	if b.config.DropUnfinishedBinds && !req.AcceptsIncomplete && !o.op.State.Finished() &&
		lifecycle.ContextOf(&o.record).Platform == "kubernetes" {
		panic(http.ErrAbortHandler)
	}
}

// unlessDropped is err; where it only says that the store is away, the request
// is left unanswered as in dropUnfinished.
func (b *BusinessLogic) unlessDropped(in osb.BindRequest, err error) error {
	_, known := errors.AsType[*osb.Error](err)
	if known || lifecycle.IsUnrecoverable(err) || !b.config.DropUnfinishedBinds {
		return err
	}
	if lifecycle.ContextOf(&store.Record{Context: in.Context}).Platform == "kubernetes" {
		glog.Warningf("a bind is left unanswered, to be sent again: %v", err)
		panic(http.ErrAbortHandler)
	}
	return err
}

// readBind checks what the body says by itself (BIND-02, BIND-06).
func (b *BusinessLogic) readBind(instance *store.Record, in osb.BindRequest) (wish, error) {
	w := wish{BindRequest: in}
	if err := osb.RequireString("service_id", in.ServiceID); err != nil {
		return w, err
	}
	err := osb.RequireString("plan_id", in.PlanID)
	if err != nil {
		return w, err
	}
	if w.offering, w.plan, err = b.known(instance, in.ServiceID, in.PlanID); err != nil {
		return w, err
	}
	w.parameters, err = normalized(in.Parameters)
	return w, err
}

// decideBind lets a bind through (nil) if the id is free and the instance is
// ready, and else says what it is.
func decideBind(r, instance *store.Record, w wish) error {
	if !lifecycle.Exists(instance) {
		return osb.ErrNotFound(nameOf(instance.Key)) // BIND-27
	}
	if !lifecycle.IsFree(r) {
		return decideRebind(r, instance, w)
	}
	switch {
	case lifecycle.IsBusy(instance), instance.Goal == store.Absent && !instance.Settled:
		return osb.ErrConcurrency()
	case !lifecycle.IsReady(instance):
		return osb.ErrUnprocessable("The service instance could not be made: delete it and make another.")
	case instance.ServiceID != w.ServiceID || !planOfInstance(instance, w.PlanID):
		return osb.ErrBadRequest("service_id and plan_id are not those of the service instance: send its own.")
	}
	return nil
}

// decideRebind says what a bind is whose id is taken.
func decideRebind(r, instance *store.Record, w wish) error {
	if lifecycle.IsCreateFailed(r) {
		return osb.ErrConcurrency() // being cleaned up
	}
	same, err := sameBinding(r, instance, w)
	switch {
	case err != nil:
		return err
	case !same:
		return osb.ErrConflict(nameOf(r.Key))
	case r.Goal == store.Absent:
		return osb.ErrConcurrency() // being deleted
	}
	return lifecycle.ErrUnchanged
}

// sameBinding compares what a bind asks for with what is there (BIND-09,
// BIND-11). The plan may be the one of the bind, or the one that the instance
// has moved to since.
func sameBinding(r, instance *store.Record, w wish) (bool, error) {
	plan := w.PlanID == r.Want.PlanID || planOfInstance(instance, w.PlanID)
	if r.ServiceID != w.ServiceID || !plan || r.Want.AppGUID != appOf(w.BindRequest) || r.Predecessor != w.PredecessorBindingID {
		return false, nil
	}
	have, err := r.Want.Parameters.Open()
	if err != nil {
		return false, err
	}
	return catalog.Equal(have, w.parameters), nil
}

// planOfInstance says whether a platform may take the plan for the instance's:
// it is, or was before an update whose answer the platform may have lost.
func planOfInstance(instance *store.Record, planID string) bool {
	return instance.Have != nil && planID == instance.Have.PlanID || planID == instance.PriorPlanID
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
func (b *BusinessLogic) intendBinding(r, instance *store.Record, req request, w wish) error {
	lifecycle.NewLife(r, req.now)
	r.Parent = instance.Incarnation
	plan, err := b.planOf(instance, instance.Have)
	if err != nil {
		return err
	}
	want, err := specFor(plan, w.parameters)
	if err != nil {
		return err
	}
	want.AppGUID = appOf(w.BindRequest)
	r.Provider, r.ServiceID, r.Offering = instance.Provider, instance.ServiceID, instance.Offering
	r.Organization, r.Space, r.Context = instance.Organization, instance.Space, w.Context
	r.Region, r.Want, r.Predecessor = instance.Region, want, w.PredecessorBindingID
	if life := time.Duration(plan.BindingLifetime); life > 0 {
		r.Expires = req.now.Add(life)
		r.Renew = r.Expires.Add(-life / 5) // early enough to rotate
	}
	lifecycle.Begin(r, store.Bind, req.now, plan.DeadlineOf(string(store.Bind)))
	return b.prepare(r, instance)
}
