// Package server is the operator API, on the broker's second port under
// /operator/v1/. It shows the records of instances and bindings, retries and
// purges them, and manages the sealing keys.
//
// Every call needs a token, writes an audit line and is counted. Answers contain
// facts of records; parameters, credentials and other sealed data stay inside.
package server

import (
	"cmp"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"net/http"
	"runtime"
	"runtime/debug"
	"time"

	"github.com/golang/glog"
	"github.com/prometheus/client_golang/prometheus"

	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/api"
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/osb"
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/store"
)

// Config has the parts of the handler.
type Config struct {
	// Auth authenticates operators. While it has no tokens, every answer says how
	// to switch the API on.
	Auth *api.TokenAuthenticator
	// Store seals secrets with Keys.
	Store  store.Store
	Engine Engine
	Keys   Keys
	// Region returns the region of an instance's resource; nil for the region in
	// its record, which is the broker's.
	Region func(*store.Record) string
	// Metrics registers the collectors; nil for none.
	Metrics prometheus.Registerer
	// Log receives one audit line per call; glog by default. A line has names, ids
	// and facts, and never a token.
	Log func(line string)
}

// An Engine retries and purges records; see broker.Engine.
type Engine interface {
	Retry(ctx context.Context, instanceID string) ([]store.Key, error)
	Purge(ctx context.Context, k store.Key, force bool) ([]store.Record, error)
}

// A Handler serves the operator API.
type Handler struct {
	config   Config
	calls    *prometheus.CounterVec
	refusals *api.CountedLog // of calls without a good token
}

// New returns the handler.
func New(config Config) (*Handler, error) {
	if config.Auth == nil || config.Store == nil || config.Engine == nil || config.Keys == nil {
		return nil, errors.New("operator: Auth, Store, Engine and Keys are required")
	}
	if config.Log == nil {
		config.Log = func(line string) { glog.Info(line) }
	}
	if config.Region == nil {
		config.Region = func(r *store.Record) string { return r.Region }
	}
	h := &Handler{config: config, calls: prometheus.NewCounterVec(prometheus.CounterOpts{
		Name: "alibabacloud_broker_operator_calls_total",
		Help: "Calls of operators, by action and outcome: ok, refused, unauthorized or failed.",
	}, []string{"action", "outcome"})}
	h.refusals = api.NewCountedLog(api.LogInterval, api.SingleRefusals, func(count int, last string) { config.Log(refusalsLine(count, last)) })
	if config.Metrics != nil {
		if err := config.Metrics.Register(h.calls); err != nil {
			return nil, fmt.Errorf("operator: register metrics: %w", err)
		}
	}
	return h, nil
}

const requestHeader = "X-Broker-Api-Request-Identity"

// ServeHTTP serves one call.
func (h *Handler) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	start := time.Now()
	x := &exchange{ResponseWriter: w, request: r, requestID: cmp.Or(r.Header.Get(requestHeader), rand.Text())}
	w.Header().Set(requestHeader, x.requestID)
	w.Header().Set("Cache-Control", "no-store")
	defer func() {
		if panicked := recover(); panicked != nil {
			x.fail(panicError(panicked))
			x.stack = debug.Stack()
		}
		h.audit(x, time.Since(start))
		if x.unanswered {
			panic(http.ErrAbortHandler) // closes the connection
		}
	}()
	switch err := h.serve(r.Context(), x); {
	case errors.Is(err, osb.ErrUnanswered):
		x.unanswered, x.status, x.err = true, http.StatusUnauthorized, err
	case err != nil:
		x.fail(err)
	}
}

// panicError describes a panic. Its text may hold a secret, so only an error of
// the runtime is quoted.
func panicError(panicked any) error {
	if fault, ok := panicked.(runtime.Error); ok {
		return fmt.Errorf("panic: %w", fault)
	}
	return fmt.Errorf("panic with a %T", panicked)
}

// serve authenticates the operator before it reveals which paths exist.
func (h *Handler) serve(ctx context.Context, x *exchange) error {
	found, notFound := findRoute(x.request)
	x.route = found
	if !h.config.Auth.HasTokens() {
		return &osb.Error{Status: http.StatusForbidden, Code: "Off", Description: "The operator API is off: start the broker with --ops-tokens-file."}
	}
	var err error
	if x.operator, err = h.config.Auth.Authenticate(x.request); err != nil {
		x.Header().Set("Www-Authenticate", `Bearer realm="operators"`)
		return err
	}
	if notFound != nil {
		return notFound
	}
	return x.route.serve(h, ctx, x)
}
