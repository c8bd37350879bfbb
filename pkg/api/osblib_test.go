package api

import (
	"bytes"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/gorilla/mux"
	lib "github.com/pmorie/osb-broker-lib/pkg/broker"
	"github.com/prometheus/client_golang/prometheus"

	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/osb"
)

// The library logs headers and bodies that it cannot read: it gets the ids alone.
func TestLibrary_Request_HasIDsAndNothingElse(t *testing.T) {
	t.Parallel()
	r := httptest.NewRequest(http.MethodPut, bindingPath+"?service_id=s", strings.NewReader(`{"parameters":{"Password":"secret"}}`))
	r.Header.Set(identityHeader, "kubernetes secret")
	r.Header.Set("Authorization", "Bearer secret")
	got := libraryRequest(r, "i 1", "b/1")
	if len(got.Header) != 1 || got.Header.Get(identityHeader) != "none e30=" {
		t.Errorf("header %v", got.Header)
	}
	if body, err := io.ReadAll(got.Body); err != nil || string(body) != "{}" {
		t.Errorf("body %s, %v", body, err)
	}
	if ids := mux.Vars(got); len(ids) != 2 || ids["instance_id"] != "i 1" || ids["binding_id"] != "b/1" {
		t.Errorf("ids %v", ids)
	}
	if r.Header.Get("Authorization") == "" {
		t.Error("the platform's own request has lost its header")
	}
}

func TestLibrary_Requests_AreCountedByAction(t *testing.T) {
	t.Parallel()
	registry := prometheus.NewRegistry()
	h := start(t, nil, func(c *Config) { c.Metrics = registry })
	for _, request := range requests() {
		h.send(t, request.method, request.path, request.body)
	}
	recorder := httptest.NewRecorder()
	Metrics(registry).ServeHTTP(recorder, httptest.NewRequest(http.MethodGet, "/metrics", nil))
	for _, action := range []string{"provision", "update", "deprovision", "last_operation", "bind", "unbind", "get_binding", "binding_last_operation"} {
		if want := `osb_actions_total{action="` + action + `"} 1`; !strings.Contains(recorder.Body.String(), want+"\n") {
			t.Errorf("metrics lack %s", want)
		}
	}
}

// Promise 2: without an answer of the Broker there is no success.
func TestLibrary_OwnAnswer_IsAFailure(t *testing.T) {
	t.Parallel()
	l := newLibrary(&script{})
	r := httptest.NewRequest(http.MethodGet, bindingPath, nil)
	if response, err := l.dispatch(r, "i1", "b1", osb.CatalogRequest{}); err == nil {
		t.Errorf("a request without a handler is answered %+v", response)
	}
}

// Each method of the adapter takes its own kind of request alone.
func TestAdapter_RequestOfAnotherMethod_IsRejected(t *testing.T) {
	t.Parallel()
	s := &script{}
	a := &adapter{broker: s, request: osb.GetInstanceRequest{InstanceID: "i1"}}
	c := &lib.RequestContext{Request: httptest.NewRequest(http.MethodGet, bindingPath, nil)}
	calls := map[string]func() error{
		"catalog":                func() error { _, err := a.GetCatalog(c); return err },
		"provision":              func() error { _, err := a.Provision(nil, c); return err },
		"update":                 func() error { _, err := a.Update(nil, c); return err },
		"deprovision":            func() error { _, err := a.Deprovision(nil, c); return err },
		"last operation":         func() error { _, err := a.LastOperation(nil, c); return err },
		"bind":                   func() error { _, err := a.Bind(nil, c); return err },
		"unbind":                 func() error { _, err := a.Unbind(nil, c); return err },
		"get binding":            func() error { _, err := a.GetBinding(nil, c); return err },
		"binding last operation": func() error { _, err := a.BindingLastOperation(nil, c); return err },
	}
	for name, call := range calls {
		if err := call(); err == nil || a.answered {
			t.Errorf("%s took the request of another method (%v)", name, err)
		}
	}
	if method, _ := s.last(); method != "" {
		t.Errorf("%s reached the broker", method)
	}
}

func TestDiscard_Body_IsKeptForTheLog(t *testing.T) {
	t.Parallel()
	d := discard{&bytes.Buffer{}}
	d.Header().Set("X", "y")
	d.WriteHeader(http.StatusInternalServerError)
	if n, err := d.Write([]byte("text")); n != 4 || err != nil || d.body.String() != "text" {
		t.Errorf("%d bytes, %v, body %q", n, err, d.body)
	}
}
