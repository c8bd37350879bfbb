package api

import (
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	client "github.com/pmorie/go-open-service-broker-client/v2"

	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/osb"
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/osb/osbtest"
)

func TestEveryRouteReachesItsMethodWithTheWholeCall(t *testing.T) {
	t.Parallel()
	osbtest.Proves(t, "HARD-05", "LO-02", "BLO-02", "URL-03", "OID-01", "CT-02")
	h := start(t, nil)
	identity := "cloudfoundry " + base64.StdEncoding.EncodeToString([]byte(`{"user_id":"u"}`))
	for name, request := range requests() {
		if name == "catalog" {
			continue
		}
		want := &osb.Call{
			InstanceID: "i1", AcceptsIncomplete: true, ServiceID: "s 1", PlanID: "p+1", Operation: "o/1",
			Identity: osb.Identity{Platform: "cloudfoundry", Value: []byte(`{"user_id":"u"}`)},
			Minor:    17, RequestID: "request-4711",
			Answer: osb.Answer{Status: http.StatusOK},
		}
		if strings.Contains(request.path, "service_bindings") {
			want.BindingID = "b1"
		}
		body := request.body
		if body != "" {
			body = `{"parameters":{"n":9007199254740993}}` // HARD-05
			want.Body = []byte(body)
		}
		// ASY-03, LO-02, BLO-02, URL-03.
		got := h.send(t, request.method, request.path+"?accepts_incomplete=true&service_id=s%201&plan_id=p%2B1&operation=o%2F1", body,
			with(identityHeader, identity), with(requestIdentityHeader, "request-4711"), with("Content-Type", "text/plain"))
		if got.status != http.StatusOK || strings.TrimSpace(string(got.body)) != "{}" {
			t.Errorf("%s: status %d, body %s", name, got.status, got.body)
		}
		method, call := h.last()
		if method != name {
			t.Errorf("%s reached %s", name, method)
		}
		if diff := cmp.Diff(want, call); diff != "" {
			t.Errorf("%s: call (-want, +got):\n%s", name, diff)
		}
	}
}

// ASY-03: a member of the body is not the query parameter.
func TestAcceptsIncompleteIsReadFromTheQueryAlone(t *testing.T) {
	t.Parallel()
	osbtest.Proves(t, "ASY-03")
	h := start(t, nil)
	for query, want := range map[string]bool{"": false, "?accepts_incomplete=false": false, "?accepts_incomplete=1": false, "?accepts_incomplete=true": true} {
		h.send(t, "PUT", bindingPath+query, `{"accepts_incomplete":true}`)
		if _, call := h.last(); call.AcceptsIncomplete != want {
			t.Errorf("%q: AcceptsIncomplete = %v", query, call.AcceptsIncomplete)
		}
	}
}

// URL-01, URL-02: osb-broker-lib alone takes the encoded ids for the ids.
func TestIdsAreDecodedAndLeadNowhereElse(t *testing.T) {
	t.Parallel()
	osbtest.Proves(t, "URL-01", "URL-02")
	h := start(t, nil)
	good := map[string]string{
		"x%2Fservice_bindings%2Fy": "x/service_bindings/y",
		"a%2Fb":                    "a/b",
		"a%252Fb":                  "a%2Fb",
		"UPPER-lower_1.~":          "UPPER-lower_1.~",
		"%E4%BD%A0":                "你",
		"a+b":                      "a+b",
		"a%20b":                    "a b",
		"...":                      "...",
		"last_operation":           "last_operation",
		strings.Repeat("a", 255):   strings.Repeat("a", 255),
	}
	for encoded, id := range good {
		got := h.send(t, "PUT", "/v2/service_instances/"+encoded, "{}")
		method, call := h.last()
		if got.status != http.StatusOK || method != "provision" || call.InstanceID != id || call.BindingID != "" {
			t.Errorf("%s: status %d, %s of instance %q, binding %q", encoded, got.status, method, call.InstanceID, call.BindingID)
		}
		got = h.send(t, "PUT", "/v2/service_instances/i/service_bindings/"+encoded, "{}")
		method, call = h.last()
		if got.status != http.StatusOK || method != "bind" || call.InstanceID != "i" || call.BindingID != id {
			t.Errorf("%s: status %d, %s of instance %q, binding %q", encoded, got.status, method, call.InstanceID, call.BindingID)
		}
	}
}

