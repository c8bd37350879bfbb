package operations_test

import (
	"context"
	"errors"
	"net/http"
	"testing"

	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/broker"
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/osb"
)

// A platform sends requests to the business logic: it decodes bodies as package
// api does, and reads responses as package api answers them.
type platform struct {
	t     testing.TB
	logic *broker.BusinessLogic
	minor int  // of its API version; 0: 17
	sync  bool // it requires synchronous answers
}

// A reply is the answer that a platform gets.
type reply struct {
	status    int
	operation string // of a 202
	body      any    // a type of package osb
	err       *osb.Error
	dropped   bool // the connection was cut
}

func (p platform) caller() osb.Caller {
	if p.minor == 0 {
		return osb.Caller{Minor: 17}
	}
	return osb.Caller{Minor: p.minor}
}

func (p platform) provision(id, body string) reply {
	p.t.Helper()
	in, err := osb.Decode[osb.ProvisionRequest]([]byte(body))
	if err != nil {
		return p.refused(err)
	}
	in.Caller, in.InstanceID, in.AcceptsIncomplete = p.caller(), id, !p.sync
	out, err := p.logic.Provision(context.Background(), in)
	return p.created(out.Exists, out.Async, out.Operation, out, err)
}

func (p platform) update(id, body string) reply {
	p.t.Helper()
	in, err := osb.Decode[osb.UpdateRequest]([]byte(body))
	if err != nil {
		return p.refused(err)
	}
	in.Caller, in.InstanceID, in.AcceptsIncomplete = p.caller(), id, !p.sync
	out, err := p.logic.Update(context.Background(), in)
	return p.answered(out.Async, out.Operation, out, err)
}

func (p platform) deprovision(id, service, plan string) reply {
	p.t.Helper()
	out, err := p.logic.Deprovision(context.Background(), osb.DeprovisionRequest{
		Caller: p.caller(), InstanceID: id, AcceptsIncomplete: !p.sync, ServiceID: service, PlanID: plan,
	})
	return p.answered(out.Async, out.Operation, out, err)
}

func (p platform) bind(id, binding, body string) reply {
	p.t.Helper()
	in, err := osb.Decode[osb.BindRequest]([]byte(body))
	if err != nil {
		return p.refused(err)
	}
	in.Caller, in.InstanceID, in.BindingID, in.AcceptsIncomplete = p.caller(), id, binding, !p.sync
	out, err := p.logic.Bind(context.Background(), in)
	return p.created(out.Exists, out.Async, out.Operation, out.Binding, err)
}

func (p platform) unbind(id, binding, service, plan string) reply {
	p.t.Helper()
	out, err := p.logic.Unbind(context.Background(), osb.UnbindRequest{
		Caller: p.caller(), InstanceID: id, BindingID: binding, AcceptsIncomplete: !p.sync, ServiceID: service, PlanID: plan,
	})
	return p.answered(out.Async, out.Operation, out, err)
}

// poll asks for the last operation of a binding, or of an instance if binding is
// empty.
func (p platform) poll(id, binding, operation string) reply {
	p.t.Helper()
	if binding == "" {
		out, err := p.logic.LastOperation(context.Background(), osb.LastOperationRequest{Caller: p.caller(), InstanceID: id, Operation: operation})
		return p.answered(false, "", out, err)
	}
	out, err := p.logic.BindingLastOperation(context.Background(), osb.BindingLastOperationRequest{
		Caller: p.caller(), InstanceID: id, BindingID: binding, Operation: operation,
	})
	return p.answered(false, "", out, err)
}

func (p platform) fetch(id string) reply {
	p.t.Helper()
	out, err := p.logic.GetInstance(context.Background(), osb.GetInstanceRequest{Caller: p.caller(), InstanceID: id})
	return p.answered(false, "", out, err)
}

func (p platform) fetchBinding(id, binding string) reply {
	p.t.Helper()
	out, err := p.logic.GetBinding(context.Background(), osb.GetBindingRequest{Caller: p.caller(), InstanceID: id, BindingID: binding})
	return p.answered(false, "", out, err)
}

// created is the reply to a provision or bind.
func (p platform) created(exists, async bool, operation string, body any, err error) reply {
	p.t.Helper()
	r := p.answered(async, operation, body, err)
	if r.status == http.StatusOK && !exists {
		r.status = http.StatusCreated
	}
	return r
}

func (p platform) answered(async bool, operation string, body any, err error) reply {
	p.t.Helper()
	switch {
	case err != nil:
		return p.refused(err)
	case async != (operation != ""):
		p.t.Fatalf("asynchronous is %t, and the operation %q", async, operation)
	case async:
		return reply{status: http.StatusAccepted, operation: operation, body: body}
	}
	return reply{status: http.StatusOK, body: body}
}

func (p platform) refused(err error) reply {
	p.t.Helper()
	if errors.Is(err, osb.ErrUnanswered) {
		return reply{dropped: true}
	}
	e, ok := errors.AsType[*osb.Error](err)
	if !ok {
		p.t.Fatalf("the error is no *osb.Error: %v", err)
	}
	return reply{status: e.Status, err: e}
}
