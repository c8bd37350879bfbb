package api

import (
	"cmp"
	"net/http"
	"net/url"
	"strings"
	"unicode/utf8"

	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/osb"
)

// maxID bounds an id of a path, in characters (HARD-01).
const maxID = 255

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
// headers are decoded. The body is still to be read: PUT and PATCH have one, and
// DELETE may.
type message struct {
	caller                osb.Caller
	instanceID, bindingID string
	acceptsIncomplete     bool
	serviceID, planID     string
	operation             string
	http                  *http.Request
	bodies                *bodies
}

// readMessage decodes ids, then the query, then the identity.
func (h *Handler) readMessage(r *http.Request, x *exchange) (message, error) {
	m := message{caller: osb.Caller{Minor: x.minor, RequestID: x.requestID, Identity: identityOf(r)}, http: r, bodies: h.bodies}
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
	if r.Method != http.MethodGet {
		if m.acceptsIncomplete, err = readFlag(acceptsIncompleteName, query.Get(acceptsIncompleteName)); err != nil {
			return m, err
		}
	}
	m.serviceID, m.planID, m.operation = query.Get(serviceIDName), query.Get(planIDName), query.Get(operationName)
	return m, nil
}

// readFlag reads a boolean of the query; missing and empty are false (URL-05).
func readFlag(name, value string) (bool, error) {
	switch strings.ToLower(value) {
	case "true", "1":
		return true, nil
	case "false", "0", "":
		return false, nil
	}
	return false, osb.ErrBadRequest("%s in the query is neither true nor false: send one of them.", name)
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
	var request Request
	err := m.bodies.read(m.http, func(body []byte) (err error) {
		request, err = osb.Decode[Request](body)
		return err
	})
	return request, err
}

// deleted are the service and plan that a DELETE names.
type deleted struct {
	ServiceID string `json:"service_id"`
	PlanID    string `json:"plan_id"`
}

// readDeleted returns the service and plan of a DELETE: the query's, and the
// body's where the query lacks one, since some platforms send them there. Other
// members of the body are ignored, and so is a body that is no such object: the
// 400 then says which member is missing.
func readDeleted(m message) (deleted, error) {
	named := deleted{ServiceID: m.serviceID, PlanID: m.planID}
	if m.http.ContentLength == 0 || named.ServiceID != "" && named.PlanID != "" {
		return named, nil
	}
	err := m.bodies.read(m.http, func(body []byte) error {
		if sent, err := osb.Decode[deleted](body); err == nil {
			named = deleted{cmp.Or(named.ServiceID, sent.ServiceID), cmp.Or(named.PlanID, sent.PlanID)}
		}
		return nil
	})
	return named, err
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
	named, err := readDeleted(m)
	return osb.DeprovisionRequest{
		Caller: m.caller, InstanceID: m.instanceID, AcceptsIncomplete: m.acceptsIncomplete,
		ServiceID: named.ServiceID, PlanID: named.PlanID,
	}, err
}

func bindRequest(m message) (any, error) {
	request, err := decodeBody[osb.BindRequest](m)
	request.Caller, request.InstanceID, request.BindingID = m.caller, m.instanceID, m.bindingID
	request.AcceptsIncomplete = m.acceptsIncomplete
	return request, err
}

func unbindRequest(m message) (any, error) {
	named, err := readDeleted(m)
	return osb.UnbindRequest{
		Caller: m.caller, InstanceID: m.instanceID, BindingID: m.bindingID, AcceptsIncomplete: m.acceptsIncomplete,
		ServiceID: named.ServiceID, PlanID: named.PlanID,
	}, err
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
