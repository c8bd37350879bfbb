package api

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"

	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/osb"
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/osb/osbtest"
)

// A fuzzed handler is one with its last log line.
type fuzzed struct {
	*Handler
	*script
	line string
}

func fuzzing(f *testing.F) *fuzzed {
	f.Helper()
	z := &fuzzed{script: &script{}}
	h, err := New(Config{
		Broker: z.script, Users: []User{{userName, password}}, Tokens: []Token{token},
		FailureDelay: 1, Log: func(_ bool, line string) { z.line = line },
	})
	if err != nil {
		f.Fatal(err)
	}
	z.Handler = h
	return z
}

// serve reads the request from its bytes, as net/http does, and answers it. It
// skips requests that net/http rejects by itself.
func (z *fuzzed) serve(t *testing.T, raw string) (*http.Request, *httptest.ResponseRecorder) {
	t.Helper()
	r, err := http.ReadRequest(bufio.NewReader(strings.NewReader(raw)))
	if err != nil {
		t.Skip("net/http refuses it before any handler")
	}
	z.mu.Lock()
	z.method, z.request = "", nil
	z.mu.Unlock()
	w := httptest.NewRecorder()
	z.ServeHTTP(w, r)
	if strings.ContainsAny(z.line, "\r\n") || strings.Contains(z.line, token) || len(z.line) > 2000 {
		t.Errorf("log line %q", z.line)
	}
	return r, w
}

// good are the headers of a good request without body.
const good = "Host: broker\r\nX-Broker-API-Version: 2.17\r\nAuthorization: Bearer " + token + "\r\n"

// targets are the routes in a fixed order, for inputs to index.
func targets() []struct{ method, path, body string } {
	all := requests()
	var names []string
	for name := range all {
		names = append(names, name)
	}
	slices.Sort(names)
	var list []struct{ method, path, body string }
	for _, name := range names {
		list = append(list, all[name])
	}
	return list
}

// check asserts the properties of every answer: a status below 500 that platforms
// know, JSON with a type and a length, a word and a sentence for errors, and the
// identity of the request.
func check(t *testing.T, r *http.Request, w *httptest.ResponseRecorder) {
	t.Helper()
	known := []int{200, 304, 400, 401, 404, 405, 412, 413}
	if !slices.Contains(known, w.Code) {
		t.Fatalf("status %d, body %s", w.Code, w.Body)
	}
	id := r.Header.Get(requestIdentityHeader)
	if got := w.Header().Get(requestIdentityHeader); got == "" || (id != "" && got != id) {
		t.Errorf("request identity %q, sent %q (REQ-01)", got, id)
	}
	if w.Code == http.StatusNotModified {
		if w.Body.Len() != 0 {
			t.Errorf("304 with a body")
		}
		return
	}
	if got := w.Header().Get("Content-Type"); got != "application/json" {
		t.Errorf("Content-Type %q (CT-01)", got)
	}
	if got := w.Header().Get("Content-Length"); got != strconv.Itoa(w.Body.Len()) {
		t.Errorf("Content-Length %s of %d bytes", got, w.Body.Len())
	}
	var body map[string]json.RawMessage
	if err := json.Unmarshal(w.Body.Bytes(), &body); err != nil || body == nil {
		t.Fatalf("body %s is no JSON object (CT-04)", w.Body)
	}
	if w.Code >= 400 && (len(body["error"]) < 3 || len(body["description"]) < 3) {
		t.Errorf("body %s lacks its words (ERR-02)", w.Body)
	}
	if w.Code == http.StatusUnauthorized && w.Header().Get("WWW-Authenticate") == "" {
		t.Error("401 without WWW-Authenticate (AUTH-04)")
	}
}

