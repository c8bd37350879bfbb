package broker

import (
	"context"
	"encoding/json"
	"net/http"

	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/catalog"
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/osb"
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/store"
)

// key names the record that a request is about.
func (r request) key() store.Key {
	return store.Key{InstanceID: r.InstanceID, BindingID: r.BindingID}
}

// nameOf is how answers speak of a record.
func nameOf(k store.Key) string {
	if k.IsBinding() {
		return "This service binding"
	}
	return "This service instance"
}

// lastOperation answers from the store alone, for the operation that is asked
// for, or else the one now (LO-01 to LO-12, BLO-01 to BLO-10).
func (b *BusinessLogic) lastOperation(ctx context.Context, req request) (int, any, error) {
	r, err := get(ctx, b.store, req.key())
	if err != nil {
		return 0, nil, err
	}
	if r.Revision == 0 || r.Operation == nil {
		return 0, nil, osb.ErrNotFound(nameOf(r.Key))
	}
	op, ok := operationOf(&r, req.Operation)
	if !ok {
		// Never 400 for what is known: Service Catalog takes it for final.
		op = *r.Operation
	}
	if op.State == store.Succeeded && op.Kind.Deletes() {
		return 0, nil, osb.ErrGone(nameOf(r.Key)) // means success to every platform (LO-07)
	}
	return http.StatusOK, osb.LastOperation{State: stateOf(&op), Description: op.Description}, nil
}

// stateOf an operation, as platforms know it.
func stateOf(op *store.Operation) osb.OperationState {
	switch op.State {
	case store.Succeeded:
		return osb.Succeeded
	case store.Failed:
		return osb.Failed
	case store.Pending, store.Running:
	}
	return osb.InProgress
}

// getInstance shows an instance that is ready (FI-01 to FI-07).
func (b *BusinessLogic) getInstance(ctx context.Context, req request) (int, any, error) {
	r, err := get(ctx, b.store, req.key())
	if err != nil {
		return 0, nil, err
	}
	switch {
	case r.Have == nil || r.Goal == store.Absent || isTombstone(&r):
		return 0, nil, osb.ErrNotFound(nameOf(r.Key))
	case isBusy(&r):
		return 0, nil, osb.ErrConcurrency()
	}
	parameters, err := shown(r.Have)
	if err != nil {
		return 0, nil, err
	}
	return http.StatusOK, osb.Instance{ServiceID: r.ServiceID, PlanID: r.Have.PlanID, Parameters: parameters}, nil
}

// getBinding shows a binding that is ready, with its credentials (FB-01 to FB-08).
func (b *BusinessLogic) getBinding(ctx context.Context, req request) (int, any, error) {
	r, err := get(ctx, b.store, req.key())
	if err != nil {
		return 0, nil, err
	}
	if !isReady(&r) {
		return 0, nil, osb.ErrNotFound(nameOf(r.Key))
	}
	credentials, err := openStrings(r.Credentials)
	if err != nil {
		return 0, nil, err
	}
	parameters, err := shown(r.Have)
	if err != nil {
		return 0, nil, err
	}
	return http.StatusOK, osb.Binding{Credentials: credentials, Parameters: parameters}, nil
}

// shown are the parameters that may be shown.
func shown(s *store.Spec) (json.RawMessage, error) {
	plan, err := planOf(s)
	if err != nil {
		return nil, err
	}
	parameters, err := s.Parameters.Open()
	if err != nil {
		return nil, err
	}
	return catalog.Redact(parameters, plan.Secret), nil
}
