package api

import (
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/osb"
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/osb/osbtest"
)

const (
	instancePath = "/v2/service_instances/i1"
	bindingPath  = instancePath + "/service_bindings/b1"
)

// requests is one good request for each route and method.
func requests() map[string]struct{ method, path, body string } {
	return map[string]struct{ method, path, body string }{
		"catalog":                {"GET", "/v2/catalog", ""},
		"get instance":           {"GET", instancePath, ""},
		"provision":              {"PUT", instancePath, "{}"},
		"update":                 {"PATCH", instancePath, "{}"},
		"deprovision":            {"DELETE", instancePath, ""},
		"last operation":         {"GET", instancePath + "/last_operation", ""},
		"get binding":            {"GET", bindingPath, ""},
		"bind":                   {"PUT", bindingPath, "{}"},
		"unbind":                 {"DELETE", bindingPath, ""},
		"binding last operation": {"GET", bindingPath + "/last_operation", ""},
	}
}

// AUTH-01, AUTH-03, AUTH-04: 401 precedes all other answers, on every route and
// on unknown paths.
func TestAuthenticate_WrongCredentials_Are401Everywhere(t *testing.T) {
	t.Parallel()
	osbtest.Proves(t, "AUTH-01", "AUTH-03", "AUTH-04", "HARD-04")
	h := start(t, failing(errors.New("the broker was reached")))
	wrong := map[string]func(*http.Request){
		"none":              without("Authorization"),
		"wrong password":    func(r *http.Request) { r.SetBasicAuth(userName, "wrong") },
		"password cut":      func(r *http.Request) { r.SetBasicAuth(userName, password[:5]) },
		"empty password":    func(r *http.Request) { r.SetBasicAuth(userName, "") },
		"other's password":  func(r *http.Request) { r.SetBasicAuth("old", password) },
		"unknown user":      func(r *http.Request) { r.SetBasicAuth("nobody", password) },
		"wrong token":       with("Authorization", "Bearer wrong"),
		"empty token":       with("Authorization", "Bearer "),
		"token as password": func(r *http.Request) { r.SetBasicAuth("", token) },
		"password as token": with("Authorization", "Bearer "+userName+":"+password),
		"another scheme":    with("Authorization", "Digest "+token),
		"broken Basic":      with("Authorization", "Basic ???"),
	}
	paths := requests()
	paths["no route"] = struct{ method, path, body string }{"GET", "/nowhere", ""}
	paths["no method"] = struct{ method, path, body string }{"POST", instancePath, ""}
	paths["bad body"] = struct{ method, path, body string }{"PUT", instancePath, "{"}
	for route, request := range paths {
		for name, change := range wrong {
			got := h.send(t, request.method, request.path, request.body, change, with(versionHeader, "garbage"))
			got.wantError(t, http.StatusUnauthorized)
			if challenges := got.header.Values("WWW-Authenticate"); len(challenges) != 2 {
				t.Errorf("%s, %s: challenges %v, want Basic and Bearer", route, name, challenges)
			}
		}
	}
}

func TestAuthenticate_AllUsersAndTokens_AreValidAtOnce(t *testing.T) {
	t.Parallel()
	osbtest.Proves(t, "AUTH-01", "AUTH-03")
	h := start(t, nil)
	right := map[string]func(*http.Request){
		"one user":       func(r *http.Request) { r.SetBasicAuth("old", "old password") },
		"the other user": func(r *http.Request) { r.SetBasicAuth(userName, password) },
		"one token":      with("Authorization", "Bearer other"),
		"another token":  with("Authorization", "bearer "+token),
	}
	for name, change := range right {
		if got := h.send(t, "GET", instancePath, "", change); got.status != http.StatusOK {
			t.Errorf("%s: status %d, body %s", name, got.status, got.body)
		}
	}
}

