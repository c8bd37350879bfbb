package broker

import (
	"context"
	"encoding/json"
	"net/http"

	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/catalog"
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/lifecycle"
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/osb"
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/providers"
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
	r, err := b.store.Find(ctx, req.key())
	if lifecycle.IsUnrecoverable(err) { // it is set aside: that may be mended
		req.Answer.Header = http.Header{"Retry-After": {b.retryAfter()}}
		return http.StatusOK, osb.LastOperation{State: osb.InProgress, Description: lifecycle.TextQuarantined}, nil
	}
	if err != nil {
		return 0, nil, err
	}
	if r.Revision == 0 || r.Operation == nil {
		return 0, nil, osb.ErrNotFound(nameOf(r.Key))
	}
	op, ok := lifecycle.OperationOf(&r, req.Operation)
	if !ok {
		// Never 400 for what is known: Service Catalog takes it for final.
		op = *r.Operation
	}
	if op.State == store.Succeeded && op.Kind.Deletes() && !b.config.DeletedIsSucceeded {
		return 0, nil, osb.ErrGone(nameOf(r.Key)) // means success to every platform (LO-07)
	}
	answer := osb.LastOperation{State: stateOf(&op), Description: op.Description}
	if req.since(16) && op.State == store.Failed {
		answer.InstanceUsable, answer.UpdateRepeatable = afterFailure(&op)
	}
	if !op.State.Finished() {
		req.Answer.Header = http.Header{"Retry-After": {b.retryAfter()}}
	}
	return http.StatusOK, answer, nil
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

// afterFailure says what a failed operation leaves (LO-10, UPD-17, DEP-11):
// after an update the instance is as it was, and the same update again makes
// sense unless what the user wants was refused; one whose deletion has failed has
// lost its bindings. nil is left out, and means true.
func afterFailure(op *store.Operation) (usable, repeatable *bool) {
	no := new(bool)
	switch {
	case op.Kind == store.Deprovision:
		return no, nil
	case op.Kind == store.Update && isUsersFault(op.CauseKind):
		return nil, no
	}
	return nil, nil
}

// isUsersFault says whether a cause is what the user asked for.
func isUsersFault(kind string) bool {
	switch kind {
	case string(providers.User), string(providers.Invalid), string(providers.Policy), string(providers.SoldOut):
		return true
	}
	return false
}

// getInstance shows an instance that is ready (FI-01 to FI-07).
func (b *BusinessLogic) getInstance(ctx context.Context, req request) (int, any, error) {
	r, err := b.store.Find(ctx, req.key())
	if err != nil {
		return 0, nil, err
	}
	switch {
	case r.Have == nil || r.Goal == store.Absent || lifecycle.IsTombstone(&r):
		return 0, nil, osb.ErrNotFound(nameOf(r.Key))
	case lifecycle.IsBusy(&r):
		return 0, nil, osb.ErrConcurrency()
	}
	parameters, err := shown(r.Have)
	if err != nil {
		return 0, nil, err
	}
	plan, err := lifecycle.PlanOf(r.Have)
	if err != nil {
		return 0, nil, err
	}
	shown := osb.Instance{ServiceID: r.ServiceID, PlanID: r.Have.PlanID, Parameters: parameters, Metadata: metadataOf(req, &r)}
	if m := plan.Maintenance; m != nil && req.since(17) {
		shown.MaintenanceInfo = &osb.MaintenanceInfo{Version: m.Version}
	}
	return http.StatusOK, shown, nil
}

// getBinding shows a binding that is ready, with its credentials (FB-01 to FB-08).
func (b *BusinessLogic) getBinding(ctx context.Context, req request) (int, any, error) {
	r, err := b.store.Find(ctx, req.key())
	if err != nil {
		return 0, nil, err
	}
	if !lifecycle.IsReady(&r) {
		return 0, nil, osb.ErrNotFound(nameOf(r.Key))
	}
	body, err := b.binding(req, &r)
	if err != nil {
		return 0, nil, err
	}
	body.Parameters, err = shown(r.Have)
	return http.StatusOK, body, err
}

// shown are the parameters that may be shown.
func shown(s *store.Spec) (json.RawMessage, error) {
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