// FuzzPath: whatever a path is, only one of ours reaches the business logic,
// with exactly the ids that stand in it.
func FuzzPath(f *testing.F) {
	osbtest.Proves(f, "URL-01", "URL-02", "HARD-04")
	for _, target := range targets() {
		f.Add(target.method, target.path)
	}
	for _, path := range []string{
		"/", "//", "/v2", "/v2/", "/v2/catalog/", "/v2//catalog", "/V2/catalog", "*", "http://other/v2/catalog",
		"/v2/service_instances/", "/v2/service_instances//last_operation", "/v2/service_instances/a%2Fb",
		"/v2/service_instances/a%2Fservice_bindings%2Fb", "/v2/service_instances/..", "/v2/service_instances/%2e%2E/last_operation",
		"/v2/service_instances/./service_bindings/.", "/v2/service_instances/%00", "/v2/service_instances/%ff", "/v2/service_instances/%zz",
		"/v2/service_instances/a%0Ab%22", "/v2/service_instances/ü/service_bindings/%C3%BC", "/v2/service_instances/a;b=c", "/v2/service_instances/a+b",
		"/v2/service_instances/last_operation", "/v2/service_instances/a/service_bindings/last_operation",
		"/v2/service_instances/a/service_bindings/b/last_operation/", "/v2/service_instances/" + strings.Repeat("x", 256), "/v2/service_instances/a%3Fb%23c?x",
	} {
		f.Add("GET", path)
		f.Add("PUT", path)
	}
	z := fuzzing(f)
	f.Fuzz(func(t *testing.T, method, path string) {
		r, w := z.serve(t, method+" "+path+" HTTP/1.1\r\n"+good+"Content-Length: 2\r\n\r\n{}")
		check(t, r, w)
		reached, request := z.last()
		if request == nil {
			return
		}
		call := viewOf(request)
		part := strings.Split(strings.TrimPrefix(r.URL.EscapedPath(), "/"), "/")
		if len(part) < 3 || part[0] != "v2" || part[1] != "service_instances" {
			t.Fatalf("%s reached %s", r.URL.EscapedPath(), reached)
		}
		wantID(t, part[2], call.InstanceID)
		shape := part[3:]
		if strings.Contains(reached, "bind") {
			if len(shape) < 2 || shape[0] != "service_bindings" {
				t.Fatalf("%s reached %s", r.URL.EscapedPath(), reached)
			}
			wantID(t, shape[1], call.BindingID)
			shape = shape[2:]
		} else if call.BindingID != "" {
			t.Errorf("binding %q of %s", call.BindingID, reached)
		}
		if strings.HasSuffix(reached, "last operation") != slices.Equal(shape, []string{"last_operation"}) {
			t.Errorf("%s reached %s", r.URL.EscapedPath(), reached)
		}
	})
}

func wantID(t *testing.T, segment, id string) {
	t.Helper()
	want, err := url.PathUnescape(segment)
	if err != nil || id != want {
		t.Errorf("id %q of the segment %q", id, segment)
	}
	if id == "" || id == "." || id == ".." || strings.ContainsRune(id, 0) || !utf8.ValidString(id) || utf8.RuneCountInString(id) > maxID {
		t.Errorf("id %q reached the broker", id)
	}
}

// FuzzQuery: the values of a query arrive decoded, on every route.
func FuzzQuery(f *testing.F) {
	osbtest.Proves(f, "URL-03")
	for i := range targets() {
		for _, query := range []string{
			"", "accepts_incomplete=true", "service_id=s%201&plan_id=p%2B1&operation=o%2F1", "operation=a&operation=b", "%zz", "a;b", "=&&=",
			"accepts_incomplete=TRUE&accepts_incomplete=false", "accepts_incomplete=maybe", "operation=%00%ff", "service_id", "plan_id=%C3%BC", "operation=" + strings.Repeat("x", 100),
		} {
			f.Add(uint8(i), query)
		}
	}
	z := fuzzing(f)
	list := targets()
	f.Fuzz(func(t *testing.T, which uint8, query string) {
		target := list[int(which)%len(list)]
		r, w := z.serve(t, fmt.Sprintf("%s %s?%s HTTP/1.1\r\n%sContent-Length: %d\r\n\r\n%s", target.method, target.path, query, good, len(target.body), target.body))
		check(t, r, w)
		values, err := url.ParseQuery(r.URL.RawQuery)
		reached, request := z.last()
		switch {
		case target.path == "/v2/catalog":
			return
		case err != nil:
			if w.Code != http.StatusBadRequest || request != nil {
				t.Errorf("status %d for a malformed query", w.Code)
			}
			return
		case request == nil && w.Code == http.StatusBadRequest && !isFlag(values.Get("accepts_incomplete")):
			return
		case request == nil:
			t.Fatalf("status %d, body %s for a good query", w.Code, w.Body)
		}
		want := view{ServiceID: values.Get("service_id"), PlanID: values.Get("plan_id")}
		if strings.HasSuffix(reached, "last operation") {
			want.Operation = values.Get("operation")
		}
		if target.body != "" { // the body names service and plan
			want.ServiceID, want.PlanID = "", ""
		}
		want.AcceptsIncomplete = target.method != http.MethodGet && slices.Contains([]string{"true", "1"}, strings.ToLower(values.Get("accepts_incomplete")))
		got := viewOf(request)
		got.Caller, got.InstanceID, got.BindingID = osb.Caller{}, "", ""
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s of the query %v (-want, +got):\n%s", reached, values, diff)
		}
	})
}

// isFlag reports whether a value of the query is a boolean.
func isFlag(value string) bool {
	return slices.Contains([]string{"", "true", "1", "false", "0"}, strings.ToLower(value))
}

