package api

import (
	"context"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"reflect"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/osb"
)

// A script is the Broker of a test. It keeps the last request.
type script struct {
	// do returns the response to a request; nil, as a response or as do, is the
	// usual one, with status 200.
	do      func(method string, request any) (response any, err error)
	catalog func(osb.CatalogRequest) osb.CatalogResponse // nil: an empty one

	mu      sync.Mutex
	method  string
	request any
}

var _ Broker = (*script)(nil)

func run[Response any](s *script, method string, request any, usual Response) (Response, error) {
	s.mu.Lock()
	s.method, s.request = method, request
	s.mu.Unlock()
	if s.do == nil {
		return usual, nil
	}
	response, err := s.do(method, request)
	if err != nil {
		return *new(Response), err
	}
	if own, ok := response.(Response); ok {
		return own, nil
	}
	return usual, nil
}

// last returns the method and the request that reached the Broker last.
func (s *script) last() (method string, request any) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.method, s.request
}

func (s *script) GetCatalog(_ context.Context, r osb.CatalogRequest) osb.CatalogResponse {
	if s.catalog == nil {
		return osb.CatalogResponse{Body: []byte(`{"services":[]}`), ETag: `"empty"`}
	}
	return s.catalog(r)
}

func (s *script) Provision(_ context.Context, r osb.ProvisionRequest) (osb.ProvisionResponse, error) {
	return run(s, "provision", r, osb.ProvisionResponse{Exists: true})
}

func (s *script) Update(_ context.Context, r osb.UpdateRequest) (osb.UpdateResponse, error) {
	return run(s, "update", r, osb.UpdateResponse{})
}

func (s *script) Deprovision(_ context.Context, r osb.DeprovisionRequest) (osb.DeprovisionResponse, error) {
	return run(s, "deprovision", r, osb.DeprovisionResponse{})
}

func (s *script) LastOperation(_ context.Context, r osb.LastOperationRequest) (osb.LastOperation, error) {
	return run(s, "last operation", r, osb.LastOperation{State: osb.Succeeded})
}

func (s *script) GetInstance(_ context.Context, r osb.GetInstanceRequest) (osb.Instance, error) {
	return run(s, "get instance", r, osb.Instance{ServiceID: "s"})
}

func (s *script) Bind(_ context.Context, r osb.BindRequest) (osb.BindResponse, error) {
	return run(s, "bind", r, osb.BindResponse{Exists: true})
}

func (s *script) Unbind(_ context.Context, r osb.UnbindRequest) (osb.UnbindResponse, error) {
	return run(s, "unbind", r, osb.UnbindResponse{})
}

func (s *script) BindingLastOperation(_ context.Context, r osb.BindingLastOperationRequest) (osb.LastOperation, error) {
	return run(s, "binding last operation", r, osb.LastOperation{State: osb.Succeeded})
}

func (s *script) GetBinding(_ context.Context, r osb.GetBindingRequest) (osb.Binding, error) {
	return run(s, "get binding", r, osb.Binding{})
}

// A view has the fields of any request of package osb; a field that a request
// lacks is zero.
type view struct {
	Caller                                              osb.Caller
	InstanceID, BindingID, ServiceID, PlanID, Operation string
	AcceptsIncomplete                                   bool
}

func viewOf(request any) view {
	var v view
	from, into := reflect.ValueOf(request), reflect.ValueOf(&v).Elem()
	for i := range into.NumField() {
		if field := from.FieldByName(into.Type().Field(i).Name); field.IsValid() {
			into.Field(i).Set(field)
		}
	}
	return v
}

// failing returns a script's function that fails every request.
func failing(err error) func(string, any) (any, error) {
	return func(string, any) (any, error) { return nil, err }
}

const (
	userName = "platform"
	password = "correct horse"
	token    = "staple"
)

// A harness is a handler on a server, with its log.
type harness struct {
	*httptest.Server
	*script
	handler *Handler

	logged sync.Mutex
	lines  []string
	failed []bool
}

// start serves the script; change may alter the configuration.
func start(t *testing.T, do func(method string, request any) (any, error), change ...func(*Config)) *harness {
	t.Helper()
	h := &harness{script: &script{do: do}}
	config := Config{
		Broker: h.script,
		Users:  []User{{Name: "old", Password: "old password"}, {Name: userName, Password: password}},
		Tokens: []Token{"other", token},

		FailureDelay: time.Nanosecond,
		Log: func(failed bool, line string) {
			h.logged.Lock()
			defer h.logged.Unlock()
			h.lines, h.failed = append(h.lines, line), append(h.failed, failed)
		},
	}
	for _, f := range change {
		f(&config)
	}
	handler, err := New(config)
	if err != nil {
		t.Fatal(err)
	}
	h.handler = handler
	h.Server = httptest.NewServer(handler)
	t.Cleanup(h.Close)
	return h
}

// log returns all lines; the requests must have been answered before.
func (h *harness) log() string {
	h.logged.Lock()
	defer h.logged.Unlock()
	return strings.Join(h.lines, "\n")
}

// An answer is an HTTP response, read to its end.
type answer struct {
	status int
	header http.Header
	body   []byte
}

// send makes a good request after the changes, and reads the whole answer.
func (h *harness) send(t *testing.T, method, path, body string, change ...func(*http.Request)) answer {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), method, h.URL+path, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	r.SetBasicAuth(userName, password)
	r.Header.Set(versionHeader, "2.17")
	for _, f := range change {
		f(r)
	}
	response, err := http.DefaultTransport.RoundTrip(r) // it follows no redirects
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = response.Body.Close() }()
	content, err := io.ReadAll(response.Body)
	if err != nil {
		t.Fatal(err)
	}
	return answer{response.StatusCode, response.Header, content}
}

// wantError checks that the answer is an error with the status, and that its body
// is a JSON object of one word and a sentence. It returns the sentence.
func (a answer) wantError(t *testing.T, status int) string {
	t.Helper()
	if a.status != status {
		t.Fatalf("status %d, body %s; want %d", a.status, a.body, status)
	}
	if got := a.header.Get("Content-Type"); got != "application/json" {
		t.Errorf("Content-Type = %q", got)
	}
	var body struct {
		Error       string `json:"error"`
		Description string `json:"description"`
	}
	if err := json.Unmarshal(a.body, &body); err != nil {
		t.Fatalf("body %q: %v", a.body, err)
	}
	if body.Error == "" || strings.ContainsAny(body.Error, " -_") || body.Description == "" {
		t.Errorf("body %s needs an error of one word and a description (ERR-02)", a.body)
	}
	return body.Description
}

func with(name, value string) func(*http.Request) {
	return func(r *http.Request) { r.Header.Set(name, value) }
}

func without(name string) func(*http.Request) {
	return func(r *http.Request) { r.Header.Del(name) }
}
