package api

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"strings"

	"github.com/gorilla/mux"
	client "github.com/pmorie/go-open-service-broker-client/v2"
	lib "github.com/pmorie/osb-broker-lib/pkg/broker"

	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/osb"
)

// forLibrary is the request as osb-broker-lib gets it: with decoded ids and the
// query's values where it looks for them, no header but nobody's identity, and
// an empty object where it decodes a body, since its types drop and bend what
// was sent. What was sent is in the call, which the context carries.
func forLibrary(r *http.Request, call *osb.Call) *http.Request {
	r = r.WithContext(osb.WithCall(r.Context(), call))
	r.Header = http.Header{identityHeader: {nobody}}
	r.Body = http.NoBody
	if call.Body != nil {
		r.Body = io.NopCloser(strings.NewReader("{}"))
	}
	return mux.SetURLVars(r, map[string]string{
		client.VarKeyInstanceID: call.InstanceID,
		client.VarKeyBindingID:  call.BindingID,
		client.VarKeyServiceID:  call.ServiceID,
		client.VarKeyPlanID:     call.PlanID,
		client.VarKeyOperation:  call.Operation,
	})
}

// answerOf is what the business logic left in the call, or else what the
// library made of its response. A server error in the library's words is for
// the log.
func answerOf(call *osb.Call, kept *buffer) osb.Answer {
	if call.Answer.Err != nil || call.Answer.Status != 0 {
		return call.Answer
	}
	if kept.status == 0 || kept.status >= http.StatusInternalServerError {
		return osb.Answer{Err: errors.New("osb-broker-lib answered: " + kept.body.String())}
	}
	return osb.Answer{Status: kept.status, Header: call.Answer.Header, Body: json.RawMessage(kept.body.Bytes())}
}

// A buffer keeps what the library writes.
type buffer struct {
	header http.Header
	status int
	body   bytes.Buffer
}

// Header is thrown away.
func (b *buffer) Header() http.Header { return b.header }

// WriteHeader keeps the status.
func (b *buffer) WriteHeader(status int) { b.status = status }

// Write keeps a part of the body.
func (b *buffer) Write(part []byte) (int, error) { return b.body.Write(part) }

// guarded is the business logic as the library sees it. Errors go into the
// call whole, because the library recognises its own type alone, unwrapped, and
// sends the text of all others; and it crashes on a nil response.
type guarded struct{ lib.Interface }

// ValidateBrokerAPIVersion takes every version: it was checked before the body
// and the ids were.
func (guarded) ValidateBrokerAPIVersion(string) error { return nil }

// Provision calls the business logic.
func (g guarded) Provision(request *client.ProvisionRequest, c *lib.RequestContext) (*lib.ProvisionResponse, error) {
	response, err := g.Interface.Provision(request, c)
	return guard(c, response, err)
}

// Update calls the business logic.
func (g guarded) Update(request *client.UpdateInstanceRequest, c *lib.RequestContext) (*lib.UpdateInstanceResponse, error) {
	response, err := g.Interface.Update(request, c)
	return guard(c, response, err)
}

// Deprovision calls the business logic.
func (g guarded) Deprovision(request *client.DeprovisionRequest, c *lib.RequestContext) (*lib.DeprovisionResponse, error) {
	response, err := g.Interface.Deprovision(request, c)
	return guard(c, response, err)
}

// LastOperation calls the business logic.
func (g guarded) LastOperation(request *client.LastOperationRequest, c *lib.RequestContext) (*lib.LastOperationResponse, error) {
	response, err := g.Interface.LastOperation(request, c)
	return guard(c, response, err)
}

// Bind calls the business logic.
func (g guarded) Bind(request *client.BindRequest, c *lib.RequestContext) (*lib.BindResponse, error) {
	response, err := g.Interface.Bind(request, c)
	return guard(c, response, err)
}

// GetBinding calls the business logic.
func (g guarded) GetBinding(request *client.GetBindingRequest, c *lib.RequestContext) (*lib.GetBindingResponse, error) {
	response, err := g.Interface.GetBinding(request, c)
	return guard(c, response, err)
}

// BindingLastOperation calls the business logic.
func (g guarded) BindingLastOperation(request *client.BindingLastOperationRequest, c *lib.RequestContext) (*lib.LastOperationResponse, error) {
	response, err := g.Interface.BindingLastOperation(request, c)
	return guard(c, response, err)
}

// Unbind calls the business logic.
func (g guarded) Unbind(request *client.UnbindRequest, c *lib.RequestContext) (*lib.UnbindResponse, error) {
	response, err := g.Interface.Unbind(request, c)
	return guard(c, response, err)
}

func guard[T any](c *lib.RequestContext, response *T, err error) (*T, error) {
	if err := settle(c, response != nil, err); err != nil {
		return nil, err
	}
	if response == nil {
		response = new(T)
	}
	return response, nil
}

// settle puts the error of the business logic into the call, if nothing more
// exact is there. To have neither answered nor failed is a failure.
func settle(c *lib.RequestContext, answered bool, err error) error {
	call := osb.CallFrom(c.Request.Context())
	if err == nil && !answered && call.Answer.Status == 0 && call.Answer.Err == nil {
		err = errors.New("the business logic gave no answer")
	}
	if err != nil && call.Answer.Err == nil {
		call.Answer.Err = ownError(err)
	}
	return err
}

// ownError turns the library's error type into ours, wherever it is wrapped.
func ownError(err error) error {
	theirs, ok := errors.AsType[client.HTTPStatusCodeError](err)
	if pointer, is := errors.AsType[*client.HTTPStatusCodeError](err); is {
		theirs, ok = *pointer, true
	}
	if !ok {
		return err
	}
	ours := &osb.Error{Status: theirs.StatusCode, Cause: err}
	if theirs.ErrorMessage != nil {
		ours.Code = *theirs.ErrorMessage
	}
	if theirs.Description != nil {
		ours.Description = *theirs.Description
	}
	return ours
}
