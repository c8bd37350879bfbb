package server_test

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/api"
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/engine"
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/operator/client"
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/operator/server"
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/store"
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/store/sealed"
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/test/environment"
)

// A fixture is the operator API over a store, with a fake engine.
type fixture struct {
	t       *testing.T
	auth    *api.TokenAuthenticator
	file    store.Store // the sealed store's inner store
	store   store.Store
	keys    *sealed.Keys
	engine  *fakeEngine
	client  *client.Client
	metrics *prometheus.Registry

	mu  sync.Mutex
	log []string
}

// A fakeEngine calls the functions of the test.
type fakeEngine struct {
	retry func(id string) ([]store.Key, error)
	purge func(k store.Key, force bool) ([]store.Record, error)
}

func (e *fakeEngine) Retry(_ context.Context, id string) ([]store.Key, error) { return e.retry(id) }

func (e *fakeEngine) Purge(_ context.Context, k store.Key, force bool) ([]store.Record, error) {
	return e.purge(k, force)
}

// newFixture returns a fixture. decorate wraps the store of the handler;
// nil for none.
func newFixture(t *testing.T, decorate func(store.Store) store.Store) *fixture {
	t.Helper()
	records := environment.MustOpen(t, environment.Folder(t))
	w := &fixture{
		t: t, auth: api.NewTokenAuthenticator(time.Nanosecond, nil), engine: &fakeEngine{}, metrics: prometheus.NewRegistry(),
		file: records.Unsealed, store: records, keys: records.Keys,
	}
	if err := w.auth.SetTokens([]api.NamedToken{{Name: "alice", Token: "sesame"}}); err != nil {
		t.Fatal(err)
	}
	seen := w.store
	if decorate != nil {
		seen = decorate(seen)
	}
	w.serve(server.Config{Auth: w.auth, Store: seen, Engine: w.engine, Keys: w.keys, Metrics: w.metrics})
	return w
}

func (w *fixture) serve(config server.Config) {
	w.t.Helper()
	config.Log = func(line string) {
		w.mu.Lock()
		defer w.mu.Unlock()
		w.log = append(w.log, line)
	}
	handler, err := server.New(config)
	if err != nil {
		w.t.Fatal(err)
	}
	port := httptest.NewServer(api.Ops(api.OpsConfig{Operators: handler}))
	w.t.Cleanup(port.Close)
	w.client = &client.Client{URL: port.URL, Token: "sesame", HTTP: port.Client()}
}

// logged returns the last audit line. A short answer leaves after its line.
func (w *fixture) logged() string {
	w.t.Helper()
	w.mu.Lock()
	defer w.mu.Unlock()
	if len(w.log) == 0 {
		w.t.Fatal("the log is empty")
	}
	return w.log[len(w.log)-1]
}

// counted returns how many calls were counted.
func (w *fixture) counted(action, outcome string) float64 {
	w.t.Helper()
	families, err := w.metrics.Gather()
	if err != nil {
		w.t.Fatal(err)
	}
	for _, family := range families {
		for _, m := range family.GetMetric() {
			if l := m.GetLabel(); len(l) == 2 && l[0].GetValue() == action && l[1].GetValue() == outcome {
				return m.GetCounter().GetValue()
			}
		}
	}
	return 0
}

// put saves a record.
func (w *fixture) put(k store.Key, change func(*store.Record)) {
	w.t.Helper()
	_, err := w.store.Update(w.t.Context(), k, func(r *store.Record) error {
		r.Incarnation, r.Goal, r.Settled = "0123456789abcdef0123456789abcdef", store.Present, true
		r.Offering, r.Want = "databases", &store.Spec{PlanID: "plan-id", PlanName: "small"}
		r.Have = r.Want
		r.Operation = &store.Operation{Kind: store.Provision, State: store.Succeeded}
		change(r)
		return nil
	})
	if err != nil {
		w.t.Fatal(err)
	}
}

// send sends a raw request and returns the answer.
func (w *fixture) send(method, path, token string) (int, string) {
	w.t.Helper()
	r, err := http.NewRequestWithContext(w.t.Context(), method, w.client.URL+path, nil)
	if err != nil {
		w.t.Fatal(err)
	}
	if token != "" {
		r.Header.Set("Authorization", "Bearer "+token)
	}
	response, err := w.client.HTTP.Do(r)
	if err != nil {
		w.t.Fatal(err)
	}
	defer func() { _ = response.Body.Close() }()
	body, err := io.ReadAll(response.Body)
	if err != nil {
		w.t.Fatal(err)
	}
	return response.StatusCode, string(body)
}

