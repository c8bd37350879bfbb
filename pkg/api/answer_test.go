package api

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/osb"
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/osb/osbtest"
)

func TestAnswer_Response_HasItsStatusAndBody(t *testing.T) {
	t.Parallel()
	osbtest.Proves(t, "CT-01", "CT-04", "EXT-02")
	url := "mysql://u:p@h/d?a=1&b=<2>"
	binding := osb.Binding{Credentials: map[string]string{"uri": url}}
	bound := `{"credentials":{"uri":"` + url + `"}}`
	labels := &osb.InstanceMetadata{Labels: map[string]string{"region": "r"}}
	metadata := `"metadata":{"labels":{"region":"r"}}`
	cases := []struct {
		route    string
		response any
		status   int
		body     string
	}{
		{"provision", osb.ProvisionResponse{}, 201, `{}`},
		{"provision", osb.ProvisionResponse{Metadata: labels}, 201, `{` + metadata + `}`},
		{"provision", osb.ProvisionResponse{Exists: true, Metadata: labels}, 200, `{` + metadata + `}`},
		{"provision", osb.ProvisionResponse{Async: true, Operation: "o", Metadata: labels}, 202, `{"operation":"o",` + metadata + `}`},
		{"update", osb.UpdateResponse{}, 200, `{}`},
		{"update", osb.UpdateResponse{Async: true, Operation: "o", Metadata: labels}, 202, `{"operation":"o",` + metadata + `}`},
		{"deprovision", osb.DeprovisionResponse{}, 200, `{}`},
		{"deprovision", osb.DeprovisionResponse{Async: true, Operation: "o"}, 202, `{"operation":"o"}`},
		{"bind", osb.BindResponse{Binding: binding}, 201, bound},
		{"bind", osb.BindResponse{Exists: true, Binding: binding}, 200, bound},
		{"bind", osb.BindResponse{Async: true, Operation: "o"}, 202, `{"operation":"o"}`},
		{"unbind", osb.UnbindResponse{}, 200, `{}`},
		{"unbind", osb.UnbindResponse{Async: true, Operation: "o"}, 202, `{"operation":"o"}`},
		{"get binding", binding, 200, bound},
		{"get instance", osb.Instance{ServiceID: "s", PlanID: "p", Metadata: labels}, 200, `{"service_id":"s","plan_id":"p",` + metadata + `}`},
		{"last operation", osb.LastOperation{State: osb.Succeeded, Description: "d"}, 200, `{"state":"succeeded","description":"d"}`},
		{"binding last operation", osb.LastOperation{State: osb.Failed, UpdateRepeatable: new(false)}, 200, `{"state":"failed","update_repeatable":false}`},
	}
	for _, tc := range cases {
		t.Run(fmt.Sprint(tc.route, " ", tc.status), func(t *testing.T) {
			t.Parallel()
			h := start(t, func(string, any) (any, error) { return tc.response, nil })
			request := requests()[tc.route]
			got := h.send(t, request.method, request.path, request.body)
			if got.status != tc.status || strings.TrimSpace(string(got.body)) != tc.body {
				t.Errorf("status %d, body %s; want %d, %s", got.status, got.body, tc.status, tc.body)
			}
			for header, want := range map[string]string{"Content-Type": "application/json", "Cache-Control": "no-store", "Retry-After": ""} {
				if value := got.header.Get(header); value != want {
					t.Errorf("%s = %q, want %q", header, value, want)
				}
			}
		})
	}
}

// LO-11, BLO-09.
func TestAnswer_RetryAfter_IsInWholeSeconds(t *testing.T) {
	t.Parallel()
	var wait time.Duration
	h := start(t, func(string, any) (any, error) {
		return osb.LastOperation{State: osb.InProgress, RetryAfter: wait}, nil
	})
	for d, want := range map[time.Duration]string{time.Minute: "60", 1400 * time.Millisecond: "1", time.Millisecond: "1", 0: ""} {
		wait = d
		for _, route := range []string{"last operation", "binding last operation"} {
			got := h.send(t, "GET", requests()[route].path, "")
			if value := got.header.Get("Retry-After"); value != want {
				t.Errorf("%s: Retry-After %q after %v, want %q", route, value, d, want)
			}
		}
	}
}

