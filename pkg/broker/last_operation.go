package broker

import (
	"context"

	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/lifecycle"
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/osb"
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/providers"
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/store"
)

// LastOperation returns the state of an operation on an instance.
func (b *BusinessLogic) LastOperation(ctx context.Context, in osb.LastOperationRequest) (osb.LastOperation, error) {
	return answered(b.lastOperation(ctx, in.Caller, instanceKey(in.InstanceID), in.Operation))
}

// BindingLastOperation returns the state of an operation on a binding.
func (b *BusinessLogic) BindingLastOperation(ctx context.Context, in osb.BindingLastOperationRequest) (osb.LastOperation, error) {
	return answered(b.lastOperation(ctx, in.Caller, bindingKey(in.InstanceID, in.BindingID), in.Operation))
}

// lastOperation answers from the store alone, for the named operation or else the
// last one (LO-01 to LO-12, BLO-01 to BLO-10).
func (b *BusinessLogic) lastOperation(ctx context.Context, caller osb.Caller, k store.Key, operation string) (osb.LastOperation, error) {
	var none osb.LastOperation
	r, err := b.store.Poll(ctx, k)
	if lifecycle.IsUnrecoverable(err) { // a quarantined record, which an operator may repair
		return osb.LastOperation{State: osb.InProgress, Description: lifecycle.TextQuarantined, RetryAfter: b.config.PollInterval}, nil
	}
	if err != nil {
		return none, err
	}
	if r.Revision == 0 || r.Operation == nil {
		return none, osb.ErrNotFound(nameOf(r.Key))
	}
	op, ok := lifecycle.OperationOf(&r, operation)
	if !ok {
		// A 400 would end the polls of Service Catalog for good.
		op = lifecycle.PlatformOperation(&r)
	}
	if op.State == store.Succeeded && op.Kind.Deletes() && !b.config.DeletedIsSucceeded {
		return none, osb.ErrGone(nameOf(r.Key)) // every platform takes it as success (LO-07)
	}
	answer := osb.LastOperation{State: stateOf(&op), Description: op.Description}
	if caller.Since(16) && op.State == store.Failed {
		answer.InstanceUsable, answer.UpdateRepeatable = afterFailure(&op)
	}
	if !op.State.Finished() {
		answer.RetryAfter = b.config.PollInterval // LO-11, BLO-09
	}
	return answer, nil
}

// stateOf is the state of an operation as platforms know it.
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

// afterFailure returns the state that a failed operation leaves (LO-10, UPD-17,
// DEP-11); nil is left out and means true. After an update the instance is as
// before, and a repeated update may succeed unless the user's input was refused.
// A failed deletion has removed the bindings already.
func afterFailure(op *store.Operation) (usable, repeatable *bool) {
	switch {
	case op.Kind == store.Deprovision:
		return new(false), nil
	case op.Kind == store.Update && isUserCause(op.CauseKind):
		return nil, new(false)
	}
	return nil, nil
}

// isUserCause reports whether the user's input caused a failure.
func isUserCause(kind string) bool {
	switch kind {
	case string(providers.User), string(providers.Invalid), string(providers.Policy), string(providers.SoldOut):
		return true
	}
	return false
}
