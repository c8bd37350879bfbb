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
// old one, with the same service, plan, application and parameters, and with a
// name and a password of its own (ROT-02 to ROT-07). Both are valid until they
// are deleted.
func (b *BusinessLogic) readRotation(ctx context.Context, req request, in osb.BindRequest) (bindIntent, error) {
	intent := bindIntent{request: in}
	r, err := b.store.Find(ctx, req.key)
	if err != nil {
		return intent, err
	}
	from, err := b.store.Find(ctx, bindingKey(in.InstanceID, in.PredecessorBindingID))
	if err != nil {
		return intent, err
	}
	if lifecycle.Exists(&r) && r.Predecessor == in.PredecessorBindingID {
		intent.refusal = checkPredecessor(&from, req)
		if intent.refusal != nil || !lifecycle.IsCreateFailed(&r) {
			from = r // a repeated request, whose predecessor may be gone
		}
	}
	if err := checkPredecessor(&from, req); err != nil {
		return intent, err
	}
	instance, err := b.store.Find(ctx, req.key.Instance())
	if err != nil {
		return intent, err
	}
	if intent.plan, err = req.planOf(&from, instanceSpec(&instance, &from)); err != nil {
		return intent, err
	}
	if !intent.plan.Rotatable {
		return intent, osb.ErrBadRequest("This plan does not rotate bindings: make a new binding without predecessor_binding_id, and delete the old one.")
	}
	var ok bool
	if intent.offering, ok = req.catalog.Offering(from.ServiceID); !ok { // the offering left the catalog
		intent.offering = &catalog.Offering{ID: from.ServiceID, Name: from.Offering, Bindable: true}
	}
	if in.ServiceID != "" && in.ServiceID != from.ServiceID || in.PlanID != "" && in.PlanID != intent.plan.ID && in.PlanID != from.Want.PlanID {
		return intent, osb.ErrBadRequest("service_id and plan_id are not those of the predecessor: leave them out, or send its own.")
	}
	intent.request.ServiceID, intent.request.PlanID = from.ServiceID, intent.plan.ID
	if in.Context == nil {
		intent.request.Context = from.Context
	}
	if appOf(in) == "" {
		intent.request.AppGUID = from.Want.AppGUID
	}
	intent.parameters, err = successorParameters(&from, intent.plan, in.Parameters)
	return intent, err
}

// checkPredecessor refuses predecessors that cannot be rotated (ROT-03).
func checkPredecessor(from *store.Record, req request) error {
	other := from.BindingID != req.key.BindingID
	switch {
	case !other && from.Predecessor == "":
		return osb.ErrBadRequest("predecessor_binding_id names this very binding: use a new id for its successor.")
	case !lifecycle.Exists(from), other && from.Goal == store.Absent:
		return osb.ErrBadRequest("predecessor_binding_id names no binding of this service instance: send the id of one that exists.")
	case other && !lifecycle.IsBound(from):
		return osb.ErrBadRequest("The predecessor is not ready yet: rotate it when it is.")
	case other && (from.Goal == store.Expired || !from.Expires.IsZero() && !req.now.Before(from.Expires)):
		return osb.ErrBadRequest("The predecessor has expired: make a new binding without predecessor_binding_id.")
	}
	return nil
}

// instanceSpec is the spec of the instance, or, if it has none, the one that the
// binding was made with.
func instanceSpec(instance, binding *store.Record) *store.Spec {
	if instance.Have != nil {
		return instance.Have
	}
	return binding.Want
}

// successorParameters merges the sent parameters over the predecessor's, without
// the parameters that belong to one binding alone (ROT-06).
func successorParameters(from *store.Record, plan *catalog.Plan, sent json.RawMessage) (json.RawMessage, error) {
	if _, err := normalized(sent); err != nil {
		return nil, err
	}
	sent, err := plan.NormalBinding(sent)
	if err != nil {
		return nil, err
	}
	have, err := from.Want.Parameters.Open()
	if err != nil {
		return nil, err
	}
	if have, err = plan.NormalBinding(have); err != nil {
		return nil, err
	}
	merged, _, err := catalog.Merge(have, sent)
	if err != nil {
		return nil, err
	}
	return catalog.Redact(merged, plan.Fresh), nil
}
