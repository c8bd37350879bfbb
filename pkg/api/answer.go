package api

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"strconv"
	"time"

	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/osb"
)

// errorBody is the body of every error (ERR-02, ERR-04).
type errorBody struct {
	Error            string `json:"error,omitempty"`
	Description      string `json:"description,omitempty"`
	InstanceUsable   *bool  `json:"instance_usable,omitempty"`
	UpdateRepeatable *bool  `json:"update_repeatable,omitempty"`
}

// accepted is the body of a 202 to a bind.
type accepted struct {
	Operation string `json:"operation,omitempty"`
}

// A success is an answer other than an error, before it is encoded.
type success struct {
	status int
	header http.Header // beside the headers of every answer; may be nil
	body   any
}

// successOf chooses status, header and body for a response of the Broker. Every
// status of a success is chosen here; 204 and the like would start orphan
// mitigation (ORP-01).
func successOf(response any) (success, error) {
	switch r := response.(type) {
	case osb.ProvisionResponse:
		return success{status: createStatus(r.Exists, r.Async), body: r}, nil
	case osb.BindResponse:
		if r.Async {
			return success{status: http.StatusAccepted, body: accepted{r.Operation}}, nil
		}
		return success{status: createStatus(r.Exists, r.Async), body: r.Binding}, nil
	case osb.UpdateResponse:
		return success{status: changeStatus(r.Async), body: r}, nil
	case osb.DeprovisionResponse:
		return success{status: changeStatus(r.Async), body: r}, nil
	case osb.UnbindResponse:
		return success{status: changeStatus(r.Async), body: r}, nil
	case osb.LastOperation:
		return success{status: http.StatusOK, header: retryAfter(r.RetryAfter), body: r}, nil
	case osb.Instance:
		return success{status: http.StatusOK, body: r}, nil
	case osb.Binding:
		return success{status: http.StatusOK, body: r}, nil
	}
	return success{}, fmt.Errorf("the broker answered with a %T", response)
}

func createStatus(exists, async bool) int {
	switch {
	case async:
		return http.StatusAccepted
	case exists:
		return http.StatusOK
	}
	return http.StatusCreated
}

func changeStatus(async bool) int {
	if async {
		return http.StatusAccepted
	}
	return http.StatusOK
}

func retryAfter(d time.Duration) http.Header {
	if d <= 0 {
		return nil
	}
	return http.Header{"Retry-After": {strconv.Itoa(max(1, int(d.Round(time.Second)/time.Second)))}}
}

// respond writes the answer to a response of the Broker.
func (h *Handler) respond(w http.ResponseWriter, x *exchange, response any) {
	s, err := successOf(response)
	if err != nil {
		h.refuse(w, x, err, nil)
		return
	}
	body, err := encode(s.body)
	if err != nil {
		h.refuse(w, x, err, nil)
		return
	}
	write(w, s.status, s.header, body)
}

// refuse writes the answer to an error: as its *osb.Error says, or else a 500
// that keeps the text of the error in the log (HARD-03). Only errors of an
// update or deprovision tell about the state of the instance (ERR-04).
func (h *Handler) refuse(w http.ResponseWriter, x *exchange, err error, header http.Header) {
	x.err = err
	e, ok := errors.AsType[*osb.Error](err)
	if !ok || e.Status < http.StatusBadRequest || e.Status > 599 {
		e = osb.ErrInternal(err)
	}
	body := errorBody{Error: e.Code, Description: e.Description}
	switch x.request.(type) {
	case osb.UpdateRequest:
		body.InstanceUsable, body.UpdateRepeatable = e.InstanceUsable, e.UpdateRepeatable
	case osb.DeprovisionRequest:
		body.InstanceUsable = e.InstanceUsable
	}
	encoded, err := encode(body)
	if err != nil { // unreachable: strings and booleans encode
		encoded = []byte("{}")
	}
	write(w, e.Status, header, encoded)
}

// write sends an answer; only the catalog is sent elsewhere. The body is always a
// JSON object (CT-01, CT-04, HARD-04).
func write(w http.ResponseWriter, status int, additional http.Header, body []byte) {
	header := w.Header()
	maps.Copy(header, additional)
	header.Set("Content-Type", "application/json")
	header.Set("Content-Length", strconv.Itoa(len(body)))
	header.Set("Cache-Control", "no-store") // the body may hold credentials
	if status == http.StatusRequestEntityTooLarge {
		header.Set("Connection", "close") // the rest of the request is left unread
	}
	w.WriteHeader(status)
	_, _ = w.Write(body) // fails only if the client is gone
}

// encode writes JSON for readers: & and < in URIs stay as they are.
func encode(body any) ([]byte, error) {
	var buffer bytes.Buffer
	encoder := json.NewEncoder(&buffer)
	encoder.SetEscapeHTML(false)
	if err := encoder.Encode(body); err != nil {
		return nil, fmt.Errorf("encode answer: %w", err)
	}
	return buffer.Bytes(), nil
}
