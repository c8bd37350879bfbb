package broker

import (
	"context"
	"encoding/json"

	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/catalog"
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/lifecycle"
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/osb"
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/store"
)

// readRotation reads a bind that names a predecessor: a new binding beside the
// old one, with its service, plan, application and parameters, but with a name
// and a password of its own (ROT-02 to ROT-07). Both are valid until they are
// deleted.
func (b *BusinessLogic) readRotation(ctx context.Context, req request, in osb.BindRequest) (wish, error) {
	w := wish{BindRequest: in}
	r, err := b.store.Find(ctx, req.key())
	if err != nil {
		return w, err
	}
	from, err := b.store.Find(ctx, store.Key{InstanceID: req.InstanceID, BindingID: in.PredecessorBindingID})
	if err != nil {
		return w, err
	}
	if lifecycle.Exists(&r) && r.Predecessor == in.PredecessorBindingID {
		from = r // sent again: the predecessor may be gone by now
	}
	if err := mayFollow(&from, req); err != nil {
		return w, err
	}
	instance, err := b.store.Find(ctx, req.key().Instance())
	if err != nil {
		return w, err
	}
	if w.plan, err = b.planOf(&from, instanceSpec(&instance, &from)); err != nil {
		return w, err
	}
	if !w.plan.Rotatable {
		return w, osb.ErrBadRequest("This plan does not rotate bindings: make a new binding without predecessor_binding_id, and delete the old one.")
	}
	var ok bool
	if w.offering, ok = b.catalog.Offering(from.ServiceID); !ok { // it may have left the catalog
		w.offering = &catalog.Offering{ID: from.ServiceID, Name: from.Offering, Bindable: true}
	}
	if in.ServiceID != "" && in.ServiceID != from.ServiceID || in.PlanID != "" && in.PlanID != w.plan.ID && in.PlanID != from.Want.PlanID {
		return w, osb.ErrBadRequest("service_id and plan_id are not those of the predecessor: leave them out, or send its own.")
	}
	w.ServiceID, w.PlanID = from.ServiceID, w.plan.ID
	if in.Context == nil {
		w.Context = from.Context
	}
	if appOf(in) == "" {
		w.AppGUID = from.Want.AppGUID
	}
	w.parameters, err = successorParameters(&from, w.plan, in.Parameters)
	return w, err
}

// mayFollow checks a predecessor (ROT-03).
func mayFollow(from *store.Record, req request) error {
	switch {
	case from.BindingID == req.BindingID && from.Predecessor == "":
		return osb.ErrBadRequest("predecessor_binding_id names this very binding: use a new id for its successor.")
	case !lifecycle.Exists(from), from.BindingID != req.BindingID && from.Goal == store.Absent:
		return osb.ErrBadRequest("predecessor_binding_id names no binding of this service instance: send the id of one that exists.")
	case from.BindingID != req.BindingID && !lifecycle.IsReady(from):
		return osb.ErrBadRequest("The predecessor is not ready yet: rotate it when it is.")
	case from.BindingID != req.BindingID && !from.Expires.IsZero() && !req.now.Before(from.Expires):
		return osb.ErrBadRequest("The predecessor has expired: make a new binding without predecessor_binding_id.")
	}
	return nil
}

// instanceSpec is what the instance has, or, without one, what the binding
// was made with.
func instanceSpec(instance, binding *store.Record) *store.Spec {
	if instance.Have != nil {
		return instance.Have
	}
	return binding.Want
}

// successorParameters are those of the predecessor with those of the request
// over them, without what belongs to one binding alone (ROT-06).
func successorParameters(from *store.Record, plan *catalog.Plan, sent json.RawMessage) (json.RawMessage, error) {
	sent, err := normalized(sent)
	if err != nil {
		return nil, err
	}
	have, err := from.Want.Parameters.Open()
	if err != nil {
		return nil, err
	}
	merged, _, err := catalog.Merge(have, sent)
	if err != nil {
		return nil, err
	}
	return catalog.Redact(merged, plan.Fresh), nil
}
