package api

import (
	"io"
	"net/http"
	"net/url"
	"strings"
	"unicode/utf8"

	client "github.com/pmorie/go-open-service-broker-client/v2"

	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/osb"
)

// Bounds of what a request may hold (HARD-01).
const (
	maxBody = 1 << 20 // bytes
	maxID   = 255     // characters
)

// Whether a method has a body.
const (
	noBody   = false
	withBody = true
)

// call serves a method through a handler of osb-broker-lib, or one like it:
// the request is read into an osb.Call and handed over, and the answer is sent
// once. What the library writes is kept back until then.
func (a *Handler) call(handle http.HandlerFunc, hasBody bool) handler {
	return func(w http.ResponseWriter, r *http.Request, x *exchange) {
		call, err := newCall(r, x, hasBody)
		if err != nil {
			a.send(w, x, osb.Answer{Err: err})
			return
		}
		kept := &buffer{header: http.Header{}}
		handle(kept, forLibrary(r, call))
		a.send(w, x, answerOf(call, kept))
	}
}

// newCall reads all of a request: ids, query, identity, body.
func newCall(r *http.Request, x *exchange, hasBody bool) (*osb.Call, error) {
	call := &osb.Call{Minor: x.minor, RequestID: x.requestID, Identity: identityOf(r)}
	var err error
	if call.InstanceID, err = ReadID(client.VarKeyInstanceID, *x.ids.instance); err != nil {
		return nil, err
	}
	x.instance = call.InstanceID
	if x.ids.binding != nil {
		if call.BindingID, err = ReadID(client.VarKeyBindingID, *x.ids.binding); err != nil {
			return nil, err
		}
		x.binding = call.BindingID
	}
	query, err := url.ParseQuery(r.URL.RawQuery)
	if err != nil {
		return nil, osb.ErrBadRequest("The query is malformed: percent-encode the names and values in it.")
	}
	call.AcceptsIncomplete = strings.EqualFold(query.Get(client.AcceptsIncomplete), "true")
	call.ServiceID = query.Get(client.VarKeyServiceID)
	call.PlanID = query.Get(client.VarKeyPlanID)
	call.Operation = query.Get(client.VarKeyOperation)
	if hasBody {
		call.Body, err = readBody(r)
	}
	return call, err
}

// ReadID decodes an id from a path, name being how errors call it. Any string will do that a path can carry
// and a record can keep (URL-01, URL-02).
func ReadID(name, encoded string) (string, error) {
	id, err := url.PathUnescape(encoded)
	switch {
	case err != nil || !utf8.ValidString(id):
		return "", osb.ErrBadRequest("The %s in the path is not percent-encoded UTF-8.", name)
	case id == "":
		return "", osb.ErrBadRequest("The %s in the path is empty.", name)
	case id == "." || id == "..":
		return "", osb.ErrBadRequest("The %s in the path is a dot segment: use another id.", name)
	case strings.ContainsRune(id, 0):
		return "", osb.ErrBadRequest("The %s in the path has a NUL character: use another id.", name)
	case utf8.RuneCountInString(id) > maxID:
		return "", osb.ErrBadRequest("The %s in the path is longer than %d characters: use a shorter id.", name, maxID)
	}
	return id, nil
}

// readBody reads the one JSON object of a PUT or PATCH (CT-03, HARD-01). What
// its Content-Type says does not matter (CT-02).
func readBody(r *http.Request) ([]byte, error) {
	if r.ContentLength > maxBody {
		return nil, osb.ErrTooLarge(maxBody)
	}
	body, err := io.ReadAll(io.LimitReader(r.Body, maxBody+1))
	switch {
	case err != nil:
		return nil, osb.ErrBadRequest("The body could not be read to its end: send the request again.")
	case len(body) > maxBody:
		return nil, osb.ErrTooLarge(maxBody)
	}
	return body, osb.CheckObject(body)
}