// refused returns the code of an error answer.
func refused(t *testing.T, err error) string {
	t.Helper()
	e, ok := errors.AsType[*client.RefusedError](err)
	if !ok || e.Description == "" {
		t.Fatalf("want a refusal with a description, got: %v", err)
	}
	return e.Code
}

// calls are all calls of the API, and one unknown path.
func calls() [][2]string {
	return [][2]string{
		{http.MethodGet, "counts"}, {http.MethodGet, "instances"}, {http.MethodGet, "instances/i"},
		{http.MethodDelete, "instances/i?confirm=i"}, {http.MethodPost, "instances/i/retry"},
		{http.MethodGet, "instances/i/accept"}, {http.MethodPost, "instances/i/accept?confirm=00"},
		{http.MethodDelete, "instances/i/bindings/b?confirm=b"}, {http.MethodGet, "keys"}, {http.MethodPost, "keys"},
		{http.MethodDelete, "keys/1"}, {http.MethodPost, "keys/1/promote"}, {http.MethodPost, "reseal"}, {http.MethodGet, "no/such"},
	}
}

func TestServer_WithoutToken_RefusesEveryCall(t *testing.T) {
	w := newFixture(t, nil)
	w.put(store.Key{InstanceID: "i"}, func(*store.Record) {})
	for _, call := range calls() {
		for _, token := range []string{"", "guess"} {
			status, body := w.send(call[0], "/operator/v1/"+call[1], token)
			if status != http.StatusUnauthorized || strings.Contains(body, "databases") {
				t.Errorf("%s %s with the token %q: %d %s", call[0], call[1], token, status, body)
			}
		}
	}
	if line := w.logged(); !strings.Contains(line, "unauthorized") || strings.Contains(line, "guess") {
		t.Errorf("logged: %s", line)
	}
	if w.counted("list", "unauthorized") != 2 || w.counted("none", "unauthorized") != 2 {
		t.Error("refusals are not counted")
	}
}

func TestServer_NoTokensConfigured_IsOff(t *testing.T) {
	w := newFixture(t, nil)
	w.serve(server.Config{Auth: api.NewTokenAuthenticator(0, nil), Store: w.store, Engine: w.engine, Keys: w.keys})
	for _, call := range calls() {
		if status, body := w.send(call[0], "/operator/v1/"+call[1], "sesame"); status != http.StatusForbidden || !strings.Contains(body, "--ops-tokens-file") {
			t.Errorf("%s %s: %d %s", call[0], call[1], status, body)
		}
	}
	if status, _ := w.send(http.MethodGet, "/healthz", ""); status != http.StatusOK {
		t.Errorf("healthz: %d", status)
	}
}

func TestServer_UnknownPathsAndIDs_AreRefused(t *testing.T) {
	w := newFixture(t, nil)
	for call, want := range map[[2]string]int{
		{http.MethodGet, "/operator/v1/no/such"}:                  http.StatusNotFound,
		{http.MethodGet, "/operator/v1/instances/"}:               http.StatusNotFound,
		{http.MethodGet, "/operator/"}:                            http.StatusNotFound,
		{http.MethodPut, "/operator/v1/instances/i"}:              http.StatusMethodNotAllowed,
		{http.MethodGet, "/operator/v1/instances/%00"}:            http.StatusBadRequest,
		{http.MethodGet, "/operator/v1/instances/i"}:              http.StatusNotFound,
		{http.MethodGet, "/operator/v1/instances?failed=perhaps"}: http.StatusBadRequest,
		{http.MethodDelete, "/operator/v1/keys/one"}:              http.StatusBadRequest,
		{http.MethodDelete, "/operator/v1/keys/1"}:                http.StatusNotFound,
	} {
		if status, body := w.send(call[0], call[1], "sesame"); status != want || !json.Valid([]byte(body)) {
			t.Errorf("%s %s: %d %s, want %d", call[0], call[1], status, body, want)
		}
	}
}

