package broker

import (
	"context"
	"encoding/json"
	"errors"
	"time"

	"github.com/golang/glog"

	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/catalog"
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/lifecycle"
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/osb"
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/store"
)

// A bindIntent is a bind with its offering, plan and parameters: read from the
// request, or for a rotation from the binding that it replaces.
type bindIntent struct {
	request    osb.BindRequest
	parameters json.RawMessage
	offering   *catalog.Offering
	plan       *catalog.Plan
	// refusal is why the intent cannot begin a new binding: a repeated rotation with
	// a predecessor that is gone. Nil: it can.
	refusal error
}

// Bind stores the intent to make a binding. Every binding has credentials of its
// own.
func (b *BusinessLogic) Bind(ctx context.Context, in osb.BindRequest) (osb.BindResponse, error) {
	return answeredIntent(b.bind(ctx, in))
}

func (b *BusinessLogic) bind(ctx context.Context, in osb.BindRequest) (osb.BindResponse, error) {
	var none osb.BindResponse
	req := b.newRequest(in.Caller, bindingKey(in.InstanceID, in.BindingID), in.AcceptsIncomplete)
	var err error
	if in.Context, err = keptContext(in.Context); err != nil {
		return none, err
	}
	if app := appOf(in); app != "" {
		if err := osb.RequireString("app_guid", app); err != nil {
			return none, err
		}
	}
	instance, err := b.store.Find(ctx, req.key.Instance())
	if err != nil {
		return none, b.unansweredIfUnavailable(in, err)
	}
	var intent bindIntent
	if in.PredecessorBindingID == "" {
		intent, err = req.readBind(&instance, in)
	} else {
		intent, err = b.readRotation(ctx, req, in)
	}
	if err != nil {
		return none, err
	}
	slow := intent.plan.IsSlow(string(store.Bind))

	r, err := b.decide(ctx, req.key, func(read *store.Record) (edit, error) {
		if err := req.decideBind(read, &instance, intent); err != nil {
			return nil, err
		}
		if intent.refusal != nil {
			return nil, intent.refusal
		}
		if !intent.offering.Bindable {
			return nil, osb.ErrBadRequest("%s cannot be bound: use it without a binding.", intent.offering.Name)
		}
		if slow && !req.acceptsIncomplete {
			return nil, osb.ErrAsyncRequired()
		}
		if err := badParameters(intent.plan.CheckBind(intent.parameters)); err != nil {
			return nil, err
		}
		return b.intendBinding(ctx, read, &instance, req, intent)
	})
	exists := errors.Is(err, lifecycle.ErrUnchanged)
	if err != nil && !exists {
		return none, b.unansweredIfUnavailable(in, err)
	}
	if lifecycle.IsBound(&r) {
		return b.bound(req, &r, exists)
	}
	if slow && !req.acceptsIncomplete {
		return none, osb.ErrAsyncRequired()
	}
	return b.awaitBinding(ctx, req, r, exists, slow)
}

// awaitBinding waits for the operation of a bind, and returns its answer.
func (b *BusinessLogic) awaitBinding(ctx context.Context, req request, r store.Record, exists, slow bool) (osb.BindResponse, error) {
	var none osb.BindResponse
	o := b.await(ctx, req, r, !exists, slow)
	if b.config.DropUnfinishedBinds && !req.acceptsIncomplete && !o.op.State.Finished() &&
		isKubernetes(o.record.Context) {
		return none, osb.ErrUnanswered
	}
	switch done, err := o.isDone(req); {
	case err != nil:
		return none, err
	case !done:
		return osb.BindResponse{Exists: exists, Async: true, Operation: o.op.ID}, nil
	}
	return b.bound(req, &o.record, exists)
}

// bound returns the answer of a bind to a ready binding.
func (b *BusinessLogic) bound(req request, r *store.Record, exists bool) (osb.BindResponse, error) {
	binding, err := b.describeBinding(req.caller, r)
	return osb.BindResponse{Exists: exists, Binding: binding}, err
}

// unansweredIfUnavailable returns err. If the store is unavailable and
// Options.DropUnfinishedBinds is set, binds of Service Catalog get
// osb.ErrUnanswered instead.
func (b *BusinessLogic) unansweredIfUnavailable(in osb.BindRequest, err error) error {
	_, known := errors.AsType[*osb.Error](err)
	if known || lifecycle.IsUnrecoverable(err) || !b.config.DropUnfinishedBinds || !isKubernetes(in.Context) {
		return err
	}
	glog.Warningf("bind left unanswered, to be sent again instance=%q binding=%q err=%q", in.InstanceID, in.BindingID, err)
	return osb.ErrUnanswered
}

// isKubernetes reports whether the context of a request names Kubernetes as its
// platform.
func isKubernetes(context json.RawMessage) bool {
	return lifecycle.ContextOf(&store.Record{Context: context}).Platform == "kubernetes"
}

