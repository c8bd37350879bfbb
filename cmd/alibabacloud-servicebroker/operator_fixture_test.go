package main

import (
	"context"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/api"
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/operator/server"
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/store"
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/test/environment"
)

// A brokerFixture is the operator API over a store, with a fake engine.
type brokerFixture struct {
	t               *testing.T
	store, unsealed store.Store
	server          *httptest.Server
	token           string // a file

	retried string
	purged  store.Key
	force   bool
}

func (w *brokerFixture) Retry(_ context.Context, id string) ([]store.Key, error) {
	w.retried = id
	return []store.Key{{InstanceID: id}}, nil
}

func (w *brokerFixture) Purge(_ context.Context, k store.Key, force bool) ([]store.Record, error) {
	w.purged, w.force = k, force
	return []store.Record{{Key: k, Revision: 1, Facts: map[string]string{"bucket": "osb-left"}}}, nil
}

func newBrokerFixture(t *testing.T, serve func(http.Handler) *httptest.Server) *brokerFixture {
	t.Helper()
	dir := t.TempDir()
	records := environment.MustOpen(t, dir)
	auth := api.NewTokenAuthenticator(time.Nanosecond, nil)
	if err := auth.SetTokens([]api.NamedToken{{Name: "alice", Token: "sesame:open"}}); err != nil {
		t.Fatal(err)
	}
	w := &brokerFixture{t: t, store: records, unsealed: records.Unsealed, token: filepath.Join(dir, "token")}
	w.write("alice:sesame:open\n")
	handler, err := server.New(server.Config{Auth: auth, Store: w.store, Engine: w, Keys: records.Keys, Log: func(string) {}})
	if err != nil {
		t.Fatal(err)
	}
	w.server = serve(api.Ops(api.OpsConfig{Operators: handler}))
	t.Cleanup(w.server.Close)
	return w
}

func (w *brokerFixture) write(token string) {
	w.t.Helper()
	if err := os.WriteFile(w.token, []byte(token), 0o600); err != nil {
		w.t.Fatal(err)
	}
}

// run runs a command, pointed at the server by its environment.
func (w *brokerFixture) run(args ...string) (out string, code int) {
	w.t.Helper()
	env := map[string]string{"OPS_URL": w.server.URL, "OPS_TOKEN_FILE": w.token}
	var b strings.Builder
	err := execute(w.t.Context(), args, func(name string) string { return env[name] }, &b)
	if err != nil && err.Error() == "" {
		w.t.Error("an error without a text")
	}
	return b.String(), exitCode(err)
}

func (w *brokerFixture) put(k store.Key) {
	w.t.Helper()
	_, err := w.store.Update(w.t.Context(), k, func(r *store.Record) error {
		r.Incarnation, r.Goal, r.Settled, r.Offering = "0123456789abcdef", store.Present, true, "databases"
		r.Have, r.Secrets = &store.Spec{}, store.Seal([]byte("hush"))
		r.Operation = &store.Operation{ID: "1", Kind: store.Provision, State: store.Succeeded, Cause: "a\x1b[2Jb"}
		return nil
	})
	if err != nil {
		w.t.Fatal(err)
	}
}
