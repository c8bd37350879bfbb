package api

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"strconv"

	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/osb"
)

// errorBody is the body of every error (ERR-02, ERR-04).
type errorBody struct {
	Error            string `json:"error,omitempty"`
	Description      string `json:"description,omitempty"`
	InstanceUsable   *bool  `json:"instance_usable,omitempty"`
	UpdateRepeatable *bool  `json:"update_repeatable,omitempty"`
}

// send writes an answer: every one but the catalog goes out here. It has a
// JSON object for its body, always (CT-01, CT-04, HARD-04).
func (a *Handler) send(w http.ResponseWriter, x *exchange, answer osb.Answer) {
	status, body, err := answer.Status, answer.Body, answer.Err
	var encoded []byte
	if err == nil {
		encoded, err = successBody(status, body)
	}
	if err != nil {
		x.err = err
		status, encoded = failure(err, x)
	}
	header := w.Header()
	maps.Copy(header, answer.Header)
	header.Set("Content-Type", "application/json")
	header.Set("Content-Length", strconv.Itoa(len(encoded)))
	header.Set("Cache-Control", "no-store") // it may hold credentials
	if status == http.StatusRequestEntityTooLarge {
		header.Set("Connection", "close") // the rest of the body is not read
	}
	w.WriteHeader(status)
	_, _ = w.Write(encoded) // a failure is the client's: it has gone
}

func successBody(status int, body any) ([]byte, error) {
	// 204 and the like start orphan mitigation (ORP-01).
	if status != http.StatusOK && status != http.StatusCreated && status != http.StatusAccepted && status < http.StatusBadRequest {
		return nil, fmt.Errorf("%d is no status of the specification", status)
	}
	if body == nil {
		body = osb.Empty{}
	}
	encoded, err := encode(body)
	if err != nil {
		return nil, err
	}
	if encoded[0] != '{' {
		return nil, fmt.Errorf("a %T is no JSON object", body)
	}
	return encoded, nil
}

// failure is how the platform sees an error: as its *osb.Error says, or as
// one of ours without a word of its text (HARD-03). What became of the instance
// is told only to who updates or deletes it (ERR-04).
func failure(err error, x *exchange) (int, []byte) {
	e, ok := errors.AsType[*osb.Error](err)
	if !ok || e.Status < http.StatusBadRequest || e.Status > 599 {
		e = osb.ErrInternal(err)
	}
	body := errorBody{Error: e.Code, Description: e.Description}
	if x.updates || x.deprovisions {
		body.InstanceUsable = e.InstanceUsable
	}
	if x.updates {
		body.UpdateRepeatable = e.UpdateRepeatable
	}
	encoded, err := encode(body)
	if err != nil { // strings and booleans always encode
		encoded = []byte("{}")
	}
	return e.Status, encoded
}

// encode writes JSON as it is read: with & and < in URIs, not escapes.
func encode(body any) ([]byte, error) {
	var buffer bytes.Buffer
	encoder := json.NewEncoder(&buffer)
	encoder.SetEscapeHTML(false)
	if err := encoder.Encode(body); err != nil {
		return nil, fmt.Errorf("encode answer: %w", err)
	}
	return buffer.Bytes(), nil
}
