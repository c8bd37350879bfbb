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

// provision decides on PUT /v2/service_instances/:instance_id. The order of
// the checks is the one that all conformance checkers accept.
func (b *BusinessLogic) provision(ctx context.Context, req request) (int, any, error) {
	in, err := osb.Decode[osb.ProvisionRequest](req.Body)
	if err != nil {
		return 0, nil, err
	}
	if err := bounded(in.Context); err != nil {
		return 0, nil, err
	}
	offering, plan, parameters, err := b.readProvision(in)
	if err != nil {
		return 0, nil, err
	}
	slow := plan.IsSlow(string(store.Provision))

	var now store.Record
	r, err := b.store.Update(ctx, req.key(), func(r *store.Record) error {
		now = *r
		if err := decideProvision(r, in, parameters); err != nil {
			return err
		}
		if slow && !req.AcceptsIncomplete {
			return osb.ErrAsyncRequired()
		}
		if err := checked(plan.CheckCreate(parameters)); err != nil {
			return err
		}
		return b.intendInstance(r, req, in, offering, plan, parameters)
	})
	if errors.Is(err, lifecycle.ErrUnchanged) {
		return b.repeatProvision(ctx, req, now, slow)
	}
	if err != nil {
		return 0, nil, err
	}
	o, err := b.await(ctx, req, r, slow)
	if err != nil {
		return 0, nil, err
	}
	return o.answer(req, func() (int, any, error) { return http.StatusCreated, provisioned(req, &o.record), nil })
}

// readProvision checks what the body says without any record (PROV-02 to
// PROV-07).
func (b *BusinessLogic) readProvision(in osb.ProvisionRequest) (*catalog.Offering, *catalog.Plan, json.RawMessage, error) {
	for _, member := range []struct{ name, value string }{
		{"service_id", in.ServiceID},
		{"plan_id", in.PlanID},
		{"organization_guid", in.OrganizationGUID},
		{"space_guid", in.SpaceGUID},
	} {
		if err := osb.RequireString(member.name, member.value); err != nil {
			return nil, nil, nil, err
		}
	}
	offering, plan, err := b.offered(in.ServiceID, in.PlanID)
	if err != nil {
		return nil, nil, nil, err
	}
	if err := checkMaintenance(in.MaintenanceInfo, plan); err != nil {
		return nil, nil, nil, err
	}
	parameters, err := normalized(in.Parameters)
	return offering, plan, parameters, err
}

// checkMaintenance compares the version that a request names with the one of
// the wanted plan (PROV-07, UPD-09). An object without a version counts as
// absent.
func checkMaintenance(m *osb.MaintenanceInfo, plan *catalog.Plan) error {
	if m == nil || m.Version == "" {
		return nil
	}
	if plan == nil || plan.Maintenance == nil || plan.Maintenance.Version != m.Version {
		return osb.ErrMaintenanceInfo()
	}
	return nil
}

// decideProvision lets a provision through (nil) if the id is free, and else
// says what it is: repeated (errDecided), in conflict, or too early.
func decideProvision(r *store.Record, in osb.ProvisionRequest, parameters json.RawMessage) error {
	switch {
	case lifecycle.IsFree(r):
		return nil
	case lifecycle.IsCreateFailed(r):
		return osb.ErrConcurrency() // being cleaned up
	}
	same, err := sameInstance(r, in, parameters)
	switch {
	case err != nil:
		return err
	case !same:
		return osb.ErrConflict(nameOf(r.Key))
	case r.Goal == store.Absent:
		return osb.ErrConcurrency() // being deleted (PROV-19)
	}
	return lifecycle.ErrUnchanged
}

// sameInstance compares what a provision asks for with what is there
// (PROV-10, PROV-11).
func sameInstance(r *store.Record, in osb.ProvisionRequest, parameters json.RawMessage) (bool, error) {
	spec := r.Have
	if spec == nil {
		spec = r.Want
	}
	if r.ServiceID != in.ServiceID || spec.PlanID != in.PlanID || r.Organization != in.OrganizationGUID || r.Space != in.SpaceGUID {
		return false, nil
	}
	have, err := spec.Parameters.Open()
	if err != nil {
		return false, err
	}
	return catalog.Equal(have, parameters), nil
}

// intendInstance makes r the record of a new instance.
func (b *BusinessLogic) intendInstance(r *store.Record, req request, in osb.ProvisionRequest, o *catalog.Offering, p *catalog.Plan, parameters json.RawMessage) error {
	lifecycle.NewLife(r, req.now)
	want, err := specFor(p, parameters)
	if err != nil {
		return err
	}
	r.Provider, r.ServiceID, r.Offering = o.Provider, o.ID, o.Name
	r.Organization, r.Space, r.Context = in.OrganizationGUID, in.SpaceGUID, in.Context
	r.Region, r.Want = b.config.Region, want
	lifecycle.Begin(r, store.Provision, req.now, p.DeadlineOf(string(store.Provision)))
	return b.prepare(r, nil)
}

// repeatProvision answers a provision that was sent before: 202 with the same
// operation, or 200.
func (b *BusinessLogic) repeatProvision(ctx context.Context, req request, r store.Record, slow bool) (int, any, error) {
	if r.Have != nil {
		return http.StatusOK, provisioned(req, &r), nil
	}
	o, err := b.await(ctx, req, r, slow)
	if err != nil {
		return 0, nil, err
	}
	return o.answer(req, func() (int, any, error) { return http.StatusOK, provisioned(req, &o.record), nil })
}
