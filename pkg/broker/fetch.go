package broker

import (
	"context"
	"encoding/json"

	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/catalog"
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/lifecycle"
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/osb"
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/store"
)

// GetInstance shows an instance that is ready (FI-01 to FI-07).
func (b *BusinessLogic) GetInstance(ctx context.Context, in osb.GetInstanceRequest) (osb.Instance, error) {
	return answered(b.getInstance(ctx, in))
}

func (b *BusinessLogic) getInstance(ctx context.Context, in osb.GetInstanceRequest) (osb.Instance, error) {
	var none osb.Instance
	r, err := b.store.Find(ctx, instanceKey(in.InstanceID))
	if err != nil {
		return none, err
	}
	switch {
	case r.Have == nil || r.Goal == store.Absent || lifecycle.IsTombstone(&r):
		return none, osb.ErrNotFound(nameOf(r.Key))
	case lifecycle.IsBusy(&r):
		return none, osb.ErrConcurrency()
	}
	plan, err := b.newRequest(in.Caller, r.Key, false).planOf(&r, r.Have)
	if err != nil {
		return none, err
	}
	stored, err := r.Have.Parameters.Open()
	if err != nil {
		return none, err
	}
	parameters := plan.ShownInstance(stored)
	instance := osb.Instance{ServiceID: r.ServiceID, PlanID: r.Have.PlanID, Parameters: parameters, Metadata: b.metadataOf(in.Caller, &r), DashboardURL: b.dashboardOf(&r)}
	if m := plan.Maintenance; m != nil && in.Caller.Since(17) {
		instance.MaintenanceInfo = &osb.MaintenanceInfo{Version: m.Version}
	}
	return instance, nil
}

// GetBinding shows a binding that is ready, with its credentials (FB-01 to FB-08). One
// with an ended login exists until its unbind, and its metadata says when it expired.
func (b *BusinessLogic) GetBinding(ctx context.Context, in osb.GetBindingRequest) (osb.Binding, error) {
	return answered(b.getBinding(ctx, in))
}

func (b *BusinessLogic) getBinding(ctx context.Context, in osb.GetBindingRequest) (osb.Binding, error) {
	var none osb.Binding
	r, err := b.store.Find(ctx, bindingKey(in.InstanceID, in.BindingID))
	if err != nil {
		return none, err
	}
	if !lifecycle.IsBound(&r) {
		return none, osb.ErrNotFound(nameOf(r.Key))
	}
	binding, err := b.describeBinding(in.Caller, &r)
	if err != nil {
		return none, err
	}
	binding.Parameters, err = shownBindingParameters(r.Have)
	return binding, err
}

// shownBindingParameters returns the parameters of a binding without the secret
// ones.
func shownBindingParameters(s *store.Spec) (json.RawMessage, error) {
	plan, err := lifecycle.PlanOf(s)
	if err != nil {
		return nil, err
	}
	parameters, err := s.Parameters.Open()
	if err != nil {
		return nil, err
	}
	return catalog.Redact(parameters, plan.Secret), nil
}
