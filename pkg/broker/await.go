package broker

import (
	"context"
	"fmt"
	"strings"

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
// long as the request may. Slow operations are not waited for; an operation that has
// ended, such as a failed create whose request is repeated, is returned at once.
// accepted says that this request began the operation; a repeated request only joins
// it.
func (b *BusinessLogic) await(ctx context.Context, req request, r store.Record, accepted, slow bool) outcome {
	op := r.Operation
	if op.State.Finished() {
		return outcome{*op, r}
	}
	if accepted {
		glog.Infof("operation accepted %s", strings.Join(acceptedValues(req, &r), " "))
	}
	tenant := lifecycle.TenantOf(&r)
	b.config.Engine.Wake(r.Key, tenant)
	if slow {
		return outcome{*op, r}
	}
	longest := b.config.SyncWait
	if req.acceptsIncomplete {
		longest = b.config.AsyncWait
	}
	wait, end := context.WithTimeout(ctx, longest)
	defer end()
	place := &waitingPlace{tenant, req.acceptsIncomplete, end}
	ok, endedAnother := b.waiting.take(place)
	b.shortened.count(ok, endedAnother)
	if !ok {
		return outcome{*op, r}
	}
	defer b.waiting.release(place)
	now, record, err := b.config.Engine.Await(wait, r.Key, op.ID)
	if err != nil { // the intent is stored, and the operation goes on
		glog.Errorf("waiting for an operation failed instance=%q binding=%q operation=%s err=%q", r.InstanceID, r.BindingID, op.ID, err)
		return outcome{*op, r}
	}
	return outcome{now, record}
}

// acceptedValues returns the pairs of the log line of an accepted operation;
// empty ones are left out.
func acceptedValues(req request, r *store.Record) []string {
	pairs := []string{fmt.Sprintf("instance=%q", r.InstanceID)}
	if r.IsBinding() {
		pairs = append(pairs, fmt.Sprintf("binding=%q", r.BindingID))
	}
	pairs = append(pairs, fmt.Sprintf("operation=%s kind=%s", r.Operation.ID, r.Operation.Kind))
	if req.caller.RequestID != "" {
		pairs = append(pairs, fmt.Sprintf("request=%.128q", req.caller.RequestID))
	}
	return pairs
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