// ERR-01 to ERR-04, ERR-07: wrapped or plain, an *osb.Error passes
// osb-broker-lib as it is.
func TestAnswer_OSBError_IsSentAsDefined(t *testing.T) {
	t.Parallel()
	osbtest.Proves(t, "ERR-02", "ERR-03", "ERR-07")
	cases := map[string]struct {
		err    error
		status int
		body   string
	}{
		"AsyncRequired": {osb.ErrAsyncRequired(), 422, `{"error":"AsyncRequired","description":"This service plan requires client support for asynchronous service operations."}`},
		"wrapped":       {fmt.Errorf("instance i1: %w", osb.ErrConcurrency()), 422, `{"error":"ConcurrencyError","description":"The Service Broker does not support concurrent requests that mutate the same resource."}`},
		"conflict":      {&osb.Error{Status: 409, Code: "Conflict", Description: "It is there."}, 409, `{"error":"Conflict","description":"It is there."}`},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			h := start(t, failing(tc.err))
			for route, request := range requests() {
				if route == "catalog" {
					continue
				}
				got := h.send(t, request.method, request.path, request.body)
				if got.status != tc.status || strings.TrimSpace(string(got.body)) != tc.body {
					t.Errorf("%s: status %d, body %s", route, got.status, got.body)
				}
			}
		})
	}
}

func TestAnswer_StateAfterAnError_IsToldToChangesAlone(t *testing.T) {
	t.Parallel()
	osbtest.Proves(t, "ERR-04")
	refusal := osb.ErrUnprocessable("Not now.")
	refusal.InstanceUsable, refusal.UpdateRepeatable = new(false), new(false)
	h := start(t, failing(refusal))
	for route, request := range requests() {
		if route == "catalog" {
			continue
		}
		want := `{"error":"Unprocessable","description":"Not now."}`
		switch route {
		case "update":
			want = `{"error":"Unprocessable","description":"Not now.","instance_usable":false,"update_repeatable":false}`
		case "deprovision":
			want = `{"error":"Unprocessable","description":"Not now.","instance_usable":false}`
		}
		if got := h.send(t, request.method, request.path, request.body); strings.TrimSpace(string(got.body)) != want {
			t.Errorf("%s: body %s, want %s", route, got.body, want)
		}
	}
}

// HARD-03: the text of an internal error reaches the log alone.
func TestAnswer_InternalError_Is500WithoutItsText(t *testing.T) {
	t.Parallel()
	osbtest.Proves(t, "HARD-03")
	cases := map[string]func(string, any) (any, error){
		"any error":          failing(errors.New("internal-text")),
		"error of no status": failing(&osb.Error{Description: "internal-text"}),
		"error of a success": failing(&osb.Error{Status: 200, Description: "internal-text"}),
		"cause":              failing(osb.ErrUnavailable(errors.New("internal-text"))),
		"body that does not encode": func(string, any) (any, error) {
			return osb.Binding{Parameters: json.RawMessage("internal-text")}, nil
		},
	}
	for name, do := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			h := start(t, do)
			status := http.StatusInternalServerError
			if name == "cause" {
				status = http.StatusServiceUnavailable
			}
			got := h.send(t, "GET", bindingPath, "")
			got.wantError(t, status)
			if strings.Contains(string(got.body), "internal-text") {
				t.Errorf("body %s shows the cause", got.body)
			}
			if !strings.Contains(h.log(), "err=") {
				t.Errorf("log %s has no cause", h.log())
			}
		})
	}
}

// A response without a row in the table of statuses is a fault of the broker.
func TestAnswer_UnknownResponse_IsAFailure(t *testing.T) {
	t.Parallel()
	for _, response := range []any{nil, "text", osb.Catalog{}, &osb.Instance{}} {
		if s, err := successOf(response); err == nil {
			t.Errorf("a %T is answered %d", response, s.status)
		}
	}
}
