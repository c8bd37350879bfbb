package api

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/osb/osbtest"
)

func TestAuthenticate_ReplacedAccounts_ApplyAtOnce(t *testing.T) {
	t.Parallel()
	osbtest.Proves(t, "AUTH-01", "AUTH-03")
	h := start(t, nil)
	newUser := func(r *http.Request) { r.SetBasicAuth("new", "pass:word") }
	newToken := with("Authorization", "Bearer fresh")
	if err := h.handler.SetAccounts([]User{{userName, password}, {"new", "pass:word"}}, []Token{"fresh"}); err != nil {
		t.Fatal(err)
	}
	for name, change := range map[string]func(*http.Request){"old": with("X", ""), "new": newUser, "token": newToken} {
		if got := h.send(t, "GET", instancePath, "", change); got.status != http.StatusOK {
			t.Errorf("%s user: status %d while both are valid", name, got.status)
		}
	}
	for name, err := range map[string]error{
		"nobody":         h.handler.SetAccounts(nil, nil),
		"empty password": h.handler.SetAccounts([]User{{Name: "u"}}, nil),
		"empty token":    h.handler.SetAccounts(nil, []Token{""}),
	} {
		if err == nil {
			t.Errorf("%s: SetAccounts took it", name)
		}
	}
	if got := h.send(t, "GET", instancePath, "", newUser); got.status != http.StatusOK {
		t.Errorf("status %d after accounts were refused: those before should hold", got.status)
	}
	if err := h.handler.SetAccounts([]User{{"new", "pass:word"}}, nil); err != nil {
		t.Fatal(err)
	}
	got := h.send(t, "GET", instancePath, "")
	got.wantError(t, http.StatusUnauthorized)
	if challenges := got.header.Values("WWW-Authenticate"); len(challenges) != 1 || !strings.HasPrefix(challenges[0], "Basic ") {
		t.Errorf("challenges %q, want Basic alone: there are no tokens now", challenges)
	}
	h.send(t, "GET", instancePath, "", newToken).wantError(t, http.StatusUnauthorized)
}

func TestAuthenticate_InsecureNoAuth_ExcludesCredentials(t *testing.T) {
	t.Parallel()
	h := start(t, nil, func(c *Config) { c.Users, c.Tokens, c.InsecureNoAuth = nil, nil, true })
	if got := h.send(t, "GET", instancePath, "", without("Authorization")); got.status != http.StatusOK {
		t.Errorf("status %d", got.status)
	}
	s := &script{}
	if _, err := New(Config{Broker: s, Users: []User{{userName, password}}, InsecureNoAuth: true}); err == nil {
		t.Error("New took users and lets everybody in")
	}
}

// guess sends one request with a wrong password and returns how long the 401
// took.
func guess(t *testing.T, h *Handler) time.Duration {
	t.Helper()
	return timed(t, h, http.StatusUnauthorized, func(r *http.Request) { r.SetBasicAuth(userName, "wrong") })
}

func timed(t *testing.T, h *Handler, status int, change func(*http.Request)) time.Duration {
	t.Helper()
	r := httptest.NewRequestWithContext(t.Context(), http.MethodGet, instancePath, nil)
	r.Header.Set(versionHeader, "2.17")
	change(r)
	w := httptest.NewRecorder()
	begin := time.Now()
	h.ServeHTTP(w, r)
	if w.Code != status {
		t.Errorf("status %d, want %d", w.Code, status)
	}
	return time.Since(begin)
}

func guarding(t *testing.T, registry prometheus.Registerer) *Handler {
	t.Helper()
	s := &script{}
	h, err := New(Config{
		Broker: s, Users: []User{{userName, password}}, Metrics: registry, Log: func(bool, string) {},
	})
	if err != nil {
		t.Fatal(err)
	}
	return h
}

func TestAuthenticate_RepeatedFailures_AreDelayed(t *testing.T) {
	osbtest.Proves(t, "AUTH-04")
	synctest.Test(t, func(t *testing.T) {
		registry := prometheus.NewRegistry()
		h := guarding(t, registry)
		var took []time.Duration
		for range 25 {
			took = append(took, guess(t, h))
		}
		if took[0] != 0 || took[freeFailures-1] != 0 {
			t.Errorf("the first failures took %v: one may mistype", took)
		}
		for i := freeFailures; i < len(took); i++ {
			if took[i] == 0 || took[i] > time.Second || took[i] < took[i-1] {
				t.Errorf("failures took %v, want delays that grow to 1 s", took)
				break
			}
		}
		if took[24] != time.Second {
			t.Errorf("the last failure took %v, want 1 s", took[24])
		}
		if d := timed(t, h, http.StatusOK, func(r *http.Request) { r.SetBasicAuth(userName, password) }); d != 0 {
			t.Errorf("good credentials waited for %v", d)
		}
		if d := timed(t, h, http.StatusUnauthorized, func(*http.Request) {}); d != 0 {
			t.Errorf("a request without credentials waited for %v: it guessed nothing", d)
		}
		<-time.After(2 * forgetAfter)
		if d := guess(t, h); d != 0 {
			t.Errorf("a failure long after the others took %v", d)
		}
		recorder := httptest.NewRecorder()
		Ops(OpsConfig{Metrics: registry}).ServeHTTP(recorder, httptest.NewRequest(http.MethodGet, "/metrics", nil))
		for scheme, count := range map[string]int{"basic": 26, "none": 1} {
			if want := fmt.Sprintf("alibabacloud_broker_authentication_failures_total{scheme=%q} %d\n", scheme, count); !strings.Contains(recorder.Body.String(), want) {
				t.Errorf("metrics lack %s", want)
			}
		}
	})
}

func TestAuthenticate_TooManyWaiting_AnswersAtOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := guarding(t, nil)
		for range 25 {
			guess(t, h)
		}
		var waiting sync.WaitGroup
		for range mostWaiting {
			waiting.Go(func() { guess(t, h) })
		}
		synctest.Wait()
		if d := guess(t, h); d != 0 {
			t.Errorf("one more than may wait took %v", d)
		}
		if d := timed(t, h, http.StatusOK, func(r *http.Request) { r.SetBasicAuth(userName, password) }); d != 0 {
			t.Errorf("good credentials waited for %v", d)
		}
		waiting.Wait()
		if d := guess(t, h); d != time.Second {
			t.Errorf("a failure took %v when all others had been answered, want 1 s", d)
		}
	})
}

func TestAuthenticate_ClientGone_EndsTheDelay(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := guarding(t, nil)
		for range 25 {
			guess(t, h)
		}
		f := &h.failures
		gone, leave := context.WithCancel(t.Context())
		leave()
		begin := time.Now()
		f.wait(gone, begin)
		if d := time.Since(begin); d != 0 || f.waiting != 0 {
			t.Errorf("waited %v, %d are still waiting", d, f.waiting)
		}
	})
}

// The text is the same for wrong names and wrong passwords.
func TestAuthenticate_Every401_HasTheSameText(t *testing.T) {
	t.Parallel()
	h := start(t, nil)
	first := h.send(t, "GET", instancePath, "", without("Authorization"))
	for _, change := range []func(*http.Request){
		func(r *http.Request) { r.SetBasicAuth(userName, "wrong") },
		func(r *http.Request) { r.SetBasicAuth("nobody", "wrong") },
		with("Authorization", "Bearer wrong"),
	} {
		if got := h.send(t, "GET", instancePath, "", change); string(got.body) != string(first.body) {
			t.Errorf("body %s, elsewhere %s", got.body, first.body)
		}
	}
}