func TestBadIdsAreRefused(t *testing.T) {
	t.Parallel()
	osbtest.Proves(t, "URL-02")
	h := start(t, func(string, *osb.Call) error { return errors.New("the business logic was reached") })
	bad := map[string]string{
		"empty": "", "dot": ".", "dots": "..", "encoded dots": "%2e%2E", "NUL": "a%00b",
		"not UTF-8": "%ff", "256 characters": strings.Repeat("a", 256),
	}
	for name, id := range bad {
		for _, request := range requests() {
			if strings.Contains(request.path, "i1") {
				path := strings.ReplaceAll(request.path, "i1", id)
				if text := h.send(t, request.method, path, request.body).wantError(t, 400); !strings.Contains(text, "instance_id") {
					t.Errorf("%s: %q does not name instance_id", name, text)
				}
			}
			if strings.Contains(request.path, "b1") {
				path := strings.ReplaceAll(request.path, "b1", id)
				if text := h.send(t, request.method, path, request.body).wantError(t, 400); !strings.Contains(text, "binding_id") {
					t.Errorf("%s: %q does not name binding_id", name, text)
				}
			}
		}
	}
}

// PROV-13, UPD-14, BIND-13, CT-03: a 500 would make the platform unbind.
func TestBrokenBodiesGet400(t *testing.T) {
	t.Parallel()
	osbtest.Proves(t, "CT-03", "PROV-13", "UPD-14", "BIND-13")
	h := start(t, func(string, *osb.Call) error { return errors.New("the business logic was reached") })
	bodies := map[string]string{
		"none": "", "cut": `{"service_id":`, "null": "null", "array": "[]", "string": `"x"`,
		"number": "1", "trailing": `{} {}`, "twice": `{"a":1,"a":2}`, "form": "service_id=1",
	}
	for _, request := range []struct{ method, path string }{{"PUT", instancePath}, {"PATCH", instancePath}, {"PUT", bindingPath}} {
		for name, body := range bodies {
			t.Run(request.method+" "+request.path+" "+name, func(t *testing.T) {
				t.Parallel()
				h.send(t, request.method, request.path, body).wantError(t, 400)
			})
		}
	}
}

func TestAMalformedQueryGets400(t *testing.T) {
	t.Parallel()
	h := start(t, nil)
	h.send(t, "DELETE", instancePath+"?service_id=%zz", "").wantError(t, 400)
}

// HARD-01.
func TestABodyOverTheLimitGets413(t *testing.T) {
	t.Parallel()
	osbtest.Proves(t, "HARD-01", "HARD-04")
	h := start(t, nil)
	fits := `{"a":"` + strings.Repeat("x", maxBody-8) + `"}`
	if got := h.send(t, "PUT", instancePath, fits); got.status != http.StatusOK {
		t.Errorf("a body of %d bytes: status %d", len(fits), got.status)
	}
	over := fits + " "
	h.send(t, "PUT", instancePath, over).wantError(t, http.StatusRequestEntityTooLarge)
	h.send(t, "PATCH", instancePath, over, func(r *http.Request) { r.ContentLength = -1 }).wantError(t, http.StatusRequestEntityTooLarge)
}

// A body where there is none to be is not read, whatever it calls itself.
func TestBodiesOfDeletesAreIgnored(t *testing.T) {
	t.Parallel()
	h := start(t, nil)
	for _, contentType := range []string{"application/json", "multipart/form-data; boundary=x", "application/x-www-form-urlencoded"} {
		got := h.send(t, "DELETE", instancePath+"?service_id=s", "service_id=other", with("Content-Type", contentType))
		if _, call := h.last(); got.status != http.StatusOK || call.ServiceID != "s" || call.Body != nil {
			t.Errorf("%s: status %d, call %+v", contentType, got.status, call)
		}
	}
}

// OID-01 to OID-03: osb-broker-lib alone refuses some requests without one.
func TestIdentityIsReadOrIgnored(t *testing.T) {
	t.Parallel()
	osbtest.Proves(t, "OID-01", "OID-02", "OID-03")
	encode := base64.StdEncoding.EncodeToString
	h := start(t, nil)
	object := `{"username":"you","groups":["a"]}`
	cases := map[string]struct {
		header string
		want   osb.Identity
	}{
		"kubernetes":      {"kubernetes " + encode([]byte(object)), osb.Identity{Platform: "kubernetes", Value: []byte(object)}},
		"two spaces":      {"kubernetes  " + encode([]byte(object)), osb.Identity{Platform: "kubernetes", Value: []byte(object)}},
		"no padding":      {"k " + strings.TrimRight(encode([]byte(`{"a":1}`)), "="), osb.Identity{Platform: "k", Value: []byte(`{"a":1}`)}},
		"absent":          {"", osb.Identity{}},
		"no value":        {"kubernetes", osb.Identity{}},
		"three words":     {"kubernetes a b", osb.Identity{}},
		"no base64":       {"kubernetes ???", osb.Identity{}},
		"no JSON":         {"kubernetes " + encode([]byte("{")), osb.Identity{}},
		"no object":       {"kubernetes " + encode([]byte("[]")), osb.Identity{}},
		"null":            {"kubernetes " + encode([]byte("null")), osb.Identity{}},
		"value alone":     {" " + encode([]byte(object)), osb.Identity{}},
		"object and text": {"kubernetes " + encode([]byte("{} x")), osb.Identity{}},
	}
	for name, tc := range cases {
		for route, request := range requests() {
			if route == "catalog" {
				continue
			}
			got := h.send(t, request.method, request.path, request.body, with(identityHeader, tc.header))
			_, call := h.last()
			if got.status != http.StatusOK {
				t.Errorf("%s, %s: status %d, body %s", name, route, got.status, got.body)
			}
			if diff := cmp.Diff(tc.want, call.Identity); diff != "" {
				t.Errorf("%s, %s: identity (-want, +got):\n%s", name, route, diff)
			}
			if h.header.Get(identityHeader) != nobody {
				t.Errorf("%s, %s: the library saw the identity %q", name, route, h.header.Get(identityHeader))
			}
		}
	}
}

