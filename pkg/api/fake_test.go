package api

import (
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	client "github.com/pmorie/go-open-service-broker-client/v2"
	lib "github.com/pmorie/osb-broker-lib/pkg/broker"

	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/osb"
)

// A script is the business logic of a test: what each method does with the
// call. It keeps the last call it saw.
type script struct {
	do func(method string, call *osb.Call) error // nil answers 200 {}

	mu     sync.Mutex
	method string
	seen   *osb.Call
	header http.Header // as the library saw it
}

func (s *script) run(method string, c *lib.RequestContext) error {
	call := osb.CallFrom(c.Request.Context())
	s.mu.Lock()
	s.method, s.seen, s.header = method, call, c.Request.Header
	s.mu.Unlock()
	if s.do != nil {
		return s.do(method, call)
	}
	call.Answer.Status = http.StatusOK
	return nil
}

func (s *script) last() (string, *osb.Call) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.method, s.seen
}

func (s *script) ValidateBrokerAPIVersion(string) error {
	panic("the version must be checked before")
}

func (s *script) GetCatalog(*lib.RequestContext) (*lib.CatalogResponse, error) {
	panic("the catalog is rendered once")
}

func (s *script) Provision(_ *client.ProvisionRequest, c *lib.RequestContext) (*lib.ProvisionResponse, error) {
	return &lib.ProvisionResponse{}, s.run("provision", c)
}

func (s *script) Update(_ *client.UpdateInstanceRequest, c *lib.RequestContext) (*lib.UpdateInstanceResponse, error) {
	return &lib.UpdateInstanceResponse{}, s.run("update", c)
}

func (s *script) Deprovision(_ *client.DeprovisionRequest, c *lib.RequestContext) (*lib.DeprovisionResponse, error) {
	return &lib.DeprovisionResponse{}, s.run("deprovision", c)
}

func (s *script) LastOperation(_ *client.LastOperationRequest, c *lib.RequestContext) (*lib.LastOperationResponse, error) {
	return &lib.LastOperationResponse{}, s.run("last operation", c)
}

func (s *script) Bind(_ *client.BindRequest, c *lib.RequestContext) (*lib.BindResponse, error) {
	return &lib.BindResponse{}, s.run("bind", c)
}

func (s *script) GetBinding(_ *client.GetBindingRequest, c *lib.RequestContext) (*lib.GetBindingResponse, error) {
	return &lib.GetBindingResponse{}, s.run("get binding", c)
}

func (s *script) BindingLastOperation(_ *client.BindingLastOperationRequest, c *lib.RequestContext) (*lib.LastOperationResponse, error) {
	return &lib.LastOperationResponse{}, s.run("binding last operation", c)
}

func (s *script) Unbind(_ *client.UnbindRequest, c *lib.RequestContext) (*lib.UnbindResponse, error) {
	return nil, s.run("unbind", c) // as some brokers do: the answer is in the call
}

func (s *script) GetInstance(c *lib.RequestContext) error { return s.run("get instance", c) }

const (
	userName = "platform"
	password = "correct horse"
	token    = "staple"
)

// A harness is a handler on a server, and what it logged.
type harness struct {
	*httptest.Server
	*script
	handler *Handler

	logged sync.Mutex
	lines  []string
	failed []bool
}

// start serves the script; change may alter the configuration.
func start(t *testing.T, do func(method string, call *osb.Call) error, change ...func(*Config)) *harness {
	t.Helper()
	h := &harness{script: &script{do: do}}
	config := Config{
		Broker:    h.script,
		Instances: h.script,
		Users:     []User{{Name: "old", Password: "old password"}, {Name: userName, Password: password}},
		Tokens:    []Token{"other", token},

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

// An answer is what came back.
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

// wantError checks an error as every one must be: the status, a JSON object,
// one word and a sentence. It returns the sentence.
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
