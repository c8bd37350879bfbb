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

// update decides on PATCH /v2/service_instances/:instance_id: another plan,
// other parameters, or both. Nothing is changed by a request that is refused.
func (b *BusinessLogic) update(ctx context.Context, req request) (int, any, error) {
	in, err := osb.Decode[osb.UpdateRequest](req.Body)
	if err != nil {
		return 0, nil, err
	}
	_, plan, err := b.offered(in.ServiceID, in.PlanID)
	if err != nil {
		return 0, nil, err
	}
	if err := checkMaintenance(in.MaintenanceInfo); err != nil {
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
		if c.none() || c.running {
			return errDecided
		}
		if slow && !req.AcceptsIncomplete {
			return osb.ErrAsyncRequired()
		}
		return b.intendUpdate(r, req, c)
	})
	done := func() (int, any, error) { return http.StatusOK, osb.Provisioned{}, nil }
	if errors.Is(err, errDecided) {
		r, err = now, nil
		if !isBusy(&r) {
			return done() // nothing to change (UPD-11)
		}
	}
	if err != nil {
		return 0, nil, err
	}
	o, err := b.await(ctx, req, r, slow)
	if err != nil {
		return 0, nil, err
	}
	return o.answer(req, done)
}

// A change is what an update comes to.
type change struct {
	plan       *catalog.Plan   // the wanted one
	parameters json.RawMessage // the wanted ones, all of them
	asked      json.RawMessage // those of them that differ from what is there
	newPlan    bool
	running    bool // an update to just this is under way
}

func (c change) none() bool { return !c.newPlan && c.asked == nil }

// changeOf works out the change, or why it cannot be.
func (b *BusinessLogic) changeOf(r *store.Record, in osb.UpdateRequest, plan *catalog.Plan, parameters json.RawMessage) (change, error) {
	switch {
	case !exists(r):
		return change{}, osb.ErrNotFound(nameOf(r.Key)) // UPD-20
	case r.ServiceID != in.ServiceID:
		return change{}, osb.ErrBadRequest("service_id is not the one of the service instance: send its own.")
	case r.Goal == store.Absent && r.Settled, r.Goal == store.Absent && !isBusy(r):
		return change{}, osb.ErrUnprocessable("The service instance could not be made: delete it and make another.")
	case r.Have == nil, r.Goal == store.Absent:
		return change{}, osb.ErrConcurrency()
	}
	base := r.Have
	if isBusy(r) {
		base = r.Want
	}
	c, err := changeFrom(base, plan, parameters)
	if err != nil || !isBusy(r) {
		return c, err
	}
	if !c.none() { // another update than the one under way
		return change{}, osb.ErrConcurrency()
	}
	c.running = true
	return c, nil
}

// changeFrom compares a spec with what an update asks for.
func changeFrom(base *store.Spec, plan *catalog.Plan, parameters json.RawMessage) (change, error) {
	from, err := planOf(base)
	if err != nil {
		return change{}, err
	}
	c := change{plan: from}
	if plan != nil && plan.ID != base.PlanID {
		if !from.Updateable {
			return change{}, osb.ErrUnprocessable("Instances of plan %s cannot move to another plan: make a new instance.", from.Name)
		}
		c.plan, c.newPlan = plan, true
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
	begin(r, store.Update, req.now, deadlineOf(c.plan))
	return b.prepare(r, nil)
}
