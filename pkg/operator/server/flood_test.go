package server_test

import (
	"context"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"

	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/api"
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/operator/server"
)

// flooded returns a handler on the fixture's store, and its lines of log.
func (w *fixture) flooded() (handler http.Handler, lines func() []string) {
	w.t.Helper()
	auth := api.NewTokenAuthenticator(0, nil)
	if err := auth.SetTokens([]api.NamedToken{{Name: "alice", Token: "sesame"}}); err != nil {
		w.t.Fatal(err)
	}
	var mu sync.Mutex
	var log []string
	handler, err := server.New(server.Config{
		Auth: auth, Store: w.store, Engine: w.engine, Keys: w.keys,
		Log: func(line string) {
			mu.Lock()
			defer mu.Unlock()
			log = append(log, line)
		},
	})
	if err != nil {
		w.t.Fatal(err)
	}
	return handler, func() []string {
		mu.Lock()
		defer mu.Unlock()
		return log
	}
}

func TestAudit_FloodWithoutTokens_HasFewLines(t *testing.T) {
	w := newFixture(t, nil)
	handler, lines := w.flooded()
	call := func(token string) {
		r := httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/operator/v1/counts", nil)
		if token != "" {
			r.Header.Set("Authorization", "Bearer "+token)
		}
		handler.ServeHTTP(httptest.NewRecorder(), r)
	}
	for range 500 {
		call("")
	}
	if got := len(lines()); got != api.SingleRefusals {
		t.Errorf("%d lines, want %d", got, api.SingleRefusals)
	}
	call("sesame")
	if all := lines(); !strings.Contains(all[len(all)-1], `operator="alice"`) {
		t.Errorf("the operator's call is not in the log: %s", all[len(all)-1])
	}
}

// A client that gives up its guess has no answer: the connection is closed.
func TestServer_DelayedGuess_IsClosed(t *testing.T) {
	w := newFixture(t, nil)
	handler, lines := w.flooded()
	gone, leave := context.WithCancel(t.Context())
	leave()
	closed := 0
	guess := func() {
		defer func() {
			if recover() == http.ErrAbortHandler { //nolint:errorlint // a panic's value, compared as net/http does
				closed++
			}
		}()
		r := httptest.NewRequestWithContext(gone, http.MethodGet, "/operator/v1/counts", nil)
		r.Header.Set("Authorization", "Bearer guess")
		handler.ServeHTTP(httptest.NewRecorder(), r)
	}
	for range 40 { // the first ones are answered at once
		guess()
	}
	if closed == 0 || len(lines()) != api.SingleRefusals || !strings.Contains(lines()[0], "outcome=unauthorized") {
		t.Errorf("%d connections are closed, log %q", closed, lines())
	}
}