func TestNew_UnsafeCredentials_AreRejected(t *testing.T) {
	t.Parallel()
	cases := map[string]func(*Config){
		"none at all":    func(c *Config) { c.Users, c.Tokens = nil, nil },
		"empty password": func(c *Config) { c.Users = []User{{Name: "u"}} },
		"empty name":     func(c *Config) { c.Users = []User{{Password: "p"}} },
		"colon in name":  func(c *Config) { c.Users = []User{{Name: "u:v", Password: "p"}} },
		"empty token":    func(c *Config) { c.Tokens = []Token{""} },
		"no broker":      func(c *Config) { c.Broker = nil },
	}
	for name, change := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := &script{}
			config := Config{Broker: s, Users: []User{{userName, password}}}
			change(&config)
			if _, err := New(config); err == nil {
				t.Error("New accepted it")
			} else if strings.Contains(err.Error(), password) {
				t.Errorf("error %q shows a password", err)
			}
		})
	}
}

// VER-01 to VER-04, with the body and the id broken: the version comes first.
func TestVersion_EveryRoute_IsCheckedBeforeBodyAndIDs(t *testing.T) {
	t.Parallel()
	osbtest.Proves(t, "VER-01", "VER-02", "VER-03", "VER-04")
	h := start(t, nil)
	bad := map[string]int{
		"": 400, "2.12": 412, "2.9": 412, "1.13": 412, "3.0": 412, "2": 412, "2.": 412,
		"2.x": 412, "garbage": 412, "2.13.1": 412, "-2.13": 412, "2.-13": 412, "2.99999999999999999999": 412,
		"2.17, 2.13": 412, "2.17,": 412, "2.17 2.17": 412,
	}
	for route, request := range requests() {
		for version, status := range bad {
			body := request.body
			if body != "" {
				body = "{broken"
			}
			got := h.send(t, request.method, strings.ReplaceAll(request.path, "i1", "%2e%2e"), body, with(versionHeader, version))
			if got.status != status {
				t.Errorf("%s, version %q: status %d, want %d", route, version, got.status, status)
				continue
			}
			if text := got.wantError(t, status); !strings.Contains(text, "2.13") {
				t.Errorf("description %q does not say which version to send", text)
			}
		}
		for _, version := range []string{"2.13", "2.14", "2.17", "2.18", "2.100", "2.17, 2.17", "2.17,2.17"} {
			if got := h.send(t, request.method, request.path, request.body, with(versionHeader, version)); got.status != http.StatusOK {
				t.Errorf("%s, version %q: status %d, want 200", route, version, got.status)
			}
		}
	}
}

// VER-03: conformance checkers want 412.
func TestVersion_Missing_HasTheConfiguredStatus(t *testing.T) {
	t.Parallel()
	osbtest.Proves(t, "VER-03")
	h := start(t, nil, func(c *Config) { c.MissingVersionStatus = http.StatusPreconditionFailed })
	h.send(t, "GET", "/v2/catalog", "", without(versionHeader)).wantError(t, http.StatusPreconditionFailed)
}

// REQ-01: on errors too.
func TestRequestIdentity_EveryAnswer_HasIt(t *testing.T) {
	t.Parallel()
	osbtest.Proves(t, "REQ-01")
	h := start(t, func(method string, _ any) (any, error) {
		if method == "bind" {
			panic("bind")
		}
		return nil, nil
	})
	cases := map[string]struct {
		method, path, body string
		status             int
		change             func(*http.Request)
	}{
		"success":       {"GET", instancePath, "", 200, with("X", "")},
		"catalog":       {"GET", "/v2/catalog", "", 200, with("X", "")},
		"not modified":  {"GET", "/v2/catalog", "", 304, with("If-None-Match", "*")},
		"unauthorized":  {"GET", instancePath, "", 401, without("Authorization")},
		"no version":    {"GET", instancePath, "", 400, without(versionHeader)},
		"old version":   {"GET", instancePath, "", 412, with(versionHeader, "2.0")},
		"no such path":  {"GET", "/v2", "", 404, with("X", "")},
		"no such verb":  {"POST", instancePath, "", 405, with("X", "")},
		"broken body":   {"PUT", instancePath, "{", 400, with("X", "")},
		"panic":         {"PUT", bindingPath, "{}", 500, with("X", "")},
		"body too long": {"PUT", instancePath, strings.Repeat(" ", maxBody+1), 413, with("X", "")},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got := h.send(t, tc.method, tc.path, tc.body, with(requestIdentityHeader, "request-4711"), tc.change)
			if got.status != tc.status {
				t.Fatalf("status %d, want %d", got.status, tc.status)
			}
			if id := got.header.Get(requestIdentityHeader); id != "request-4711" {
				t.Errorf("%s = %q", requestIdentityHeader, id)
			}
		})
	}
}

