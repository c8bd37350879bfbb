package api

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"

	"github.com/gorilla/mux"
	client "github.com/pmorie/go-open-service-broker-client/v2"
	lib "github.com/pmorie/osb-broker-lib/pkg/broker"
	libmetrics "github.com/pmorie/osb-broker-lib/pkg/metrics"
	"github.com/pmorie/osb-broker-lib/pkg/rest"
	"github.com/prometheus/client_golang/prometheus"

	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/osb"
)

// This file alone knows osb-broker-lib, in both directions. The library's types
// of 2018 drop or change parts of requests and answers, so they carry neither:
// each request gets an APISurface of its own whose Broker, an adapter, holds the
// decoded request and takes the response. The library's handlers route, count
// and log.

// A library sends decoded requests to the Broker through osb-broker-lib.
type library struct {
	broker  Broker
	actions *libmetrics.OSBMetricsCollector
}

func newLibrary(broker Broker) *library {
	return &library{broker: broker, actions: libmetrics.New()}
}

func (l *library) collector() prometheus.Collector { return l.actions }

// dispatch returns the Broker's response to a decoded request, which belongs to
// the instance and binding.
func (l *library) dispatch(r *http.Request, instanceID, bindingID string, request any) (any, error) {
	taken := &adapter{broker: l.broker, request: request}
	surface, err := rest.NewAPISurface(taken, l.actions)
	if err != nil {
		return nil, fmt.Errorf("osb-broker-lib: %w", err)
	}
	written := &bytes.Buffer{}
	if handle := handlerFor(surface, request); handle != nil {
		handle(discard{written}, libraryRequest(r, instanceID, bindingID))
	} else { // the library of 2018 lacks GET of an instance
		_ = take(taken, r.Context(), l.broker.GetInstance) // taken has the error
	}
	if !taken.answered {
		return nil, fmt.Errorf("osb-broker-lib answered a %T by itself: %s", request, written)
	}
	return taken.response, taken.err
}

// handlerFor returns the library's handler for a request, or nil.
func handlerFor(surface *rest.APISurface, request any) http.HandlerFunc {
	switch request.(type) {
	case osb.ProvisionRequest:
		return surface.ProvisionHandler
	case osb.UpdateRequest:
		return surface.UpdateHandler
	case osb.DeprovisionRequest:
		return surface.DeprovisionHandler
	case osb.LastOperationRequest:
		return surface.LastOperationHandler
	case osb.BindRequest:
		return surface.BindHandler
	case osb.UnbindRequest:
		return surface.UnbindHandler
	case osb.GetBindingRequest:
		return surface.GetBindingHandler
	case osb.BindingLastOperationRequest:
		return surface.BindingLastOperationHandler
	}
	return nil
}

// libraryRequest is the request as the library reads it: decoded ids, which it
// logs, an empty object as the body, and an anonymous identity as the only
// header. The library rejects polls of bindings without an identity, and logs
// the text of malformed ones, which is personal data.
func libraryRequest(r *http.Request, instanceID, bindingID string) *http.Request {
	const anonymous = "none e30="
	r = mux.SetURLVars(r, map[string]string{client.VarKeyInstanceID: instanceID, client.VarKeyBindingID: bindingID})
	r.Header = http.Header{identityHeader: {anonymous}}
	r.Body = io.NopCloser(strings.NewReader("{}"))
	return r
}

// A discard is the library's ResponseWriter: the status and header are dropped,
// and the body is kept for an error's text.
type discard struct{ body *bytes.Buffer }

// Header returns a header that is dropped.
func (discard) Header() http.Header { return http.Header{} }

// WriteHeader drops the status.
func (discard) WriteHeader(int) {}

// Write keeps a part of the body.
func (d discard) Write(part []byte) (int, error) { return d.body.Write(part) }

// An adapter implements the library's Interface for one request. The method that
// the library routes to passes the held request to the Broker.
type adapter struct {
	broker  Broker
	request any

	answered bool
	response any
	err      error
}

var _ lib.Interface = (*adapter)(nil)

// errMisrouted is a fault of the route table.
var errMisrouted = errors.New("osb-broker-lib called the method of another request")

// take lets the Broker decide on the held request and keeps its answer. The
// library is told of the error, so that it logs no success.
func take[Request, Response any](a *adapter, ctx context.Context, decide func(context.Context, Request) (Response, error)) error { //nolint:revive // the adapter is the receiver; methods cannot have type parameters
	request, ok := a.request.(Request)
	if !ok {
		return errMisrouted
	}
	response, err := decide(ctx, request)
	a.answered, a.response, a.err = true, response, err
	return err
}

// ValidateBrokerAPIVersion accepts every version: the routes have checked it
// before the ids and the body.
func (a *adapter) ValidateBrokerAPIVersion(string) error { return nil }

// GetCatalog is unreachable: the catalog has a route of its own.
func (a *adapter) GetCatalog(*lib.RequestContext) (*lib.CatalogResponse, error) {
	return nil, errMisrouted
}

// Provision implements the library's Interface.
func (a *adapter) Provision(_ *client.ProvisionRequest, c *lib.RequestContext) (*lib.ProvisionResponse, error) {
	return &lib.ProvisionResponse{}, take(a, c.Request.Context(), a.broker.Provision)
}

// Update implements the library's Interface.
func (a *adapter) Update(_ *client.UpdateInstanceRequest, c *lib.RequestContext) (*lib.UpdateInstanceResponse, error) {
	return &lib.UpdateInstanceResponse{}, take(a, c.Request.Context(), a.broker.Update)
}

// Deprovision implements the library's Interface.
func (a *adapter) Deprovision(_ *client.DeprovisionRequest, c *lib.RequestContext) (*lib.DeprovisionResponse, error) {
	return &lib.DeprovisionResponse{}, take(a, c.Request.Context(), a.broker.Deprovision)
}

// LastOperation implements the library's Interface.
func (a *adapter) LastOperation(_ *client.LastOperationRequest, c *lib.RequestContext) (*lib.LastOperationResponse, error) {
	return &lib.LastOperationResponse{}, take(a, c.Request.Context(), a.broker.LastOperation)
}

// Bind implements the library's Interface.
func (a *adapter) Bind(_ *client.BindRequest, c *lib.RequestContext) (*lib.BindResponse, error) {
	return &lib.BindResponse{}, take(a, c.Request.Context(), a.broker.Bind)
}

// Unbind implements the library's Interface.
func (a *adapter) Unbind(_ *client.UnbindRequest, c *lib.RequestContext) (*lib.UnbindResponse, error) {
	return &lib.UnbindResponse{}, take(a, c.Request.Context(), a.broker.Unbind)
}

// GetBinding implements the library's Interface.
func (a *adapter) GetBinding(_ *client.GetBindingRequest, c *lib.RequestContext) (*lib.GetBindingResponse, error) {
	return &lib.GetBindingResponse{}, take(a, c.Request.Context(), a.broker.GetBinding)
}

// BindingLastOperation implements the library's Interface.
func (a *adapter) BindingLastOperation(_ *client.BindingLastOperationRequest, c *lib.RequestContext) (*lib.LastOperationResponse, error) {
	return &lib.LastOperationResponse{}, take(a, c.Request.Context(), a.broker.BindingLastOperation)
}
