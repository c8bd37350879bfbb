package osb

import (
	"context"
	"net/http"
)

// A Call is one request as the platform sent it. It travels in the request's
// context past osb-broker-lib, whose types drop or bend part of it, and
// brings the answer back the same way.
type Call struct {
	InstanceID string // decoded path segment
	BindingID  string // empty for calls on instances

	Body []byte // one JSON object; nil where the method has none

	AcceptsIncomplete bool   // query
	ServiceID         string // query: deprovision, unbind, polls, fetches
	PlanID            string // query
	Operation         string // query: polls

	Minor int // of the API version 2.x that the platform speaks

	Identity  Identity // who caused the call; zero if not told
	RequestID string   // X-Broker-API-Request-Identity, or ours

	Answer Answer // written by the business logic
}

// An Answer is what goes back to the platform. With a Status of 0 what
// osb-broker-lib wrote is sent.
type Answer struct {
	Status int
	Header http.Header // additional headers; may be nil
	Body   any         // marshalled as JSON
	Err    error       // takes precedence; an *Error says its status, all else is 500
}

// An Identity is the X-Broker-API-Originating-Identity of a call (OID-01). It
// is personal data: it goes to the audit trail and never to the log.
type Identity struct {
	Platform string
	Value    []byte // a JSON object
}

type callKey struct{}

// WithCall returns a context that carries c.
func WithCall(ctx context.Context, c *Call) context.Context {
	return context.WithValue(ctx, callKey{}, c)
}

// CallFrom returns the call that ctx carries, or nil.
func CallFrom(ctx context.Context) *Call {
	c, _ := ctx.Value(callKey{}).(*Call)
	return c
}
