package api

import (
	"io"
	"net/http"
	"net/url"
	"strings"
	"unicode/utf8"

	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/osb"
)

// Bounds of a request (HARD-01).
const (
	maxBody = 1 << 20 // bytes
	maxID   = 255     // characters
)

// Names of path segments and query parameters.
const (
	instanceIDName        = "instance_id"
	bindingIDName         = "binding_id"
	acceptsIncompleteName = "accepts_incomplete"
	serviceIDName         = "service_id"
	planIDName            = "plan_id"
	operationName         = "operation"
)

// A message is an HTTP request to a method of the API whose ids, query and
// headers are decoded. The body is still to be read: only PUT and PATCH have
// one.
type message struct {
	caller                osb.Caller
	instanceID, bindingID string
	acceptsIncomplete     bool
	serviceID, planID     string
	operation             string
	http                  *http.Request
}

// readMessage decodes ids, then the query, then the identity.
func readMessage(r *http.Request, x *exchange) (message, error) {
	m := message{caller: osb.Caller{Minor: x.minor, RequestID: x.requestID, Identity: identityOf(r)}, http: r}
	var err error
	if m.instanceID, err = ReadID(instanceIDName, *x.ids.instance); err != nil {
		return m, err
	}
	x.instance = m.instanceID
	if x.ids.binding != nil {
		if m.bindingID, err = ReadID(bindingIDName, *x.ids.binding); err != nil {
			return m, err
		}
		x.binding = m.bindingID
	}
	query, err := url.ParseQuery(r.URL.RawQuery)
	if err != nil {
		return m, osb.ErrBadRequest("The query is malformed: percent-encode the names and values in it.")
	}
	m.acceptsIncomplete = strings.EqualFold(query.Get(acceptsIncompleteName), "true")
	m.serviceID, m.planID, m.operation = query.Get(serviceIDName), query.Get(planIDName), query.Get(operationName)
	return m, nil
}

// ReadID decodes an id from a path; errors call it by name. Every string that a
// path can carry and a record can keep is an id (URL-01, URL-02).
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

// decodeBody reads the JSON object of a PUT or PATCH (CT-03, HARD-01). Its
// Content-Type is ignored (CT-02).
func decodeBody[Request any](m message) (Request, error) {
	var none Request
	if m.http.ContentLength > maxBody {
		return none, osb.ErrTooLarge(maxBody)
	}
	body, err := io.ReadAll(io.LimitReader(m.http.Body, maxBody+1))
	switch {
	case err != nil:
		return none, osb.ErrBadRequest("The body could not be read to its end: send the request again.")
	case len(body) > maxBody:
		return none, osb.ErrTooLarge(maxBody)
	}
	return osb.Decode[Request](body)
}

// decode makes the request of package osb that a message holds.
type decode func(message) (any, error)

func provisionRequest(m message) (any, error) {
	request, err := decodeBody[osb.ProvisionRequest](m)
	request.Caller, request.InstanceID, request.AcceptsIncomplete = m.caller, m.instanceID, m.acceptsIncomplete
	return request, err
}

func updateRequest(m message) (any, error) {
	request, err := decodeBody[osb.UpdateRequest](m)
	request.Caller, request.InstanceID, request.AcceptsIncomplete = m.caller, m.instanceID, m.acceptsIncomplete
	return request, err
}

func deprovisionRequest(m message) (any, error) {
	return osb.DeprovisionRequest{
		Caller: m.caller, InstanceID: m.instanceID, AcceptsIncomplete: m.acceptsIncomplete,
		ServiceID: m.serviceID, PlanID: m.planID,
	}, nil
}

func bindRequest(m message) (any, error) {
	request, err := decodeBody[osb.BindRequest](m)
	request.Caller, request.InstanceID, request.BindingID = m.caller, m.instanceID, m.bindingID
	request.AcceptsIncomplete = m.acceptsIncomplete
	return request, err
}

func unbindRequest(m message) (any, error) {
	return osb.UnbindRequest{
		Caller: m.caller, InstanceID: m.instanceID, BindingID: m.bindingID, AcceptsIncomplete: m.acceptsIncomplete,
		ServiceID: m.serviceID, PlanID: m.planID,
	}, nil
}

func lastOperationRequest(m message) (any, error) {
	return osb.LastOperationRequest{
		Caller: m.caller, InstanceID: m.instanceID,
		ServiceID: m.serviceID, PlanID: m.planID, Operation: m.operation,
	}, nil
}

func bindingLastOperationRequest(m message) (any, error) {
	return osb.BindingLastOperationRequest{
		Caller: m.caller, InstanceID: m.instanceID, BindingID: m.bindingID,
		ServiceID: m.serviceID, PlanID: m.planID, Operation: m.operation,
	}, nil
}

func getInstanceRequest(m message) (any, error) {
	return osb.GetInstanceRequest{Caller: m.caller, InstanceID: m.instanceID, ServiceID: m.serviceID, PlanID: m.planID}, nil
}

func getBindingRequest(m message) (any, error) {
	return osb.GetBindingRequest{
		Caller: m.caller, InstanceID: m.instanceID, BindingID: m.bindingID, ServiceID: m.serviceID, PlanID: m.planID,
	}, nil
}