func TestAnswersOfTheBusinessLogicAreSentAsTheyAre(t *testing.T) {
	t.Parallel()
	osbtest.Proves(t, "CT-01", "CT-04", "EXT-02")
	url := "mysql://u:p@h/d?a=1&b=<2>"
	cases := map[string]struct {
		answer osb.Answer
		status int
		body   string
	}{
		"201":           {osb.Answer{Status: 201, Body: osb.Provisioned{}}, 201, `{}`},
		"202":           {osb.Answer{Status: 202, Body: osb.Accepted{Operation: "o"}}, 202, `{"operation":"o"}`},
		"200 of unbind": {osb.Answer{Status: 200, Body: osb.Empty{}}, 200, `{}`},
		"no body":       {osb.Answer{Status: 200}, 200, `{}`},
		"credentials":   {osb.Answer{Status: 200, Body: osb.Binding{Credentials: map[string]string{"uri": url}}}, 200, `{"credentials":{"uri":"` + url + `"}}`},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			h := start(t, func(_ string, call *osb.Call) error {
				call.Answer = tc.answer
				call.Answer.Header = http.Header{"Retry-After": {"60"}} // LO-11
				return nil
			})
			for route, request := range requests() {
				if route == "catalog" {
					continue
				}
				got := h.send(t, request.method, request.path, request.body)
				if got.status != tc.status || strings.TrimSpace(string(got.body)) != tc.body {
					t.Errorf("%s: status %d, body %s", route, got.status, got.body)
				}
				for header, want := range map[string]string{"Content-Type": "application/json", "Retry-After": "60", "Cache-Control": "no-store"} {
					if value := got.header.Get(header); value != want {
						t.Errorf("%s: %s = %q, want %q", route, header, value, want)
					}
				}
			}
		})
	}
}

