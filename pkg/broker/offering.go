package broker

import (
	"encoding/json"

	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/catalog"
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/lifecycle"
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/osb"
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/store"
)

// offered finds the offering and plan of ids in the catalog (PROV-02, PROV-03).
// For an empty plan id, which some requests allow, the plan is nil.
func (req request) offered(serviceID, planID string) (*catalog.Offering, *catalog.Plan, error) {
	if err := osb.RequireString("service_id", serviceID); err != nil {
		return nil, nil, err
	}
	o, ok := req.catalog.Offering(serviceID)
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

// known is offered for a request about an existing instance. The record keeps the
// instance's own offering and plan, even after they left the catalog.
func (req request) known(r *store.Record, serviceID, planID string) (*catalog.Offering, *catalog.Plan, error) {
	o, p, err := req.offered(serviceID, planID)
	if err == nil || !lifecycle.Exists(r) || r.ServiceID != serviceID || r.Have == nil {
		return o, p, err
	}
	own, ok := req.catalog.Offering(serviceID)
	if !ok {
		own = &catalog.Offering{ID: r.ServiceID, Name: r.Offering, Bindable: true}
	}
	switch planID {
	case "":
		return own, nil, nil
	case r.Have.PlanID:
		p, err = req.planOf(r, r.Have)
		return own, p, err
	}
	return o, p, err
}

// planOf reads the plan that a record keeps, with complete schemas.
func (req request) planOf(r *store.Record, s *store.Spec) (*catalog.Plan, error) {
	plan, err := lifecycle.PlanOf(s)
	if err != nil {
		return nil, err
	}
	return req.catalog.Upgraded(r.Provider, plan), nil
}

// checkMaintenance compares the version that a request names with the version of
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

// normalized returns the parameters in normal form, or a 400.
func normalized(parameters json.RawMessage) (json.RawMessage, error) {
	n, err := catalog.Normalize(parameters)
	if err != nil {
		return nil, osb.ErrBadRequest("%v", err)
	}
	return n, nil
}

// badParameters turns the catalog's verdict on parameters into a 400.
func badParameters(err error) error {
	if err != nil {
		return osb.ErrBadRequest("%v", err)
	}
	return nil
}
