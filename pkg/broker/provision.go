package broker

import (
	"context"
	"encoding/json"
	"errors"

	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/catalog"
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/lifecycle"
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/osb"
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/store"
)

// A provisionIntent is a provision with its offering, plan and parameters.
type provisionIntent struct {
	parameters json.RawMessage
	offering   *catalog.Offering
	plan       *catalog.Plan
	// refusal is why the intent cannot begin a new life: its plan left the catalog,
	// and the record alone still has it. Nil: it can.
	refusal error
}

// Provision stores the intent to make an instance. The order of its checks is the
// one that all conformance checkers accept.
func (b *BusinessLogic) Provision(ctx context.Context, in osb.ProvisionRequest) (osb.ProvisionResponse, error) {
	return answeredIntent(b.provision(ctx, in))
}

func (b *BusinessLogic) provision(ctx context.Context, in osb.ProvisionRequest) (osb.ProvisionResponse, error) {
	var none osb.ProvisionResponse
	req := b.newRequest(in.Caller, instanceKey(in.InstanceID), in.AcceptsIncomplete)
	var err error
	if in.Context, err = keptContext(in.Context); err != nil {
		return none, err
	}
	intent, err := b.readProvision(ctx, req, in)
	if err != nil {
		return none, err
	}
	slow := intent.plan.IsSlow(string(store.Provision))

	r, err := b.decide(ctx, req.key, func(read *store.Record) (edit, error) {
		if err := b.decideProvision(req, read, in, intent.parameters); err != nil {
			return nil, err
		}
		if intent.refusal != nil {
			return nil, intent.refusal
		}
		if slow && !req.acceptsIncomplete {
			return nil, osb.ErrAsyncRequired()
		}
		if err := badParameters(intent.plan.CheckCreate(intent.parameters)); err != nil {
			return nil, err
		}
		return b.intendInstance(ctx, read, req, in, intent.offering, intent.plan, intent.parameters)
	})
	exists := errors.Is(err, lifecycle.ErrUnchanged)
	if err != nil && !exists {
		return none, err
	}
	response := osb.ProvisionResponse{Exists: exists}
	if exists && r.Have != nil {
		response.Metadata, response.DashboardURL = b.metadataOf(req.caller, &r), b.dashboardOf(&r)
		return response, nil
	}
	if slow && !req.acceptsIncomplete {
		return none, osb.ErrAsyncRequired()
	}
	o := b.await(ctx, req, r, !exists, slow)
	done, err := o.isDone(req)
	if err != nil {
		return none, err
	}
	if !done {
		response.Async, response.Operation = true, o.op.ID
	}
	response.Metadata, response.DashboardURL = b.metadataOf(req.caller, &o.record), b.dashboardOf(&o.record)
	return response, nil
}

// readProvision checks the body (PROV-02 to PROV-07).
func (b *BusinessLogic) readProvision(ctx context.Context, req request, in osb.ProvisionRequest) (intent provisionIntent, err error) {
	for _, member := range []struct{ name, value string }{
		{"service_id", in.ServiceID},
		{"plan_id", in.PlanID},
		{"organization_guid", in.OrganizationGUID},
		{"space_guid", in.SpaceGUID},
	} {
		if err := osb.RequireString(member.name, member.value); err != nil {
			return intent, err
		}
	}
	if intent.offering, intent.plan, err = req.offered(in.ServiceID, in.PlanID); err != nil {
		if intent, err = b.readWithdrawn(ctx, req, in, err); err != nil {
			return intent, err
		}
	}
	if err := checkMaintenance(in.MaintenanceInfo, intent.plan); err != nil {
		return intent, err
	}
	intent.parameters, err = normalized(in.Parameters)
	return intent, err
}