// FuzzHeaders: every accepted request has credentials, and headers cause no 500.
func FuzzHeaders(f *testing.F) {
	osbtest.Proves(f, "AUTH-01", "REQ-01", "OID-02", "OID-03", "CT-02")
	for i := range targets() {
		for _, headers := range []string{
			"", good, "X-Broker-API-Version: 2.17\r\nAuthorization: Basic cGxhdGZvcm06Y29ycmVjdCBob3JzZQ==\r\n",
			"Authorization: Basic cGxhdGZvcm06\r\n", "Authorization: Bearer\r\n", "Authorization: bearer " + token + "\r\n", "Authorization: Bearer  " + token + "\r\n",
			good + "X-Broker-API-Request-Identity: \x80\xff\r\n", good + "X-Broker-API-Request-Identity: a\r\nX-Broker-API-Request-Identity: b\r\n",
			good + "X-Broker-API-Originating-Identity: kubernetes e30=\r\n", good + "X-Broker-API-Originating-Identity: a b c\r\n",
			good + "X-Broker-API-Originating-Identity: x bnVsbA==\r\n", good + "X-Broker-API-Originating-Identity: \r\n",
			good + "Content-Type: text/plain\r\n", good + "If-None-Match: *\r\n", good + "If-None-Match: W/\"x\", \"y\r\n", good + "If-Modified-Since: Mon\r\n",
			"Authorization: Bearer " + token + "\r\nX-Broker-API-Version: 2.-17\r\n", "Authorization: Bearer " + token + "\r\nX-Broker-API-Version: 99999999999999999999.1\r\n",
			good + "Expect: 100-continue\r\n", good + "Transfer-Encoding: chunked\r\n", good + "Connection: X-Broker-API-Version\r\n",
		} {
			f.Add(uint8(i), headers)
		}
	}
	z := fuzzing(f)
	list := targets()
	f.Fuzz(func(t *testing.T, which uint8, headers string) {
		target := list[int(which)%len(list)]
		r, w := z.serve(t, target.method+" "+target.path+" HTTP/1.1\r\n"+headers+"\r\n")
		check(t, r, w)
		name, secret, basic := r.BasicAuth()
		scheme, sent, _ := strings.Cut(r.Header.Get("Authorization"), " ")
		allowed := basic && name == userName && secret == password || strings.EqualFold(scheme, "bearer") && sent == token
		if allowed == (w.Code == http.StatusUnauthorized) {
			t.Errorf("status %d, credentials %t", w.Code, allowed)
		}
		_, request := z.last()
		if request == nil {
			return
		}
		caller := viewOf(request).Caller
		if caller.Minor < leastMinor || caller.Minor > 1<<31 {
			t.Errorf("version 2.%d reached the broker", caller.Minor)
		}
		if caller.Identity.Platform != "" && !json.Valid(caller.Identity.Value) {
			t.Errorf("identity %q reached the broker", caller.Identity.Value)
		}
	})
}

// FuzzBody: only JSON objects reach the Broker, and their parameters byte for
// byte.
func FuzzBody(f *testing.F) {
	osbtest.Proves(f, "CT-03", "EXT-01")
	for i := range targets() {
		for _, body := range []string{
			"", "{}", "{", "null", "[]", "[{}]", `""`, "{}{}", " {} ", "\ufeff{}", `{"a":1,"a":2}`, `{"a":{"b":1,"b":2}}`, `{"\u0061":1,"a":2}`,
			`{"service_id":1}`, `{"service_id":null,"parameters":null}`, `{"parameters":[]}`, `{"parameters":{"n":9007199254740993}}`, `{"context":"x"}`,
			`{"maintenance_info":{"version":1}}`, `{"bind_resource":{"app_guid":{}}}`, `{"SERVICE_ID":"x"}`, "{\"a\":\"\x80\"}", `{"a":1e999}`, "\x00",
			strings.Repeat(`{"a":`, 20) + "1" + strings.Repeat("}", 20), `{"predecessor_binding_id":"b","x":` + strings.Repeat("[", 9) + strings.Repeat("]", 9) + "}",
		} {
			f.Add(uint8(i), []byte(body))
		}
	}
	z := fuzzing(f)
	list := targets()
	f.Fuzz(func(t *testing.T, which uint8, body []byte) {
		target := list[int(which)%len(list)]
		r, w := z.serve(t, fmt.Sprintf("%s %s HTTP/1.1\r\n%sContent-Length: %d\r\n\r\n%s", target.method, target.path, good, len(body), body))
		check(t, r, w)
		if target.body == "" { // what comes with a GET or DELETE does not matter
			if w.Code != http.StatusOK {
				t.Errorf("status %d, body %s", w.Code, w.Body)
			}
			return
		}
		_, request := z.last()
		if request == nil {
			if w.Code != http.StatusBadRequest && w.Code != http.StatusRequestEntityTooLarge {
				t.Errorf("status %d for the body %q", w.Code, body)
			}
			return
		}
		var object map[string]json.RawMessage
		if err := json.Unmarshal(body, &object); err != nil || object == nil {
			t.Fatalf("body %q reached the broker", body)
		}
		sent := object["parameters"]
		if string(sent) == "null" {
			sent = nil
		}
		parameters := reflect.ValueOf(request).FieldByName("Parameters").Bytes()
		if !bytes.Equal(parameters, sent) {
			t.Errorf("parameters %q reached the broker as %q", sent, parameters)
		}
	})
}
