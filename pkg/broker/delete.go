package broker

import (
	"context"
	"errors"

	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/lifecycle"
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/osb"
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/providers"
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/store"
)

// Deprovision stores the intent to delete an instance with its bindings. It is
// accepted in every state: a running create is cancelled.
func (b *BusinessLogic) Deprovision(ctx context.Context, in osb.DeprovisionRequest) (osb.DeprovisionResponse, error) {
	d := deletion{
		request: b.newRequest(in.Caller, instanceKey(in.InstanceID), in.AcceptsIncomplete),
		kind:    store.Deprovision, serviceID: in.ServiceID, planID: in.PlanID,
	}
	operation, err := b.deprovision(ctx, d)
	return answered(osb.DeprovisionResponse{Async: operation != "", Operation: operation}, err)
}

// Unbind stores the intent to delete a binding. An unknown binding is 410 even if
// the query is incomplete.
func (b *BusinessLogic) Unbind(ctx context.Context, in osb.UnbindRequest) (osb.UnbindResponse, error) {
	d := deletion{
		request: b.newRequest(in.Caller, bindingKey(in.InstanceID, in.BindingID), in.AcceptsIncomplete),
		kind:    store.Unbind, serviceID: in.ServiceID, planID: in.PlanID,
	}
	operation, err := b.unbind(ctx, d)
	return answered(osb.UnbindResponse{Async: operation != "", Operation: operation}, err)
}

// A deletion is a deprovision or unbind.
type deletion struct {
	request           request
	kind              store.Kind
	serviceID, planID string
}

// deprovision returns the operation of a 202, or "" when the instance is gone.
func (b *BusinessLogic) deprovision(ctx context.Context, d deletion) (operation string, err error) {
	if err := d.checkQuery(); err != nil {
		return "", err
	}
	r, err := b.store.Find(ctx, d.request.key)
	if err != nil {
		return "", err
	}
	slow := d.isSlow(&r)
	if slow && !d.request.acceptsIncomplete {
		return "", osb.ErrAsyncRequired()
	}
	return b.remove(ctx, d, slow)
}

// unbind returns the operation of a 202, or "" when the binding is gone.
func (b *BusinessLogic) unbind(ctx context.Context, d deletion) (operation string, err error) {
	r, err := b.store.Find(ctx, d.request.key)
	if err != nil {
		return "", err
	}
	slow := d.isSlow(&r)
	if lifecycle.Exists(&r) {
		err = d.checkQuery()
	} else if !slow || d.request.acceptsIncomplete {
		err = osb.ErrGone(nameOf(r.Key))
	}
	if err != nil {
		return "", err
	}
	if slow && !d.request.acceptsIncomplete {
		return "", osb.ErrAsyncRequired()
	}
	return b.remove(ctx, d, slow)
}

// checkQuery requires both ids of the query (DEP-02, UNB-02).
func (d deletion) checkQuery() error {
	if err := osb.RequireString("service_id", d.serviceID); err != nil {
		return err
	}
	return osb.RequireString("plan_id", d.planID)
}

// isSlow reports whether the deletion takes longer than a request may: by the
// record's plan, or, without a record, by the catalog's.
func (d deletion) isSlow(r *store.Record) bool {
	if lifecycle.Exists(r) && r.Want != nil {
		plan, err := lifecycle.PlanOf(r.Want)
		return err == nil && plan.IsSlow(string(d.kind))
	}
	_, plan, err := d.request.offered(d.serviceID, d.planID)
	return err == nil && plan != nil && plan.IsSlow(string(d.kind))
}

// remove stores the intent to delete, or joins the deletion that runs. It decides
// inside the compare-and-swap: a deletion needs no preparation.
func (b *BusinessLogic) remove(ctx context.Context, d deletion, slow bool) (operation string, err error) {
	var joined store.Record
	r, err := b.store.Update(ctx, d.request.key, func(r *store.Record) error {
		switch {
		case !lifecycle.Exists(r):
			return osb.ErrGone(nameOf(r.Key))
		case r.ServiceID != d.serviceID:
			return osb.ErrBadRequest("service_id is not the one this was made with: send the one of its service offering.")
		case lifecycle.IsBusy(r) && r.Operation.Kind == d.kind:
			joined = *r
			return lifecycle.ErrUnchanged
		}
		if err := b.checkProtection(r); err != nil {
			return err
		}
		lifecycle.Delete(r, d.kind, d.request.now)
		return nil
	})
	joins := errors.Is(err, lifecycle.ErrUnchanged)
	if joins {
		r, err = joined, nil
	}
	if err != nil {
		return "", err
	}
	if lifecycle.IsTombstone(&r) {
		return "", nil
	}
	o := b.await(ctx, d.request, r, !joins, slow)
	if done, err := o.isDone(d.request); done || err != nil {
		return "", err
	}
	return o.op.ID, nil
}

// checkProtection refuses to delete an instance that its parameters in force, or its
// plan, protect. What was never ready, or is being deleted, has no protection.
func (b *BusinessLogic) checkProtection(r *store.Record) error {
	if r.IsBinding() || r.Have == nil || r.Goal != store.Present {
		return nil
	}
	protector, ok := providers.As[providers.Protector](b.config.Providers[r.Provider], providers.Instance)
	if !ok {
		return nil
	}
	inForce := *r
	inForce.Want = nil
	t, err := lifecycle.TaskOf(b.config.BrokerID, &inForce, nil)
	if err != nil {
		return nil //nolint:nilerr // an unreadable record stays deletable
	}
	if protection := protector.Protection(t); protection != nil {
		return osb.ErrUnprocessable("%s", protection.Text)
	}
	return nil
}