// readWithdrawn reads a provision of a plan that is not in the catalog; refusal is
// the answer to it. A provision that was accepted before may come again, as from
// Korifi before each poll: then the plan is the record's.
func (b *BusinessLogic) readWithdrawn(ctx context.Context, req request, in osb.ProvisionRequest, refusal error) (provisionIntent, error) {
	r, err := b.store.Find(ctx, req.key)
	if err != nil {
		return provisionIntent{}, err
	}
	spec := r.Have
	if spec == nil {
		spec = r.Want
	}
	if !lifecycle.Exists(&r) || r.ServiceID != in.ServiceID || spec == nil || spec.PlanID != in.PlanID {
		return provisionIntent{}, refusal
	}
	plan, err := req.planOf(&r, spec)
	return provisionIntent{offering: &catalog.Offering{ID: r.ServiceID, Name: r.Offering, Provider: r.Provider}, plan: plan, refusal: refusal}, err
}

// decideProvision returns nil if a new life may begin. lifecycle.ErrUnchanged means
// that the provision repeats the one of the record, which may have failed: a failed
// create stays failed until the platform deletes it or sends other attributes. Every
// other error is the answer.
func (b *BusinessLogic) decideProvision(req request, r *store.Record, in osb.ProvisionRequest, parameters json.RawMessage) error {
	if lifecycle.IsFree(r) {
		return nil
	}
	same, err := b.sameInstance(req, r, in, parameters)
	if err != nil {
		return err
	}
	return decideRepeat(r, same)
}

// decideRepeat decides on a provision or bind under the id of a record that exists.
// same reports whether the request has the attributes of r. Nil allows a new life.
func decideRepeat(r *store.Record, same bool) error {
	stage := lifecycle.StageOf(r)
	switch {
	case stage == lifecycle.CreateFailed && !same:
		return nil
	case stage == lifecycle.Cleaning && !same:
		return osb.ErrConcurrency()
	case !same:
		return osb.ErrConflict(nameOf(r.Key))
	case r.Goal == store.Absent && !lifecycle.IsCreateFailed(r):
		return osb.ErrConcurrency() // its deletion runs (PROV-19)
	}
	return lifecycle.ErrUnchanged
}

// sameInstance reports whether a provision has the attributes of the record
// (PROV-10, PROV-11).
func (b *BusinessLogic) sameInstance(req request, r *store.Record, in osb.ProvisionRequest, parameters json.RawMessage) (bool, error) {
	spec := r.Have
	if spec == nil {
		spec = r.Want
	}
	if r.ServiceID != in.ServiceID || spec.PlanID != in.PlanID || r.Organization != in.OrganizationGUID || r.Space != in.SpaceGUID {
		return false, nil
	}
	held, err := b.heldBy(req, r, spec)
	if err != nil {
		return false, err
	}
	return held.Same(parameters), nil
}

// regionOf returns the region of new instances of a profile. An unknown region is the
// operator's to fix; the platform may send the request again.
func (b *BusinessLogic) regionOf(profile string) (string, error) {
	if b.config.RegionOf == nil {
		return b.config.Region, nil
	}
	region, err := b.config.RegionOf(profile)
	if err != nil {
		unavailable := osb.ErrUnavailable(err)
		unavailable.Description = "The broker does not know the region for this plan yet: send the request again in some minutes; if it goes on, ask the operator of the broker to set its region."
		return "", unavailable
	}
	return region, nil
}

// intendInstance returns the edit that makes a record the one of a new instance.
func (b *BusinessLogic) intendInstance(ctx context.Context, read *store.Record, req request, in osb.ProvisionRequest, o *catalog.Offering, p *catalog.Plan, parameters json.RawMessage) (edit, error) {
	parameters, err := p.NormalInstance(parameters)
	if err != nil {
		return nil, err
	}
	want, err := specFor(p, parameters)
	if err != nil {
		return nil, err
	}
	profile := p.ProfileName()
	region, err := b.regionOf(profile)
	if err != nil {
		return nil, err
	}
	incarnation := lifecycle.NewIncarnation()
	return b.prepared(ctx, func(r *store.Record) {
		lifecycle.NewLife(r, incarnation, req.now)
		r.Provider, r.ServiceID, r.Offering = o.Provider, o.ID, o.Name
		r.Organization, r.Space, r.Context = in.OrganizationGUID, in.SpaceGUID, in.Context
		r.Profile, r.Region, r.Want = profile, region, want
		lifecycle.Begin(r, store.Provision, req.now, p.DeadlineOf(string(store.Provision)))
	}, want, read, nil)
}
