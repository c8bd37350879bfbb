package api

import (
	"maps"
	"net/http"
	"slices"
	"strings"

	lib "github.com/pmorie/osb-broker-lib/pkg/broker"
	"github.com/pmorie/osb-broker-lib/pkg/rest"

	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/osb"
)

// A handler serves one method of one path. What is to be known of the request
// afterwards goes into the exchange.
type handler func(w http.ResponseWriter, r *http.Request, x *exchange)

// A route is one path and its methods.
type route struct {
	template string
	methods  map[string]handler
	allow    string // their names
}

// routes are all paths that are served.
type routes struct {
	catalog, instance, instanceOperation, binding, bindingOperation route
}

// newRoutes is the one table of what is served.
func (a *Handler) newRoutes(surface *rest.APISurface, instances Instances, catalog *document) routes {
	getInstance := func(w http.ResponseWriter, r *http.Request) {
		c := &lib.RequestContext{Writer: w, Request: r}
		_ = settle(c, false, instances.GetInstance(c)) // the error is in the call
	}
	const (
		instance = "/v2/service_instances/{instance_id}"
		binding  = instance + "/service_bindings/{binding_id}"
	)
	return routes{
		catalog: newRoute("/v2/catalog", map[string]handler{http.MethodGet: catalog.serve}),
		instance: newRoute(instance, map[string]handler{
			http.MethodGet:    a.call(getInstance, noBody),
			http.MethodPut:    a.call(surface.ProvisionHandler, withBody),
			http.MethodPatch:  a.call(surface.UpdateHandler, withBody),
			http.MethodDelete: a.call(surface.DeprovisionHandler, noBody),
		}),
		instanceOperation: newRoute(instance+"/last_operation", map[string]handler{
			http.MethodGet: a.call(surface.LastOperationHandler, noBody),
		}),
		binding: newRoute(binding, map[string]handler{
			http.MethodGet:    a.call(surface.GetBindingHandler, noBody),
			http.MethodPut:    a.call(surface.BindHandler, withBody),
			http.MethodDelete: a.call(surface.UnbindHandler, noBody),
		}),
		bindingOperation: newRoute(binding+"/last_operation", map[string]handler{
			http.MethodGet: a.call(surface.BindingLastOperationHandler, noBody),
		}),
	}
}

func newRoute(template string, methods map[string]handler) route {
	return route{template: template, methods: methods, allow: strings.Join(slices.Sorted(maps.Keys(methods)), ", ")}
}

// ids are the path's, as they were encoded; nil where the path has none.
type ids struct{ instance, binding *string }

// find returns the route of a path, or nil. The path is taken as it was
// encoded, so that an encoded slash in an id leads nowhere else, as it
// would in osb-broker-lib, and is never cleaned, since a redirect means nothing to a platform. Ids
// may be empty here, so that they are refused for what they are.
func (s *routes) find(path string) (*route, ids) {
	const (
		prefix    = "/v2/"
		instances = "service_instances"
		bindings  = "service_bindings"
		operation = "last_operation"
	)
	rest, ok := strings.CutPrefix(path, prefix)
	if !ok {
		return nil, ids{}
	}
	if rest == "catalog" {
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
func (a *Handler) serve(w http.ResponseWriter, r *http.Request, x *exchange) {
	found, ids := a.routes.find(r.URL.EscapedPath())
	if found == nil {
		a.send(w, x, osb.Answer{Err: osb.ErrNotFound("This path")})
		return
	}
	x.route, x.ids = found.template, ids
	handle, ok := found.methods[r.Method]
	if !ok {
		refusal := osb.Answer{Err: osb.ErrMethodNotAllowed(method(r))}
		refusal.Header = http.Header{"Allow": {found.allow}}
		a.send(w, x, refusal)
		return
	}
	var err error
	if x.minor, err = a.checkVersion(r); err != nil {
		a.send(w, x, osb.Answer{Err: err})
		return
	}
	x.updates = found == &a.routes.instance && r.Method == http.MethodPatch
	x.deprovisions = found == &a.routes.instance && r.Method == http.MethodDelete
	handle(w, r, x)
}
