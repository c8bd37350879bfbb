package api

import (
	"maps"
	"net/http"
	"slices"
	"strings"

	"github.com/gorilla/mux"
	lib "github.com/pmorie/osb-broker-lib/pkg/broker"
	"github.com/pmorie/osb-broker-lib/pkg/rest"

	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/osb"
)

// A handler serves one method of one path. What is to be known of the request
// afterwards goes into the exchange.
type handler func(w http.ResponseWriter, r *http.Request, x *exchange)

// methods are the handlers of one path.
type methods map[string]handler

// routes is the one table of what is served. Paths are matched as they were
// encoded, so that an encoded slash in an id leads nowhere else (library gap
// L06), and are never cleaned, since a redirect means nothing to a platform.
func (a *api) routes(surface *rest.APISurface, instances Instances, catalog *document) *mux.Router {
	const (
		instance = "/v2/service_instances/{instance_id}"
		binding  = instance + "/service_bindings/{binding_id}"
	)
	getInstance := func(w http.ResponseWriter, r *http.Request) {
		c := &lib.RequestContext{Writer: w, Request: r}
		_ = settle(c, false, instances.GetInstance(c)) // the error is in the call
	}
	router := mux.NewRouter().UseEncodedPath().SkipClean(true)
	a.path(router, "/v2/catalog", methods{http.MethodGet: catalog.serve})
	a.path(router, instance, methods{
		http.MethodGet:    a.call(getInstance, noBody),
		http.MethodPut:    a.call(surface.ProvisionHandler, withBody),
		http.MethodPatch:  a.call(surface.UpdateHandler, withBody),
		http.MethodDelete: a.call(surface.DeprovisionHandler, noBody),
	})
	a.path(router, instance+"/last_operation", methods{
		http.MethodGet: a.call(surface.LastOperationHandler, noBody),
	})
	a.path(router, binding, methods{
		http.MethodGet:    a.call(surface.GetBindingHandler, noBody),
		http.MethodPut:    a.call(surface.BindHandler, withBody),
		http.MethodDelete: a.call(surface.UnbindHandler, noBody),
	})
	a.path(router, binding+"/last_operation", methods{
		http.MethodGet: a.call(surface.BindingLastOperationHandler, noBody),
	})
	router.NotFoundHandler = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		a.send(w, exchangeFrom(r), osb.Answer{Err: osb.ErrNotFound("This path")})
	})
	return router
}

// path serves one path: the method is looked up first, then the version
// checked (VER-01), then the handler called. Ids may be empty here, so that
// they are refused for what they are.
func (a *api) path(router *mux.Router, template string, served methods) {
	allow := strings.Join(slices.Sorted(maps.Keys(served)), ", ")
	pattern := strings.ReplaceAll(template, "_id}", "_id:[^/]*}")
	router.HandleFunc(pattern, func(w http.ResponseWriter, r *http.Request) {
		x := exchangeFrom(r)
		x.route = template
		serve, ok := served[r.Method]
		if !ok {
			refusal := osb.Answer{Err: osb.ErrMethodNotAllowed(method(r))}
			refusal.Header = http.Header{"Allow": {allow}}
			a.send(w, x, refusal)
			return
		}
		var err error
		if x.minor, err = a.checkVersion(r); err != nil {
			a.send(w, x, osb.Answer{Err: err})
			return
		}
		serve(w, r, x)
	})
}
