package api

import (
	"errors"
	"maps"
	"net/http"
	"slices"
	"strings"

	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/osb"
)

// A handler serves one method of one path, and notes in the exchange the parts
// that the log needs.
type handler func(w http.ResponseWriter, r *http.Request, x *exchange)

// A route is one path and its methods.
type route struct {
	template string
	methods  map[string]handler
	allow    string // their names
}

// routes are all paths of the API.
type routes struct {
	catalog, instance, instanceOperation, binding, bindingOperation route
}

// newRoutes is the one table of paths and methods.
func (h *Handler) newRoutes() routes {
	const (
		instance = "/v2/service_instances/{instance_id}"
		binding  = instance + "/service_bindings/{binding_id}"
	)
	return routes{
		catalog: newRoute("/v2/catalog", map[string]handler{http.MethodGet: h.serveCatalog}),
		instance: newRoute(instance, map[string]handler{
			http.MethodGet:    h.serveMethod(getInstanceRequest),
			http.MethodPut:    h.serveMethod(provisionRequest),
			http.MethodPatch:  h.serveMethod(updateRequest),
			http.MethodDelete: h.serveMethod(deprovisionRequest),
		}),
		instanceOperation: newRoute(instance+"/last_operation", map[string]handler{
			http.MethodGet: h.serveMethod(lastOperationRequest),
		}),
		binding: newRoute(binding, map[string]handler{
			http.MethodGet:    h.serveMethod(getBindingRequest),
			http.MethodPut:    h.serveMethod(bindRequest),
			http.MethodDelete: h.serveMethod(unbindRequest),
		}),
		bindingOperation: newRoute(binding+"/last_operation", map[string]handler{
			http.MethodGet: h.serveMethod(bindingLastOperationRequest),
		}),
	}
}

func newRoute(template string, methods map[string]handler) route {
	return route{template: template, methods: methods, allow: strings.Join(slices.Sorted(maps.Keys(methods)), ", ")}
}

// serveMethod decodes a request, passes it to the Broker through osb-broker-lib,
// and writes the answer.
func (h *Handler) serveMethod(decode decode) handler {
	return func(w http.ResponseWriter, r *http.Request, x *exchange) {
		response, err := h.decide(r, x, decode)
		switch {
		case errors.Is(err, osb.ErrUnanswered):
			panic(http.ErrAbortHandler) // closes the connection
		case err != nil:
			h.refuse(w, x, err, nil)
		default:
			h.respond(w, x, response)
		}
	}
}

func (h *Handler) decide(r *http.Request, x *exchange, decode decode) (any, error) {
	m, err := h.readMessage(r, x)
	if err != nil {
		return nil, err
	}
	request, err := decode(m)
	if err != nil {
		return nil, err
	}
	x.request = request
	return h.library.dispatch(r, m.instanceID, m.bindingID, request)
}

// ids are the path's, still encoded; nil where the path has none.
type ids struct{ instance, binding *string }

// find returns the route of a path, or nil. It reads the path as it was encoded:
// an encoded slash stays part of its id, where osb-broker-lib's own router would
// take it for a separator. Platforms follow no redirect, and some append paths to
// a broker's URL that ends in a slash: further slashes at the beginning and one
// after the catalog are ignored. Empty ids match, so that their 400 names them.
func (s *routes) find(path string) (*route, ids) {
	const (
		prefix    = "/v2/"
		instances = "service_instances"
		bindings  = "service_bindings"
		operation = "last_operation"
	)
	rest, ok := strings.CutPrefix("/"+strings.TrimLeft(path, "/"), prefix)
	if !ok {
		return nil, ids{}
	}
	if rest == "catalog" || rest == "catalog/" {
		return &s.catalog, ids{}
	}
	part := strings.SplitN(rest, "/", 6)
	if part[0] != instances {
		return nil, ids{}
	}
	switch {
	case len(part) == 2:
		return &s.instance, ids{instance: &part[1]}
	case len(part) == 3 && part[2] == operation:
		return &s.instanceOperation, ids{instance: &part[1]}
	case len(part) == 4 && part[2] == bindings:
		return &s.binding, ids{instance: &part[1], binding: &part[3]}
	case len(part) == 5 && part[2] == bindings && part[4] == operation:
		return &s.bindingOperation, ids{instance: &part[1], binding: &part[3]}
	}
	return nil, ids{}
}

// serve finds the path, then its method, checks the version (VER-01), and calls
// the handler.
func (h *Handler) serve(w http.ResponseWriter, r *http.Request, x *exchange) {
	found, ids := h.routes.find(r.URL.EscapedPath())
	if found == nil {
		h.refuse(w, x, osb.ErrNotFound("This path"), nil)
		return
	}
	x.route, x.ids = found.template, ids
	handle, ok := found.methods[r.Method]
	if !ok {
		h.refuse(w, x, osb.ErrMethodNotAllowed(method(r)), http.Header{"Allow": {found.allow}})
		return
	}
	var err error
	if x.minor, err = h.checkVersion(r); err != nil {
		h.refuse(w, x, err, nil)
		return
	}
	handle(w, r, x)
}