// ERR-01 to ERR-04, ERR-07, whatever osb-broker-lib makes of them: wrapped or not, in the
// call or returned, the platform sees the error as OSB defines it.
func TestErrorsAreSentAsOSBDefinesThem(t *testing.T) {
	t.Parallel()
	osbtest.Proves(t, "ERR-02", "ERR-03", "ERR-07")
	word, sentence := "Conflict", "It is there."
	cases := map[string]struct {
		err    error
		status int
		body   string
	}{
		"AsyncRequired":  {osb.ErrAsyncRequired(), 422, `{"error":"AsyncRequired","description":"This service plan requires client support for asynchronous service operations."}`},
		"wrapped":        {fmt.Errorf("instance i1: %w", osb.ErrConcurrency()), 422, `{"error":"ConcurrencyError","description":"The Service Broker does not support concurrent requests that mutate the same resource."}`},
		"library's":      {client.HTTPStatusCodeError{StatusCode: 409, ErrorMessage: &word, Description: &sentence}, 409, `{"error":"Conflict","description":"It is there."}`},
		"library's, too": {fmt.Errorf("wrapped: %w", &client.HTTPStatusCodeError{StatusCode: 409, ErrorMessage: &word, Description: &sentence}), 409, `{"error":"Conflict","description":"It is there."}`},
	}
	for name, tc := range cases {
		for how, do := range map[string]func(string, *osb.Call) error{
			"returned": func(string, *osb.Call) error { return tc.err },
			"in the call": func(_ string, call *osb.Call) error {
				call.Answer.Err, call.Answer.Status = ownError(tc.err), 201
				return nil
			},
			"both": func(_ string, call *osb.Call) error {
				call.Answer.Err = ownError(tc.err)
				return client.HTTPStatusCodeError{StatusCode: 400}
			},
		} {
			t.Run(name+" "+how, func(t *testing.T) {
				t.Parallel()
				h := start(t, do)
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
}

func TestWhatBecameOfTheInstanceIsToldOnlyWhereItMayBe(t *testing.T) {
	t.Parallel()
	osbtest.Proves(t, "ERR-04")
	h := start(t, func(string, *osb.Call) error {
		refusal := osb.ErrUnprocessable("Not now.")
		refusal.InstanceUsable, refusal.UpdateRepeatable = new(false), new(false)
		return refusal
	})
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

// HARD-03: whatever goes wrong, the text stays with us.
func TestOtherErrorsAre500AndTheirTextIsForTheLog(t *testing.T) {
	t.Parallel()
	osbtest.Proves(t, "HARD-03")
	cases := map[string]func(string, *osb.Call) error{
		"any error":          func(string, *osb.Call) error { return errors.New("internal-text") },
		"error of no status": func(string, *osb.Call) error { return &osb.Error{Description: "internal-text"} },
		"error of a success": func(string, *osb.Call) error { return &osb.Error{Status: 200, Description: "internal-text"} },
		"library's, no status": func(string, *osb.Call) error {
			text := "internal-text"
			return client.HTTPStatusCodeError{Description: &text}
		},
		"body that is no object": func(_ string, call *osb.Call) error {
			call.Answer.Status, call.Answer.Body = 200, "internal-text"
			return nil
		},
		"body that does not encode": func(_ string, call *osb.Call) error {
			call.Answer.Status, call.Answer.Body = 200, json.RawMessage("internal-text")
			return nil
		},
		"status of no table": func(_ string, call *osb.Call) error {
			call.Answer.Status, call.Answer.Body = 204, osb.ErrBadRequest("internal-text")
			return nil
		},
		"cause": func(string, *osb.Call) error { return osb.ErrUnavailable(errors.New("internal-text")) },
	}
	for name, do := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			h := start(t, do)
			status := http.StatusInternalServerError
			if name == "cause" {
				status = http.StatusServiceUnavailable
			}
			got := h.send(t, "PUT", bindingPath, "{}")
			got.wantError(t, status)
			if strings.Contains(string(got.body), "internal-text") {
				t.Errorf("body %s shows the cause", got.body)
			}
			if !strings.Contains(h.log(), "error=") {
				t.Errorf("log %s has no cause", h.log())
			}
		})
	}
}

// Promise 2: no answer is never a success.
func TestNoAnswerIsAFailure(t *testing.T) {
	t.Parallel()
	h := start(t, func(string, *osb.Call) error { return nil })
	h.send(t, "DELETE", bindingPath, "").wantError(t, http.StatusInternalServerError) // a nil response
	h.send(t, "GET", instancePath, "").wantError(t, http.StatusInternalServerError)
	// Where the library has a response, its answer is sent.
	if got := h.send(t, "PUT", instancePath, "{}"); got.status != http.StatusCreated {
		t.Errorf("status %d, want 201", got.status)
	}
}

// osb-broker-lib writes its own words for some errors.
func TestAServerErrorInTheLibrarysWordsIsForTheLog(t *testing.T) {
	t.Parallel()
	for _, status := range []int{0, http.StatusInternalServerError, http.StatusBadGateway} {
		kept := &buffer{status: status}
		kept.body.WriteString("internal-text")
		got := answerOf(&osb.Call{}, kept)
		if _, body := failure(got.Err, &exchange{}); got.Err == nil || strings.Contains(string(body), "internal-text") {
			t.Errorf("%d of the library becomes %+v", status, got)
		}
	}
}

// HARD-04, CT-04.
func TestUnknownPathsAndMethodsGetJSON(t *testing.T) {
	t.Parallel()
	osbtest.Proves(t, "HARD-04", "CT-01", "CT-04")
	h := start(t, nil)
	for _, path := range []string{"/", "/v2", "/v2/", "/v2/catalog/", "/v3/catalog", "/v2//catalog", instancePath + "/", instancePath + "/other", "/metrics", "/healthz", instancePath + "/other/b1", instancePath + "/other/b1/last_operation", bindingPath + "/last_operation/x"} {
		h.send(t, "GET", path, "").wantError(t, http.StatusNotFound)
	}
	for path, allow := range map[string]string{
		"/v2/catalog":                    "GET",
		instancePath:                     "DELETE, GET, PATCH, PUT",
		instancePath + "/last_operation": "GET",
		bindingPath:                      "DELETE, GET, PUT",
		bindingPath + "/last_operation":  "GET",
	} {
		got := h.send(t, "POST", path, "", without(versionHeader))
		got.wantError(t, http.StatusMethodNotAllowed)
		if got.header.Get("Allow") != allow {
			t.Errorf("%s: Allow = %q, want %q", path, got.header.Get("Allow"), allow)
		}
	}
}