// readBind checks the body without the binding's record (BIND-02, BIND-06).
func (req request) readBind(instance *store.Record, in osb.BindRequest) (bindIntent, error) {
	intent := bindIntent{request: in}
	if err := osb.RequireString("service_id", in.ServiceID); err != nil {
		return intent, err
	}
	err := osb.RequireString("plan_id", in.PlanID)
	if err != nil {
		return intent, err
	}
	if intent.offering, intent.plan, err = req.known(instance, in.ServiceID, in.PlanID); err != nil {
		return intent, err
	}
	intent.parameters, err = normalized(in.Parameters)
	return intent, err
}

// decideBind returns nil if a new life may begin and the instance is ready.
// lifecycle.ErrUnchanged means that the bind repeats the one of the record, which may
// have failed; every other error is the answer.
func (req request) decideBind(r, instance *store.Record, intent bindIntent) error {
	if !lifecycle.Exists(instance) {
		return osb.ErrNotFound(nameOf(instance.Key)) // BIND-27
	}
	if !lifecycle.IsFree(r) {
		if err := req.decideRebind(r, instance, intent); err != nil {
			return err
		}
	}
	switch {
	case lifecycle.IsBusy(instance), instance.Goal == store.Absent && !instance.Settled:
		return notReady(instance)
	case !lifecycle.IsReady(instance):
		return osb.ErrUnprocessable("The service instance could not be made: delete it and make another.")
	case instance.ServiceID != intent.request.ServiceID || !isPlanOf(instance, intent.request.PlanID):
		return osb.ErrBadRequest("service_id and plan_id are not those of the service instance: send its own.")
	}
	return nil
}

// notReady returns the answer to a bind while an operation of the instance runs.
func notReady(instance *store.Record) error {
	switch lifecycle.StageOf(instance) { //nolint:exhaustive // the others are being removed
	case lifecycle.Creating:
		return osb.ErrNotReady("The service instance is still being made: bind again when it is ready.")
	case lifecycle.Updating:
		return osb.ErrNotReady("The service instance is still being updated: bind again when the update has ended.")
	}
	return osb.ErrNotReady("The service instance is being deleted: bind to another one.")
}

// decideRebind decides on a bind with an id that is in use. A failed bind to an
// earlier life of the instance says nothing about this one.
func (req request) decideRebind(r, instance *store.Record, intent bindIntent) error {
	same, err := req.sameBinding(r, instance, intent)
	if err != nil {
		return err
	}
	if lifecycle.IsCreateFailed(r) && r.Parent != "" && r.Parent != instance.Incarnation {
		same = false
	}
	return decideRepeat(r, same)
}

// sameBinding reports whether a bind has the attributes of the record (BIND-09,
// BIND-11). The plan may be the bind's own, or one that the instance moved to
// since.
func (req request) sameBinding(r, instance *store.Record, intent bindIntent) (bool, error) {
	plan := intent.request.PlanID == r.Want.PlanID || isPlanOf(instance, intent.request.PlanID)
	if r.ServiceID != intent.request.ServiceID || !plan || r.Want.AppGUID != appOf(intent.request) || r.Predecessor != intent.request.PredecessorBindingID {
		return false, nil
	}
	have, err := r.Want.Parameters.Open()
	if err != nil {
		return false, err
	}
	own, err := req.planOf(r, r.Want)
	if err != nil {
		return false, err
	}
	return own.SameBinding(have, intent.parameters), nil
}

// isPlanOf reports whether the instance has the plan, or had it before its last
// update: the platform may have lost the answer of that.
func isPlanOf(instance *store.Record, planID string) bool {
	return instance.Have != nil && planID == instance.Have.PlanID || planID == instance.PriorPlanID
}

// appOf is the application that a binding is for, if any.
func appOf(in osb.BindRequest) string {
	if in.BindResource != nil && in.BindResource.AppGUID != "" {
		return in.BindResource.AppGUID
	}
	return in.AppGUID
}

// intendBinding returns the edit that makes a record the one of a new binding. Its
// plan is the instance's, which may have left the catalog.
func (b *BusinessLogic) intendBinding(ctx context.Context, read, instance *store.Record, req request, intent bindIntent) (edit, error) {
	plan, err := req.planOf(instance, instance.Have)
	if err != nil {
		return nil, err
	}
	parameters, err := plan.NormalBinding(intent.parameters)
	if err != nil {
		return nil, err
	}
	want, err := specFor(plan, parameters)
	if err != nil {
		return nil, err
	}
	want.AppGUID = appOf(intent.request)
	incarnation := lifecycle.NewIncarnation()
	return b.prepared(ctx, func(r *store.Record) {
		lifecycle.NewLife(r, incarnation, req.now)
		r.Parent = instance.Incarnation
		r.Provider, r.ServiceID, r.Offering = instance.Provider, instance.ServiceID, instance.Offering
		r.Organization, r.Space, r.Context = instance.Organization, instance.Space, intent.request.Context
		r.Profile, r.Region = instance.Profile, instance.Region
		r.Want, r.Predecessor = want, intent.request.PredecessorBindingID
		if life := time.Duration(plan.BindingLifetime.After); life > 0 {
			r.Expires, r.Ends = req.now.Add(life), plan.BindingLifetime.End
			r.Renew = r.Expires.Add(-life / 5) // early enough to rotate
		}
		lifecycle.Begin(r, store.Bind, req.now, plan.DeadlineOf(string(store.Bind)))
	}, want, read, instance)
}
