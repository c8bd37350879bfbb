package api

import (
	"crypto/rand"
	"fmt"
	"net/http"
	"runtime"
	"runtime/debug"
	"strconv"
	"time"

	"github.com/golang/glog"

	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/osb"
)

const requestIdentityHeader = "X-Broker-Api-Request-Identity"

// An exchange is what the outer layer has to know of a request when it is
// over. Ids are set once they are found sound.
type exchange struct {
	route             string // template; "none" where no path matched or none was looked for
	ids               ids    // as they came
	instance, binding string // decoded
	requestID         string
	minor             int  // of the platform's API version
	updates           bool // an instance
	deprovisions      bool
	err               error // for the log
	stack             []byte
}

// ServeHTTP is the outer layer of every request: the request's identity
// (REQ-01), authentication before all else (AUTH-04), recovery (HARD-03), and
// one line of log and the metrics when it is over.
func (a *Handler) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	start := a.now()
	out := &recorder{ResponseWriter: w}
	x := &exchange{route: "none", requestID: r.Header.Get(requestIdentityHeader)}
	if x.requestID == "" {
		x.requestID = rand.Text() // for Call and log, and the user's question
	}
	out.Header().Set(requestIdentityHeader, x.requestID)
	defer func() {
		panicked := recover()
		if panicked != nil {
			a.recovered(out, x, panicked)
		}
		a.finish(r, out, x, a.now().Sub(start))
		if panicked == http.ErrAbortHandler { //nolint:errorlint // a panic's value, compared as net/http does
			panic(http.ErrAbortHandler)
		}
	}()
	if refusal, ok := a.authenticate(r); !ok {
		a.send(out, x, refusal)
		return
	}
	a.serve(out, r, x)
}

// recovered answers for a handler that panicked. What it panicked with may
// hold parts of the request: only what the runtime itself says is logged.
func (a *Handler) recovered(out *recorder, x *exchange, panicked any) {
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
		a.send(out, x, osb.Answer{Err: err})
	}
	x.err = err
}

// finish writes the log line and counts the request.
func (a *Handler) finish(r *http.Request, out *recorder, x *exchange, took time.Duration) {
	a.metrics.observe(x.route, method(r), out.status, took)
	line := make([]byte, 0, 256)
	line = append(line, method(r)...)
	line = append(line, ' ')
	line = append(line, x.route...)
	line = append(line, ' ')
	line = strconv.AppendInt(line, int64(out.status), 10)
	line = append(line, ' ')
	line = append(line, took.Round(time.Microsecond).String()...)
	line = appendQuoted(line, " instance=", x.instance)
	line = appendQuoted(line, " binding=", x.binding)
	line = appendQuoted(line, " request=", shorten(x.requestID))
	if x.err != nil {
		line = appendQuoted(line, " error=", x.err.Error())
	}
	if x.stack != nil {
		line = append(line, '\n')
		line = append(line, x.stack...)
	}
	a.log(out.status >= http.StatusInternalServerError, string(line))
}

func appendQuoted(line []byte, name, value string) []byte {
	if value == "" {
		return line
	}
	return strconv.AppendQuote(append(line, name...), value)
}

func logWithGlog(failed bool, line string) {
	if failed {
		glog.Error(line)
		return
	}
	glog.Info(line)
}

// method is the request's method where it is one of HTTP's, so that callers
// cannot fill the log or the metrics with names of their own.
func method(r *http.Request) string {
	switch r.Method {
	case http.MethodGet, http.MethodPut, http.MethodPatch, http.MethodDelete,
		http.MethodHead, http.MethodPost, http.MethodOptions, http.MethodTrace, http.MethodConnect:
		return r.Method
	}
	return "other"
}

// shorten keeps a caller's text within what a log line bears.
func shorten(text string) string {
	const longest = 128
	if len(text) > longest {
		return text[:longest] + "..."
	}
	return text
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
