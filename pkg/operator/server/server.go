// Package server is the API for operators, on the second port under
// /operator/v1/: what the broker knows of instances and bindings, letting what
// is stuck be tried again, letting go of what cannot be deleted, and the keys
// that seal secrets. Every call needs a token, leaves a line in the log and is
// counted. Nothing that is sealed, and no parameter or credential, is ever in an
// answer.
//
// Client speaks to it, and package command is the command line for that.
package server

import (
	"cmp"
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"runtime"
	"runtime/debug"
	"strconv"
	"strings"
	"time"

	"github.com/golang/glog"
	"github.com/prometheus/client_golang/prometheus"

	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/api"
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/operator"
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/osb"
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/store"
)

// Config is what the handler is made of.
type Config struct {
	// Gate knows the operators. While it has no tokens every call is answered
	// with how to switch the API on.
	Gate *api.Gate
	// Store is the one that seals secrets with Keys.
	Store  store.Store
	Engine Engine
	Keys   Keys
	// Metrics takes the collectors; nil for none.
	Metrics prometheus.Registerer
	// Log takes one line a call; glog by default. The line has names, ids and
	// facts, and never a token.
	Log func(line string)
}

// An Engine is asked for what becomes of records; see broker.Engine.
type Engine interface {
	Retry(ctx context.Context, instanceID string) ([]store.Key, error)
	Purge(ctx context.Context, k store.Key, force bool) ([]store.Record, error)
}

// A Handler serves the operators' API.
type Handler struct {
	config Config
	calls  *prometheus.CounterVec
}

// New returns the handler.
func New(config Config) (*Handler, error) {
	if config.Gate == nil || config.Store == nil || config.Engine == nil || config.Keys == nil {
		return nil, errors.New("operator: the gate, the store, the engine or the keys are missing")
	}
	if config.Log == nil {
		config.Log = func(line string) { glog.Info(line) }
	}
	h := &Handler{config: config, calls: prometheus.NewCounterVec(prometheus.CounterOpts{
		Name: "alibabacloud_broker_operator_calls_total",
		Help: "Calls of operators, by action and outcome: ok, refused, unauthorized or failed.",
	}, []string{"action", "outcome"})}
	if config.Metrics != nil {
		if err := config.Metrics.Register(h.calls); err != nil {
			return nil, fmt.Errorf("operator: register metrics: %w", err)
		}
	}
	return h, nil
}

// An exchange is one call, as it is served and as the log is to tell of it.
type exchange struct {
	http.ResponseWriter

	request *http.Request
	route   route
	name    string // the operator's, once that is known
	status  int    // 0: nothing sent yet
	err     error
	stack   []byte
	note    string // what it did
}

// ServeHTTP serves one call.
func (h *Handler) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	start := time.Now()
	x := &exchange{ResponseWriter: w, request: r}
	id := cmp.Or(r.Header.Get(requestHeader), rand.Text())
	w.Header().Set(requestHeader, id)
	w.Header().Set("Cache-Control", "no-store")
	defer func() {
		if panicked := recover(); panicked != nil {
			x.fail(panicError(panicked))
			x.stack = debug.Stack()
		}
		h.finish(x, id, time.Since(start))
	}()
	if err := h.serve(r.Context(), x); err != nil {
		x.fail(err)
	}
}

const (
	requestHeader = "X-Broker-Api-Request-Identity"
	linesType     = "application/x-ndjson"
)

// panicError tells of a panic. What it panicked with may hold anything: only
// what the runtime itself says is told.
func panicError(panicked any) error {
	if fault, ok := panicked.(runtime.Error); ok {
		return fmt.Errorf("panic: %w", fault)
	}
	return fmt.Errorf("panic with a %T", panicked)
}

func (h *Handler) serve(ctx context.Context, x *exchange) error {
	found, refusal := find(x.request)
	x.route = found
	if !h.config.Gate.Open() {
		return &osb.Error{Status: http.StatusForbidden, Code: "Off", Description: "The operators' API is off: start the broker with --ops-tokens-file."}
	}
	var err error
	if x.name, err = h.config.Gate.Enter(x.request); err != nil {
		x.Header().Set("Www-Authenticate", `Bearer realm="operators"`)
		return err
	}
	if refusal != nil {
		return refusal
	}
	return x.route.serve(h, ctx, x)
}

// fail answers with an error. Operators are told the cause as well.
func (x *exchange) fail(err error) {
	x.err = err
	known := refusalOf(err)
	body := operator.Failure{Code: known.Code, Description: known.Description}
	if x.status != 0 { // in the middle of lines: the last one says it
		_ = x.write(body)
		x.status = http.StatusInternalServerError // for the log
		return
	}
	_ = x.send(known.Status, body)
}

// send answers with one JSON object.
func (x *exchange) send(status int, body any) error {
	x.Header().Set("Content-Type", "application/json")
	x.status = status
	x.WriteHeader(status)
	return x.write(body)
}

// lines begins an answer of lines of JSON, one for each object.
func (x *exchange) lines() {
	x.Header().Set("Content-Type", linesType)
	x.status = http.StatusOK
	x.WriteHeader(x.status)
}

// lineTime is how long a client may take to read a line.
const lineTime = 90 * time.Second

// write writes an object, and the end of its line.
func (x *exchange) write(body any) error {
	// The server's limit is for whole answers, which may be long here.
	_ = http.NewResponseController(x.ResponseWriter).SetWriteDeadline(time.Now().Add(lineTime)) // not every writer has one
	encoder := json.NewEncoder(x.ResponseWriter)
	encoder.SetEscapeHTML(false)
	if err := encoder.Encode(body); err != nil {
		return fmt.Errorf("answer: %w", err)
	}
	return nil
}

// finish counts the call and writes its line.
func (h *Handler) finish(x *exchange, id string, took time.Duration) {
	outcome := "ok"
	switch {
	case x.status == http.StatusUnauthorized:
		outcome = "unauthorized"
	case x.status >= http.StatusInternalServerError:
		outcome = "failed"
	case x.status >= http.StatusBadRequest:
		outcome = "refused"
	}
	action := cmp.Or(x.route.action, "none")
	h.calls.WithLabelValues(action, outcome).Inc()
	var line strings.Builder
	fmt.Fprintf(&line, "audit: operator %q %s %s %d %s", x.name, action, outcome, x.status, took.Round(time.Microsecond))
	for _, part := range []struct{ name, value string }{
		{"instance", x.route.key.InstanceID},
		{"binding", x.route.key.BindingID},
		{"key", x.route.keyID},
		{"remote", x.request.RemoteAddr},
		{"request", id},
		{"did", x.note},
	} {
		if part.value != "" {
			line.WriteString(" " + part.name + "=" + strconv.Quote(shorten(part.value)))
		}
	}
	if x.err != nil {
		line.WriteString(" error=" + strconv.Quote(shorten(x.err.Error())))
	}
	if x.stack != nil {
		line.WriteString("\n" + string(x.stack))
	}
	h.config.Log(line.String())
}

// shorten keeps a text within what a log line bears.
func shorten(text string) string {
	const longest = 4 << 10
	if len(text) > longest {
		return text[:longest] + "..."
	}
	return text
}
