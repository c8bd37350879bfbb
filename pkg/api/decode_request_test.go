package api

import (
	"encoding/base64"
	"encoding/json"
	"errors"
	"net/http"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/osb"
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/osb/osbtest"
)

// ASY-03, LO-02, BLO-02, URL-03, HARD-05.
func TestRoutes_WholeRequest_ReachesItsMethod(t *testing.T) {
	t.Parallel()
	osbtest.Proves(t, "HARD-05", "LO-02", "BLO-02", "URL-03", "OID-01", "CT-02")
	h := start(t, nil)
	identity := "cloudfoundry " + base64.StdEncoding.EncodeToString([]byte(`{"user_id":"u"}`))
	caller := osb.Caller{
		Minor: 17, RequestID: "request-4711",
		Identity: osb.Identity{Platform: "cloudfoundry", Value: []byte(`{"user_id":"u"}`)},
	}
	number := json.RawMessage(`{"n":9007199254740993}`)
	wants := map[string]any{
		"provision":              osb.ProvisionRequest{Caller: caller, InstanceID: "i1", AcceptsIncomplete: true, Parameters: number},
		"update":                 osb.UpdateRequest{Caller: caller, InstanceID: "i1", AcceptsIncomplete: true, Parameters: number},
		"deprovision":            osb.DeprovisionRequest{Caller: caller, InstanceID: "i1", AcceptsIncomplete: true, ServiceID: "s 1", PlanID: "p+1"},
		"last operation":         osb.LastOperationRequest{Caller: caller, InstanceID: "i1", ServiceID: "s 1", PlanID: "p+1", Operation: "o/1"},
		"get instance":           osb.GetInstanceRequest{Caller: caller, InstanceID: "i1", ServiceID: "s 1", PlanID: "p+1"},
		"bind":                   osb.BindRequest{Caller: caller, InstanceID: "i1", BindingID: "b1", AcceptsIncomplete: true, Parameters: number},
		"unbind":                 osb.UnbindRequest{Caller: caller, InstanceID: "i1", BindingID: "b1", AcceptsIncomplete: true, ServiceID: "s 1", PlanID: "p+1"},
		"binding last operation": osb.BindingLastOperationRequest{Caller: caller, InstanceID: "i1", BindingID: "b1", ServiceID: "s 1", PlanID: "p+1", Operation: "o/1"},
		"get binding":            osb.GetBindingRequest{Caller: caller, InstanceID: "i1", BindingID: "b1", ServiceID: "s 1", PlanID: "p+1"},
	}
	for name, request := range requests() {
		if name == "catalog" {
			continue
		}
		body := request.body
		if body != "" {
			body = `{"parameters":{"n":9007199254740993}}`
		}
		got := h.send(t, request.method, request.path+"?accepts_incomplete=true&service_id=s%201&plan_id=p%2B1&operation=o%2F1", body,
			with(identityHeader, identity), with(requestIdentityHeader, "request-4711"), with("Content-Type", "text/plain"))
		if got.status != http.StatusOK {
			t.Errorf("%s: status %d, body %s", name, got.status, got.body)
		}
		method, reached := h.last()
		if method != name {
			t.Errorf("%s reached %s", name, method)
		}
		if diff := cmp.Diff(wants[name], reached); diff != "" {
			t.Errorf("%s: request (-want, +got):\n%s", name, diff)
		}
	}
}

// ASY-03: a body member of the same name is another thing.
func TestDecode_AcceptsIncomplete_IsReadFromTheQuery(t *testing.T) {
	t.Parallel()
	osbtest.Proves(t, "ASY-03")
	h := start(t, nil)
	for value, want := range map[string]bool{
		"": false, "false": false, "False": false, "0": false,
		"true": true, "True": true, "TRUE": true, "1": true,
	} {
		h.send(t, "PUT", bindingPath+"?accepts_incomplete="+value, `{"accepts_incomplete":true}`)
		if _, request := h.last(); viewOf(request).AcceptsIncomplete != want {
			t.Errorf("%q: AcceptsIncomplete = %v, want %v", value, !want, want)
		}
	}
	h.send(t, "PUT", bindingPath, `{"accepts_incomplete":true}`)
	if _, request := h.last(); viewOf(request).AcceptsIncomplete {
		t.Error("accepts_incomplete of the body was taken")
	}
}

// ASY-03: a platform that means true and spells it otherwise would be taken for
// one that cannot poll.
func TestDecode_AcceptsIncompleteOtherwise_Is400(t *testing.T) {
	t.Parallel()
	osbtest.Proves(t, "ASY-03")
	h := start(t, failing(errors.New("the broker was reached")))
	for _, value := range []string{"yes", "on", "2", "tru", "%22true%22", "true%20"} {
		for name, request := range requests() {
			if request.method == "GET" {
				continue
			}
			text := h.send(t, request.method, request.path+"?accepts_incomplete="+value, request.body).wantError(t, 400)
			if !strings.Contains(text, "accepts_incomplete") {
				t.Errorf("%s, %s: %s", name, value, text)
			}
		}
	}
	if got := start(t, nil).send(t, "GET", instancePath+"?accepts_incomplete=yes", ""); got.status != http.StatusOK {
		t.Errorf("a GET, which has no such parameter: status %d", got.status)
	}
}

