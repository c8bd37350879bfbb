package broker

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"

	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/catalog"
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/lifecycle"
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/osb"
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/store"
)

// update decides on PATCH /v2/service_instances/:instance_id: another plan,
// other parameters, or both. Nothing is changed by a request that is refused.
func (b *BusinessLogic) update(ctx context.Context, req request) (int, any, error) {
	in, err := osb.Decode[osb.UpdateRequest](req.Body)
	if err != nil {
		return 0, nil, err
	}
	if err := bounded(in.Context); err != nil {
		return 0, nil, err
	}
	instance, err := b.store.Find(ctx, req.key())
	if err != nil {
		return 0, nil, err
	}
	_, plan, err := b.known(&instance, in.ServiceID, in.PlanID)
	if err != nil {
		return 0, nil, err
	}
	parameters, err := normalized(in.Parameters)
	if err != nil {
		return 0, nil, err
	}

	var now store.Record
	slow := false
	r, err := b.store.Update(ctx, req.key(), func(r *store.Record) error {
		now = *r
		c, err := b.changeOf(r, in, plan, parameters)
		if err != nil {
			return err
		}
		slow = c.plan.IsSlow(string(store.Update))
		switch {
		case c.running:
			return lifecycle.ErrUnchanged
		case c.none():
			if in.Context == nil || catalog.Equal(in.Context, r.Context) {
				return lifecycle.ErrUnchanged
			}
			r.Context = in.Context // UPD-08
			return nil
		}
		if slow && !req.AcceptsIncomplete {
			return osb.ErrAsyncRequired()
		}
		return b.intendUpdate(r, req, c)
	})
	if errors.Is(err, lifecycle.ErrUnchanged) {
		r, err = now, nil
	}
	if err != nil {
		return 0, nil, err
	}
	if !lifecycle.IsBusy(&r) { // there was nothing to change in the cloud (UPD-11)
		return http.StatusOK, provisioned(req, &r), nil
	}
	o, err := b.await(ctx, req, r, slow)
	if err != nil {
		return 0, nil, err
	}
	return o.answer(req, func() (int, any, error) { return http.StatusOK, provisioned(req, &o.record), nil })
}

// A change is what an update comes to.
type change struct {
	plan       *catalog.Plan   // the wanted one
	parameters json.RawMessage // the wanted ones, all of them
	asked      json.RawMessage // those of them that differ from what is there
	newPlan    bool            // or the same with another maintenance version
	running    bool            // an update to just this is under way
}

func (c change) none() bool { return !c.newPlan && c.asked == nil }

// changeOf works out the change, or why it cannot be.
func (b *BusinessLogic) changeOf(r *store.Record, in osb.UpdateRequest, plan *catalog.Plan, parameters json.RawMessage) (change, error) {
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
	c, err := b.changeFrom(base, r, in, plan, parameters)
	if err != nil || !lifecycle.IsBusy(r) {
		return c, err
	}
	if !c.none() { // another update than the one under way
		return change{}, osb.ErrConcurrency()
	}
	c.running = true
	return c, nil
}

// changeFrom compares a spec with what an update asks for.
func (b *BusinessLogic) changeFrom(base *store.Spec, r *store.Record, in osb.UpdateRequest, plan *catalog.Plan, parameters json.RawMessage) (change, error) {
	from, err := b.planOf(r, base)
	if err != nil {
		return change{}, err
	}
	c := change{plan: from}
	if plan != nil && plan.ID != base.PlanID {
		if !from.Updateable {
			refusal := osb.ErrUnprocessable("Instances of plan %s cannot move to another plan: make a new instance.", from.Name)
			refusal.UpdateRepeatable = new(bool) // it will never do
			return change{}, refusal
		}
		c.plan, c.newPlan = plan, true
	}
	if err := b.maintain(&c, r, in); err != nil {
		return change{}, err
	}
	have, err := base.Parameters.Open()
	if err != nil {
		return change{}, err
	}
	c.parameters, c.asked, err = catalog.Merge(have, parameters)
	if err != nil {
		return change{}, osb.ErrBadRequest("%v", err)
	}
	return c, nil
}

// maintain makes the catalog's present form of the plan part of the change
// where the request names its maintenance version and the instance has another
// (UPD-09).
func (b *BusinessLogic) maintain(c *change, r *store.Record, in osb.UpdateRequest) error {
	if in.MaintenanceInfo == nil || in.MaintenanceInfo.Version == "" {
		return nil
	}
	var target *catalog.Plan
	if o, ok := b.catalog.Offering(r.ServiceID); ok {
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

// intendUpdate checks the change and makes it what is wanted.
func (b *BusinessLogic) intendUpdate(r *store.Record, req request, c change) error {
	if err := checked(c.plan.CheckUpdate(c.asked)); err != nil {
		return err
	}
	want, err := specFor(c.plan, c.parameters)
	if err != nil {
		return err
	}
	r.Want = want
	if want.PlanID != r.Have.PlanID {
		r.PriorPlanID = r.Have.PlanID
	}
	lifecycle.Begin(r, store.Update, req.now, c.plan.DeadlineOf(string(store.Update)))
	return b.prepare(r, nil)
}
