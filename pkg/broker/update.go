package broker

import (
	"context"
	"errors"

	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/catalog"
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/lifecycle"
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/osb"
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/store"
)

// Update stores the intent to change an instance: another plan, other parameters,
// or both. A refused request changes nothing.
func (b *BusinessLogic) Update(ctx context.Context, in osb.UpdateRequest) (osb.UpdateResponse, error) {
	return answeredIntent(b.update(ctx, in))
}

func (b *BusinessLogic) update(ctx context.Context, in osb.UpdateRequest) (osb.UpdateResponse, error) {
	var none osb.UpdateResponse
	req := b.newRequest(in.Caller, instanceKey(in.InstanceID), in.AcceptsIncomplete)
	var err error
	if in.Context, err = keptContext(in.Context); err != nil {
		return none, err
	}
	instance, err := b.store.Find(ctx, req.key)
	if err != nil {
		return none, err
	}
	_, plan, err := req.known(&instance, in.ServiceID, in.PlanID)
	if err != nil {
		return none, err
	}
	if _, err := normalized(in.Parameters); err != nil {
		return none, err
	}

	slow := false
	r, err := b.decide(ctx, req.key, func(read *store.Record) (edit, error) {
		c, err := b.changeOf(req, read, in, plan)
		if err != nil {
			return nil, err
		}
		slow = c.plan.IsSlow(string(store.Update))
		switch {
		case c.running:
			return nil, lifecycle.ErrUnchanged
		case c.isEmpty():
			if in.Context == nil || catalog.Equal(in.Context, read.Context) {
				return nil, lifecycle.ErrUnchanged
			}
			return func(r *store.Record) { r.Context = in.Context }, nil // UPD-08
		}
		if slow && !req.acceptsIncomplete {
			return nil, osb.ErrAsyncRequired()
		}
		if c.refusal != nil {
			return nil, c.refusal
		}
		return b.intendUpdate(ctx, read, req, c)
	})
	repeated := errors.Is(err, lifecycle.ErrUnchanged)
	if err != nil && !repeated {
		return none, err
	}
	if !lifecycle.IsBusy(&r) { // the cloud has nothing to change (UPD-11)
		return b.updated(req, &r), nil
	}
	o := b.await(ctx, req, r, !repeated, slow)
	done, err := o.isDone(req)
	if err != nil {
		return none, err
	}
	response := b.updated(req, &o.record)
	if !done {
		response.Async, response.Operation = true, o.op.ID
	}
	return response, nil
}

// updated describes the instance in the answer to an update. Platforms of before 2.14
// know of no dashboard there (UPD-18).
func (b *BusinessLogic) updated(req request, r *store.Record) osb.UpdateResponse {
	response := osb.UpdateResponse{Metadata: b.metadataOf(req.caller, r)}
	if req.caller.Since(14) {
		response.DashboardURL = b.dashboardOf(r)
	}
	return response
}

// A change is the difference between an update and the instance.
type change struct {
	plan    *catalog.Plan  // the wanted one
	update  catalog.Update // of the parameters
	newPlan bool           // another plan, or another maintenance version
	running bool           // an update to this very change runs
	refusal error          // the answer to parameters that the instance cannot have
}

func (c change) isEmpty() bool { return !c.newPlan && c.update.Changed == nil && c.refusal == nil }

// changeOf returns the change that an update asks for, or the error to answer.
func (b *BusinessLogic) changeOf(req request, r *store.Record, in osb.UpdateRequest, plan *catalog.Plan) (change, error) {
	switch {
	case !lifecycle.Exists(r):
		return change{}, osb.ErrNotFound(nameOf(r.Key)) // UPD-20
	case r.ServiceID != in.ServiceID:
		return change{}, osb.ErrBadRequest("service_id is not the one of the service instance: send its own.")
	case lifecycle.IsCreateFailed(r):
		return change{}, osb.ErrUnprocessable("The service instance could not be made: delete it and make another.")
	case r.Have == nil, r.Goal == store.Absent:
		return change{}, osb.ErrConcurrency()
	}
	base := r.Have
	if lifecycle.IsBusy(r) {
		base = r.Want
	}
	c, err := b.changeFrom(req, base, r, in, plan)
	if err != nil || !lifecycle.IsBusy(r) {
		return c, err
	}
	if !c.isEmpty() { // another update runs
		return change{}, osb.ErrConcurrency()
	}
	c.running = true
	return c, nil
}

// changeFrom compares a spec with an update.
func (b *BusinessLogic) changeFrom(req request, base *store.Spec, r *store.Record, in osb.UpdateRequest, plan *catalog.Plan) (change, error) {
	held, err := b.heldBy(req, r, base)
	if err != nil {
		return change{}, err
	}
	c := change{plan: held.Plan}
	if plan != nil && plan.ID != base.PlanID {
		if !held.Plan.Updateable {
			return change{}, errFixed("Instances of plan %s cannot move to another plan: make a new instance.", held.Plan.Name)
		}
		if plan.ProfileName() != r.Profile {
			return change{}, errFixed("Plan %s makes instances with other credentials of the broker, perhaps in another account or region, so this instance cannot move to it: make a new instance.", plan.Name)
		}
		c.plan, c.newPlan = plan, true
	}
	if err := req.maintain(&c, r, in); err != nil {
		return change{}, err
	}
	if c.update, err = held.Update(c.plan, in.Parameters); err != nil {
		c.refusal = osb.ErrBadRequest("%v", err)
		if fixed, ok := errors.AsType[*catalog.FixedError](err); ok {
			c.refusal = errFixed("%v", fixed)
		}
	}
	return c, nil
}

// errFixed is 422 for a change that an update cannot make, however often it is
// sent (UPD-06, UPD-17).
func errFixed(format string, args ...any) *osb.Error {
	refusal := osb.ErrUnprocessable(format, args...)
	refusal.UpdateRepeatable = new(false)
	return refusal
}

// maintain adds the catalog's form of the plan to the change if the request names
// the catalog's maintenance version and the instance has another (UPD-09).
func (req request) maintain(c *change, r *store.Record, in osb.UpdateRequest) error {
	if in.MaintenanceInfo == nil || in.MaintenanceInfo.Version == "" {
		return nil
	}
	var target *catalog.Plan
	if o, ok := req.catalog.Offering(r.ServiceID); ok {
		target, _ = o.Plan(c.plan.ID)
	}
	if err := checkMaintenance(in.MaintenanceInfo, target); err != nil {
		return err
	}
	if c.plan.Maintenance == nil || c.plan.Maintenance.Version != target.Maintenance.Version {
		c.plan, c.newPlan = target, true
	}
	return nil
}

// intendUpdate returns the edit that makes the change the record's wanted spec.
func (b *BusinessLogic) intendUpdate(ctx context.Context, read *store.Record, req request, c change) (edit, error) {
	want, err := specFor(c.plan, c.update.Parameters)
	if err != nil {
		return nil, err
	}
	change, err := b.prepared(ctx, func(r *store.Record) {
		r.Want = want
		if want.PlanID != r.Have.PlanID {
			r.PriorPlanID = r.Have.PlanID
		}
		lifecycle.Begin(r, store.Update, req.now, c.plan.DeadlineOf(string(store.Update)))
	}, want, read, nil)
	if err != nil || !c.newPlan {
		return change, err
	}
	held, err := b.heldBy(req, read, want)
	if err != nil {
		return nil, err
	}
	explicit, err := held.Explicit()
	want.Parameters = store.Seal(explicit)
	return change, err
}