func TestRequestIdentity_Missing_IsMade(t *testing.T) {
	t.Parallel()
	osbtest.Proves(t, "REQ-02")
	h := start(t, nil)
	got := h.send(t, "GET", instancePath, "")
	_, request := h.last()
	sent := viewOf(request).Caller.RequestID
	if id := got.header.Get(requestIdentityHeader); id == "" || id != sent || !strings.Contains(h.log(), id) {
		t.Errorf("answer says %q, request %q, log %q", id, sent, h.log())
	}
}

// HARD-03: the body and the log of a panic are free of the request's parts.
func TestServeHTTP_Panic_Is500WithoutInternals(t *testing.T) {
	t.Parallel()
	osbtest.Proves(t, "HARD-03")
	h := start(t, func(_ string, request any) (any, error) { panic(fmt.Sprintf("hunter2 in %+v", request)) })
	got := h.send(t, "PUT", instancePath, `{"parameters":{"Password":"hunter2"}}`)
	got.wantError(t, http.StatusInternalServerError)
	if strings.Contains(string(got.body), "hunter2") || strings.Contains(h.log(), "hunter2") {
		t.Errorf("body %s or log %s has the panic's text", got.body, h.log())
	}
	if !strings.Contains(h.log(), "panic") || !strings.Contains(h.log(), "serve_http_test.go") {
		t.Errorf("log %s lacks the place of the panic", h.log())
	}
	if again := h.send(t, "GET", "/v2/catalog", ""); again.status != http.StatusOK {
		t.Errorf("status %d after a panic", again.status)
	}
}

func TestServeHTTP_RuntimeFault_IsNamedInTheLogAlone(t *testing.T) {
	t.Parallel()
	h := start(t, func(string, any) (any, error) {
		var none []byte
		return nil, errors.New(string(none[5:6]))
	})
	got := h.send(t, "GET", instancePath, "")
	got.wantError(t, http.StatusInternalServerError)
	if strings.Contains(string(got.body), "slice") || !strings.Contains(h.log(), "slice bounds") {
		t.Errorf("body %s, log %s", got.body, h.log())
	}
}

// Binds of Service Catalog are left unanswered where that makes it try again.
func TestServeHTTP_UnansweredRequest_ClosesTheConnection(t *testing.T) {
	t.Parallel()
	for name, do := range map[string]func(string, any) (any, error){
		"error": failing(fmt.Errorf("bind: %w", osb.ErrUnanswered)),
		"panic": func(string, any) (any, error) { panic(http.ErrAbortHandler) },
	} {
		h := start(t, do)
		wantDropped(t, name, h)
	}
}

func wantDropped(t *testing.T, name string, h *harness) {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), http.MethodPut, h.URL+bindingPath, strings.NewReader("{}"))
	if err != nil {
		t.Fatal(err)
	}
	r.SetBasicAuth(userName, password)
	r.Header.Set(versionHeader, "2.14")
	response, err := http.DefaultTransport.RoundTrip(r)
	if err == nil {
		_ = response.Body.Close()
		t.Errorf("%s: status %d, want no answer", name, response.StatusCode)
	}
}

