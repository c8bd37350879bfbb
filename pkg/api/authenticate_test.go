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
		Metrics(registry).ServeHTTP(recorder, httptest.NewRequest(http.MethodGet, "/metrics", nil))
		for scheme, count := range map[string]int{"basic": 26, "none": 1} {
			if want := fmt.Sprintf("alibabacloud_broker_authentication_failures_total{scheme=%q} %d\n", scheme, count); !strings.Contains(recorder.Body.String(), want) {
				t.Errorf("metrics lack %s", want)
			}
		}
	})
}

// TestAuthenticate_ManyGuessers_GetFew401s counts the answers to guesses on the
// clock of the bubble, by second, and of good logins meanwhile.
func TestAuthenticate_ManyGuessers_GetFew401s(t *testing.T) {
	osbtest.Proves(t, "AUTH-04")
	for _, guessers := range []int{120, 1000, 3000} {
		synctest.Test(t, func(t *testing.T) {
			h := guarding(t, nil)
			begin := time.Now()
			const seconds = 5
			var mu sync.Mutex
			answers := map[time.Duration]int{} // by second
			dropped := 0
			var all sync.WaitGroup
			for range guessers {
				all.Go(func() {
					for time.Since(begin) < seconds*time.Second {
						status := attempt(t, h, func(r *http.Request) { r.SetBasicAuth(userName, "wrong") })
						mu.Lock()
						if status == http.StatusUnauthorized {
							answers[time.Since(begin)/time.Second]++
						} else {
							dropped++
						}
						mu.Unlock()
					}
				})
			}
			for range 2 * seconds {
				<-time.After(time.Second / 2)
				if d := timed(t, h, http.StatusOK, func(r *http.Request) { r.SetBasicAuth(userName, password) }); d != 0 {
					t.Errorf("%d guessers: good credentials waited for %v", guessers, d)
				}
			}
			all.Wait()
			for second, count := range answers {
				if count > 200 {
					t.Errorf("%d guessers: %d answers in second %d, want at most 200", guessers, count, second)
				}
			}
			if guessers == 120 && dropped > 0 {
				t.Errorf("%d guessers: %d connections closed, want answers", guessers, dropped)
			}
		})
	}
}

// attempt sends a request, and returns the status; 0 where the connection is closed
// without an answer.
func attempt(t *testing.T, h http.Handler, change func(*http.Request)) (status int) {
	t.Helper()
	r := httptest.NewRequestWithContext(t.Context(), http.MethodGet, instancePath, nil)
	r.Header.Set(versionHeader, "2.17")
	change(r)
	w := httptest.NewRecorder()
	defer func() {
		if panicked := recover(); panicked != nil && panicked != http.ErrAbortHandler { //nolint:errorlint // a panic's value, compared as net/http does
			panic(panicked)
		} else if panicked != nil {
			status = 0
		}
	}()
	h.ServeHTTP(w, r)
	return w.Code
}

func TestAuthenticate_FloodOfRefusals_IsOneLine(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var mu sync.Mutex
		var lines []string
		s := &script{}
		h, err := New(Config{Broker: s, Users: []User{{userName, password}}, Log: func(_ bool, line string) {
			mu.Lock()
			defer mu.Unlock()
			lines = append(lines, line)
		}})
		if err != nil {
			t.Fatal(err)
		}
		for range 1000 {
			attempt(t, h, func(*http.Request) {})
		}
		attempt(t, h, func(r *http.Request) { r.SetBasicAuth(userName, password) })
		<-time.After(2 * LogInterval)
		written := func() []string {
			mu.Lock()
			defer mu.Unlock()
			return lines
		}
		flood := written()
		if len(flood) != SingleRefusals+2 {
			t.Fatalf("%d lines, want %d single ones, the served request's, and a count", len(flood), SingleRefusals)
		}
		if last := flood[len(flood)-1]; !strings.Contains(last, "count=995 ") || !strings.Contains(last, "192.0.2.1") {
			t.Errorf("the counted line is %q, want the number and the address", last)
		}
		attempt(t, h, func(*http.Request) {})
		if more := len(written()) - len(flood); more != 1 {
			t.Errorf("%d lines of a refusal long after the flood, want its own", more)
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
		answer := f.wait(gone, begin)
		if d := time.Since(begin); d != 0 || answer {
			t.Errorf("waited %v, and answers: %t", d, answer)
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
