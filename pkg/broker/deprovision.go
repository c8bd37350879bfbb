package broker

import (
	"context"
	"errors"
	"net/http"

	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/lifecycle"
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/osb"
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/store"
)

// deprovision decides on DELETE /v2/service_instances/:instance_id. It is taken
// in every state: what is being made is cancelled, bindings go with it.
func (b *BusinessLogic) deprovision(ctx context.Context, req request) (int, any, error) {
	if err := namesPlan(req); err != nil {
		return 0, nil, err
	}
	r, err := b.store.Find(ctx, req.key())
	if err != nil {
		return 0, nil, err
	}
	slow := b.slowDelete(req, &r, store.Deprovision)
	if slow && !req.AcceptsIncomplete {
		return 0, nil, osb.ErrAsyncRequired()
	}
	return b.remove(ctx, req, store.Deprovision, slow)
}

// unbind decides on DELETE of a binding. An unknown one is 410 whatever the
// query lacks.
func (b *BusinessLogic) unbind(ctx context.Context, req request) (int, any, error) {
	r, err := b.store.Find(ctx, req.key())
	if err != nil {
		return 0, nil, err
	}
	slow := b.slowDelete(req, &r, store.Unbind)
	if lifecycle.Exists(&r) {
		err = namesPlan(req)
	} else if !slow || req.AcceptsIncomplete {
		err = osb.ErrGone(nameOf(r.Key))
	}
	if err != nil {
		return 0, nil, err
	}
	if slow && !req.AcceptsIncomplete {
		return 0, nil, osb.ErrAsyncRequired()
	}
	return b.remove(ctx, req, store.Unbind, slow)
}

// namesPlan checks the query of a delete (DEP-02, UNB-02).
func namesPlan(req request) error {
	if err := osb.RequireString("service_id", req.ServiceID); err != nil {
		return err
	}
	return osb.RequireString("plan_id", req.PlanID)
}

// slowDelete says whether a delete takes longer than a request may: by the
// record's plan, or, for what is not there, by the catalog's.
func (b *BusinessLogic) slowDelete(req request, r *store.Record, kind store.Kind) bool {
	if lifecycle.Exists(r) && r.Want != nil {
		plan, err := lifecycle.PlanOf(r.Want)
		return err == nil && plan.IsSlow(string(kind))
	}
	_, plan, err := b.offered(req.ServiceID, req.PlanID)
	return err == nil && plan != nil && plan.IsSlow(string(kind))
}

// remove stores the intent to delete, or joins the delete that is running.
func (b *BusinessLogic) remove(ctx context.Context, req request, kind store.Kind, slow bool) (int, any, error) {
	var joined store.Record
	r, err := b.store.Update(ctx, req.key(), func(r *store.Record) error {
		switch {
		case !lifecycle.Exists(r):
			return osb.ErrGone(nameOf(r.Key))
		case r.ServiceID != req.ServiceID:
			return osb.ErrBadRequest("service_id is not the one this was made with: send the one of its service offering.")
		case lifecycle.IsBusy(r) && r.Operation.Kind == kind:
			joined = *r
			return lifecycle.ErrUnchanged
		}
		nothing := lifecycle.StageOf(r) == lifecycle.CreateFailed
		lifecycle.Begin(r, kind, req.now, 0)
		if nothing { // its create failed and all is cleaned up already
			lifecycle.EndLife(r, req.now)
		}
		return nil
	})
	if errors.Is(err, lifecycle.ErrUnchanged) {
		r, err = joined, nil
	}
	if err != nil {
		return 0, nil, err
	}
	done := func() (int, any, error) { return http.StatusOK, osb.Empty{}, nil }
	if lifecycle.IsTombstone(&r) {
		return done()
	}
	o, err := b.await(ctx, req, r, slow)
	if err != nil {
		return 0, nil, err
	}
	return o.answer(req, done)
}