// HARD-06.
func TestLog_Line_HasIDsAndNoSecrets(t *testing.T) {
	t.Parallel()
	osbtest.Proves(t, "HARD-06", "REQ-02")
	h := start(t, nil)
	h.send(t, "PUT", bindingPath+"?service_id=query-secret", `{"parameters":{"Password":"body-secret"}}`,
		with(identityHeader, "kubernetes identity-secret"), with(requestIdentityHeader, "request-4711"))
	h.send(t, "GET", instancePath, "", with("Authorization", "Bearer "+token))
	h.send(t, "GET", instancePath, "", func(r *http.Request) { r.SetBasicAuth("name-secret", "password-secret") })
	h.send(t, "GET", "/path-secret", "")
	log := h.log()
	for _, want := range []string{
		`method=PUT route=/v2/service_instances/{instance_id}/service_bindings/{binding_id} status=200`,
		`instance="i1"`, `binding="b1"`, `request="request-4711"`, " status=401 ", " status=404 ",
	} {
		if !strings.Contains(log, want) {
			t.Errorf("log %s lacks %s", log, want)
		}
	}
	for _, secret := range []string{"secret", password, token, userName} {
		if strings.Contains(log, secret) {
			t.Errorf("log %s has %s", log, secret)
		}
	}
}

func TestLog_HostileText_StaysOneLine(t *testing.T) {
	t.Parallel()
	h := start(t, failing(errors.New("first\nsecond")))
	h.send(t, "GET", "/v2/service_instances/a%0Ab%22", "", with(requestIdentityHeader, strings.Repeat("x", 5000)))
	if log := h.log(); strings.Contains(log, "\n") || len(log) > 1000 {
		t.Errorf("log %q", log)
	}
}

func TestLog_Severity_IsErrorForOurFailuresAlone(t *testing.T) {
	t.Parallel()
	h := start(t, func(method string, _ any) (any, error) {
		if method == "deprovision" {
			return nil, osb.ErrGone("Service instance i1")
		}
		return nil, errors.New("store is closed")
	})
	h.send(t, "DELETE", instancePath, "")
	h.send(t, "GET", instancePath, "")
	h.logged.Lock()
	defer h.logged.Unlock()
	if len(h.failed) != 2 || h.failed[0] || !h.failed[1] {
		t.Errorf("failed = %v of %q, want false and true", h.failed, h.lines)
	}
}

func TestMetrics_Requests_CountByRouteMethodAndClass(t *testing.T) {
	t.Parallel()
	registry := prometheus.NewRegistry()
	h := start(t, nil, func(c *Config) { c.Metrics = registry })
	h.send(t, "GET", "/v2/service_instances/one", "")
	h.send(t, "GET", "/v2/service_instances/two", "")
	h.send(t, "BREW", "/v2/service_instances/two", "")
	h.send(t, "GET", "/v2/catalog", "", without("Authorization"))
	recorder := httptest.NewRecorder()
	Metrics(registry).ServeHTTP(recorder, httptest.NewRequest(http.MethodGet, "/metrics", nil))
	metrics := recorder.Body.String()
	for _, want := range []string{
		`alibabacloud_broker_requests_total{method="GET",route="/v2/service_instances/{instance_id}",status="2xx"} 2`,
		`alibabacloud_broker_requests_total{method="GET",route="none",status="4xx"} 1`,
		`alibabacloud_broker_requests_total{method="other",route="/v2/service_instances/{instance_id}",status="4xx"} 1`,
		`alibabacloud_broker_request_duration_seconds_count{method="GET",route="/v2/service_instances/{instance_id}"} 2`,
		`alibabacloud_broker_request_duration_seconds_count{method="other",route="/v2/service_instances/{instance_id}"} 1`,
	} {
		if !strings.Contains(metrics, want+"\n") {
			t.Errorf("metrics lack %s:\n%s", want, metrics)
		}
	}
	if strings.Contains(metrics, "BREW") || strings.Contains(metrics, "two") {
		t.Errorf("a caller has added labels:\n%s", metrics)
	}
}

func TestCredentials_Printed_AreHidden(t *testing.T) {
	t.Parallel()
	config := Config{Users: []User{{userName, password}}, Tokens: []Token{token}}
	for _, format := range []string{"%v", "%+v", "%#v", "%s"} {
		if text := fmt.Sprintf(format, config); strings.Contains(text, password) || strings.Contains(text, token) {
			t.Errorf("%s shows a secret: %s", format, text)
		}
	}
}
