package api

import (
	"crypto/rand"
	"errors"
	"fmt"
	"net/http"
	"runtime"
	"runtime/debug"

	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/osb"
)

const requestIdentityHeader = "X-Broker-Api-Request-Identity"

// An exchange is a request with its answer, as far as the log and the metrics
// need them. Ids are set once they are known to be well formed.
type exchange struct {
	route             string // template; "none" without a matching path
	ids               ids    // still encoded
	instance, binding string // decoded
	requestID         string
	minor             int // of the platform's API version
	request           any // of package osb; nil until it is decoded
	err               error
	unauthenticated   bool // it was refused for its credentials
	stack             []byte
}

// ServeHTTP is the outer layer of every request: the request's identity
// (REQ-01), authentication before all else (AUTH-04), recovery (HARD-03), and at
// the end one line of log and the metrics. A flood of requests without good
// credentials is one line per interval.
//
// GET /healthz is served in front of it all: load balancers and Cloud Foundry
// probe the port that platforms use, and send no credentials.
func (h *Handler) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if r.URL.Path == healthPath && (r.Method == http.MethodGet || r.Method == http.MethodHead) {
		report(w, http.StatusOK, "")
		return
	}
	start := h.now()
	out := &recorder{ResponseWriter: w}
	x := &exchange{route: "none", requestID: r.Header.Get(requestIdentityHeader)}
	if x.requestID == "" {
		x.requestID = rand.Text() // users quote it when they ask the operator
	}
	out.Header().Set(requestIdentityHeader, x.requestID)
	defer func() {
		panicked := recover()
		if panicked != nil {
			h.recovered(out, x, panicked)
		}
		took := h.now().Sub(start)
		h.metrics.observe(x.route, method(r), out.status, took)
		if !x.unauthenticated || h.refusals.Add(r.RemoteAddr) {
			h.log(out.status >= http.StatusInternalServerError, logLine(r, out.status, x, took))
		}
		if panicked == http.ErrAbortHandler { //nolint:errorlint // a panic's value, compared as net/http does
			panic(http.ErrAbortHandler)
		}
	}()
	if header, err := h.authenticate(r); err != nil {
		x.unauthenticated = true
		if errors.Is(err, osb.ErrUnanswered) {
			x.err = err
			panic(http.ErrAbortHandler) // closes the connection
		}
		h.refuse(out, x, err, header)
		return
	}
	h.serve(out, r, x)
}

// recovered answers for a handler that panicked. The value of the panic may hold
// parts of the request: the log gets its type, or the text of a runtime error.
func (h *Handler) recovered(out *recorder, x *exchange, panicked any) {
	if panicked == http.ErrAbortHandler { //nolint:errorlint // see above
		x.err = http.ErrAbortHandler
		return
	}
	err := fmt.Errorf("panic with a %T", panicked)
	if fault, ok := panicked.(runtime.Error); ok {
		err = fmt.Errorf("panic: %w", fault)
	}
	x.stack = debug.Stack()
	if out.status == 0 {
		h.refuse(out, x, err, nil)
	}
	x.err = err
}

// method is the request's method if HTTP defines it, so that callers cannot add
// names to the log and the metrics.
func method(r *http.Request) string {
	switch r.Method {
	case http.MethodGet, http.MethodPut, http.MethodPatch, http.MethodDelete,
		http.MethodHead, http.MethodPost, http.MethodOptions, http.MethodTrace, http.MethodConnect:
		return r.Method
	}
	return "other"
}

// A recorder remembers the status that was sent; 0 is none.
type recorder struct {
	http.ResponseWriter
	status int
}

// WriteHeader sends the status.
func (w *recorder) WriteHeader(status int) {
	if w.status == 0 {
		w.status = status
	}
	w.ResponseWriter.WriteHeader(status)
}

// Write sends a part of the body.
func (w *recorder) Write(part []byte) (int, error) {
	if w.status == 0 {
		w.status = http.StatusOK
	}
	return w.ResponseWriter.Write(part)
}
