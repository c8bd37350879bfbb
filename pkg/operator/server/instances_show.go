package server

import (
	"context"
	"errors"
	"net/http"

	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/operator"
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/osb"
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/store"
)

// show answers with an instance and its bindings. Bindings alone, without the
// record of their instance, are shown too.
func (h *Handler) show(ctx context.Context, x *exchange) error {
	f, err := filterOf(x.request.URL.Query())
	if err != nil {
		return err
	}
	k := x.route.key
	instance := operator.Instance{Bindings: []operator.Record{}}
	bindings, err := h.config.Store.Bindings(ctx, k.InstanceID)
	if err != nil {
		return err
	}
	for i := range bindings {
		switch b := &bindings[i]; {
		case b.Err != nil:
			instance.Bindings = append(instance.Bindings, viewOfUnreadable(b.Record.Key, b.Err))
		case f.deleted || b.Record.Deleted.IsZero():
			instance.Bindings = append(instance.Bindings, h.inspected(&b.Record))
		}
	}
	r, err := h.config.Store.Get(ctx, k)
	switch {
	case err == nil:
		instance.Record = h.inspected(&r)
		instance.Region = h.config.Region(&r)
		for i := range instance.Bindings {
			instance.Bindings[i].Region = instance.Region
		}
	case isUnreadable(err):
		instance.Record = viewOfUnreadable(k, err)
	case errors.Is(err, store.ErrNotFound) && len(instance.Bindings) > 0:
		instance.Record = operator.Record{InstanceID: k.InstanceID, State: operator.StateMissing}
	case errors.Is(err, store.ErrNotFound):
		return osb.ErrNotFound("This instance")
	default:
		return err
	}
	return x.send(http.StatusOK, instance)
}

// inspected returns the view of a record, and whether the broker refuses it.
func (h *Handler) inspected(r *store.Record) operator.Record {
	view := viewOf(r)
	if problem := h.config.Keys.Inspect(r).Problem; problem != nil {
		view.Altered = problem.Error()
	}
	return view
}