func TestAudit_Purge_LogsOperatorActionAndResources(t *testing.T) {
	w := newFixture(t, nil)
	w.engine.purge = func(k store.Key, _ bool) ([]store.Record, error) {
		return []store.Record{{Key: k, Revision: 1, Account: "1234567890", Facts: map[string]string{"bucket": "osb-left"}}}, nil
	}
	const id = "evil\n\"id\"/1"
	if _, err := w.client.Purge(t.Context(), id, "", false); err != nil {
		t.Fatal(err)
	}
	line := w.logged()
	for _, want := range []string{"audit ", `operator="alice"`, " action=purge outcome=ok status=200 ", `instance="evil\n\"id\"/1"`, "remote=\"127.0.0.1:", "request=", "1234567890", "osb-left"} {
		if !strings.Contains(line, want) {
			t.Errorf("the line lacks %s: %s", want, line)
		}
	}
	if strings.ContainsAny(line, "\n") || strings.Contains(line, "sesame") {
		t.Errorf("logged: %q", line)
	}
	if w.counted("purge", "ok") != 1 {
		t.Error("the call is not counted")
	}
}

func TestServer_IDsOfAnyKind_ArriveUnchanged(t *testing.T) {
	w := newFixture(t, nil)
	for _, id := range []string{"a/b", "a b", "ü", "50%", "%2F", "..a", "a?b#c", "a//b", "-x", "retry", "+"} {
		w.put(store.Key{InstanceID: id}, func(*store.Record) {})
		var got store.Key
		w.engine.retry = func(id string) ([]store.Key, error) { got = store.Key{InstanceID: id}; return []store.Key{got}, nil }
		w.engine.purge = func(k store.Key, force bool) ([]store.Record, error) {
			if got = k; !force {
				t.Error("the force is lost")
			}
			return nil, nil
		}
		if tried, err := w.client.Retry(t.Context(), id); err != nil || got.InstanceID != id || tried.Records[0].InstanceID != id {
			t.Errorf("retry of %q arrives as %v (%v)", id, got, err)
		}
		if _, err := w.client.Purge(t.Context(), "i", id, true); err != nil || got.BindingID != id {
			t.Errorf("purge of %q arrives as %v (%v)", id, got, err)
		}
		if told, err := w.client.Show(t.Context(), id, false); err != nil || told.InstanceID != id {
			t.Errorf("show of %q = %q (%v)", id, told.InstanceID, err)
		}
	}
}

func TestPurge_WithoutConfirmation_IsRefused(t *testing.T) {
	w := newFixture(t, nil)
	w.engine.purge = func(k store.Key, _ bool) ([]store.Record, error) {
		t.Errorf("%s is purged", k)
		return nil, nil
	}
	for _, path := range []string{"i", "i?confirm=j", "i?confirm=", "i?confirm=i&force=perhaps", "i/bindings/b?confirm=i"} {
		if status, body := w.send(http.MethodDelete, "/operator/v1/instances/"+path, "sesame"); status != http.StatusBadRequest {
			t.Errorf("%s: %d %s", path, status, body)
		}
	}
}

func TestRefusals_EngineErrors_HaveTheirCodes(t *testing.T) {
	w := newFixture(t, nil)
	for err, want := range map[error]string{
		engine.ErrNothingToDo: "NothingToDo", engine.ErrElsewhere: "Elsewhere", engine.ErrNotDeleted: "NotDeleted",
		store.ErrNewer: "Newer", store.ErrNotFound: "NotFound", io.ErrUnexpectedEOF: "Failed",
	} {
		err = &store.RecordError{Key: store.Key{InstanceID: "i"}, Err: err}
		w.engine.retry = func(string) ([]store.Key, error) { return nil, err }
		w.engine.purge = func(store.Key, bool) ([]store.Record, error) { return nil, err }
		_, retried := w.client.Retry(t.Context(), "i")
		_, purged := w.client.Purge(t.Context(), "i", "", false)
		if refused(t, retried) != want || refused(t, purged) != want {
			t.Errorf("%v is answered %v and %v", err, retried, purged)
		}
	}
}

func TestServer_Panic_AnswersWithoutItsText(t *testing.T) {
	w := newFixture(t, nil)
	w.engine.retry = func(string) ([]store.Key, error) { panic("hush-hush") }
	_, err := w.client.Retry(t.Context(), "i")
	if refused(t, err) != "Failed" || strings.Contains(err.Error(), "hush") || strings.Contains(w.logged(), "hush") {
		t.Errorf("answered %v, logged %s", err, w.logged())
	}
}