// URL-01, URL-02: osb-broker-lib's own router keeps ids encoded.
func TestRoutes_EncodedIDs_StayOneSegment(t *testing.T) {
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
		method, request := h.last()
		reached := viewOf(request)
		if got.status != http.StatusOK || method != "provision" || reached.InstanceID != id || reached.BindingID != "" {
			t.Errorf("%s: status %d, %s of instance %q, binding %q", encoded, got.status, method, reached.InstanceID, reached.BindingID)
		}
		got = h.send(t, "PUT", "/v2/service_instances/i/service_bindings/"+encoded, "{}")
		method, request = h.last()
		reached = viewOf(request)
		if got.status != http.StatusOK || method != "bind" || reached.InstanceID != "i" || reached.BindingID != id {
			t.Errorf("%s: status %d, %s of instance %q, binding %q", encoded, got.status, method, reached.InstanceID, reached.BindingID)
		}
	}
}

func TestDecode_BadID_IsRefusedByName(t *testing.T) {
	t.Parallel()
	osbtest.Proves(t, "URL-02")
	h := start(t, failing(errors.New("the broker was reached")))
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
func TestDecode_BadBody_Is400(t *testing.T) {
	t.Parallel()
	osbtest.Proves(t, "CT-03", "PROV-13", "UPD-14", "BIND-13")
	h := start(t, failing(errors.New("the broker was reached")))
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

func TestDecode_MalformedQuery_Is400(t *testing.T) {
	t.Parallel()
	h := start(t, nil)
	h.send(t, "DELETE", instancePath+"?service_id=%zz", "").wantError(t, 400)
}

// HARD-01.
func TestDecode_BodyOverTheLimit_Is413(t *testing.T) {
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

// DEP-02, UNB-02: the query counts. Korifi before April 2026 sends the body alone.
func TestDecode_BodyOfDelete_GivesTheQuerysMissingIDs(t *testing.T) {
	t.Parallel()
	h := start(t, nil)
	const both = `{"service_id":"bs","plan_id":"bp","accepts_incomplete":true}`
	cases := map[string]struct{ query, body, service, plan string }{
		"query alone":          {"?service_id=s&plan_id=p", "", "s", "p"},
		"body alone":           {"", both, "bs", "bp"},
		"both":                 {"?service_id=s&plan_id=p", both, "s", "p"},
		"plan in the body":     {"?service_id=s", both, "s", "bp"},
		"empty in the query":   {"?service_id=&plan_id=p", both, "bs", "p"},
		"neither":              {"", "", "", ""},
		"neither in an object": {"", "{}", "", ""},
		"null":                 {"", `{"service_id":null,"plan_id":"bp"}`, "", "bp"},
		"a number":             {"", `{"service_id":1,"plan_id":"bp"}`, "", ""},
		"a form":               {"?service_id=s", "plan_id=bp", "s", ""},
		"not JSON":             {"", "{", "", ""},
	}
	for name, tc := range cases {
		for _, path := range []string{instancePath, bindingPath} {
			for _, length := range []int64{int64(len(tc.body)), -1} {
				got := h.send(t, "DELETE", path+tc.query, tc.body, with("Content-Type", "multipart/form-data; boundary=x"),
					func(r *http.Request) { r.ContentLength = length })
				_, request := h.last()
				reached := viewOf(request)
				if got.status != http.StatusOK || reached.ServiceID != tc.service || reached.PlanID != tc.plan || reached.AcceptsIncomplete {
					t.Errorf("%s, length %d: status %d, request %+v", name, length, got.status, reached)
				}
			}
		}
	}
	over := `{"service_id":"` + strings.Repeat("x", maxBody) + `"}`
	h.send(t, "DELETE", instancePath, over).wantError(t, http.StatusRequestEntityTooLarge)
}

// OID-01 to OID-03: osb-broker-lib by itself rejects some requests without an
// identity.
func TestDecode_Identity_IsReadOrIgnored(t *testing.T) {
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
			_, reached := h.last()
			if got.status != http.StatusOK {
				t.Errorf("%s, %s: status %d, body %s", name, route, got.status, got.body)
			}
			if diff := cmp.Diff(tc.want, viewOf(reached).Caller.Identity); diff != "" {
				t.Errorf("%s, %s: identity (-want, +got):\n%s", name, route, diff)
			}
		}
	}
}
