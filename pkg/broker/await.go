package broker

import (
	"context"

	"github.com/golang/glog"

	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/lifecycle"
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/osb"
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/store"
)

// An outcome is the state of an operation at the end of a request's wait.
type outcome struct {
	op     store.Operation
	record store.Record
}

// await wakes the engine for the operation of r and waits for the operation as
// long as the request may. Slow operations are not waited for.
func (b *BusinessLogic) await(ctx context.Context, req request, r store.Record, slow bool) outcome {
	op := r.Operation
	glog.Infof("operation accepted instance=%q binding=%q operation=%s kind=%s request=%.128q",
		r.InstanceID, r.BindingID, op.ID, op.Kind, req.caller.RequestID)
	b.config.Engine.Wake(r.Key, lifecycle.TenantOf(&r))
	if slow {
		return outcome{*op, r}
	}
	select {
	case b.waiting <- struct{}{}:
		defer func() { <-b.waiting }()
	default:
		return outcome{*op, r}
	}
	longest := b.config.SyncWait
	if req.acceptsIncomplete {
		longest = b.config.AsyncWait
	}
	wait, end := context.WithTimeout(ctx, longest)
	defer end()
	now, record, err := b.config.Engine.Await(wait, r.Key, op.ID)
	if err != nil { // the intent is stored, and the operation goes on
		glog.Errorf("waiting for an operation failed instance=%q binding=%q operation=%s err=%q", r.InstanceID, r.BindingID, op.ID, err)
		return outcome{*op, r}
	}
	return outcome{now, record}
}

// isDone reports whether the operation has succeeded. If it has not, the answer is
// the error, or 202 if that is nil (ASY-06).
func (o outcome) isDone(req request) (bool, error) {
	switch {
	case o.op.State == store.Succeeded:
		return true, nil
	case req.acceptsIncomplete:
		return false, nil
	case o.op.State == store.Failed:
		return false, osb.ErrFailed(o.op.Description)
	}
	return false, osb.ErrUnavailable(nil)
}
