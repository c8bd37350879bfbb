package api

import (
	"bufio"
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/osb/osbtest"
)

func listen(t *testing.T) net.Listener {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	return l
}

// HARD-02.
func TestServe_Shutdown_LetsRequestsInFlightEnd(t *testing.T) {
	t.Parallel()
	osbtest.Proves(t, "HARD-02")
	l := listen(t)
	inside, release := make(chan struct{}), make(chan struct{})
	handler := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		close(inside)
		<-release
		if r.Context().Err() != nil {
			http.Error(w, "cancelled", http.StatusInternalServerError)
		}
	})
	ctx, stop := context.WithCancel(t.Context())
	served, answered := make(chan error, 1), make(chan int, 1)
	go func() { served <- Serve(ctx, l, handler, ServerConfig{Drain: Drain{Time: time.Minute}}) }()
	go func() {
		response, err := http.Get("http://" + l.Addr().String())
		if err != nil {
			answered <- 0
			return
		}
		_ = response.Body.Close()
		answered <- response.StatusCode
	}()
	<-inside
	stop()
	select {
	case err := <-served:
		t.Fatalf("Serve = %v while a request was running", err)
	default:
	}
	close(release)
	if status := <-answered; status != http.StatusOK {
		t.Errorf("status %d, want 200", status)
	}
	if err := <-served; err != nil {
		t.Errorf("Serve = %v, want nil", err)
	}
}

func TestServe_DrainTimeOver_Ends(t *testing.T) {
	t.Parallel()
	l := listen(t)
	inside, release := make(chan struct{}), make(chan struct{})
	defer close(release)
	handler := http.HandlerFunc(func(http.ResponseWriter, *http.Request) {
		close(inside)
		<-release
	})
	ctx, stop := context.WithCancel(t.Context())
	served := make(chan error, 1)
	go func() { served <- Serve(ctx, l, handler, ServerConfig{Drain: Drain{Time: time.Millisecond}}) }()
	go func() {
		if response, err := http.Get("http://" + l.Addr().String()); err == nil {
			_ = response.Body.Close()
		}
	}()
	<-inside
	stop()
	if err := <-served; !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("Serve = %v, want the deadline", err)
	}
}

func TestServe_LostListener_IsAnError(t *testing.T) {
	t.Parallel()
	l := listen(t)
	_ = l.Close()
	if err := Serve(t.Context(), l, http.NotFoundHandler(), ServerConfig{Drain: Drain{Time: time.Second}}); err == nil {
		t.Error("Serve = nil on a closed listener")
	}
}

// HARD-02: until load balancers know of the shutdown, requests are served as
// before, on connections that close after their answers.
func TestServe_DrainDelay_TakesRequests(t *testing.T) {
	t.Parallel()
	osbtest.Proves(t, "HARD-02")
	l := listen(t)
	ctx, stop := context.WithCancel(t.Context())
	served := make(chan error, 1)
	handler := http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusAccepted) })
	go func() {
		served <- Serve(ctx, l, handler, ServerConfig{Drain: Drain{Delay: time.Minute, Time: time.Minute}})
	}()
	conn, err := net.Dial("tcp", l.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = conn.Close() }()
	reader := bufio.NewReader(conn)
	get := func() *http.Response {
		t.Helper()
		if _, err := io.WriteString(conn, "GET / HTTP/1.1\r\nHost: x\r\n\r\n"); err != nil {
			t.Fatal(err)
		}
		response, err := http.ReadResponse(reader, nil)
		if err != nil {
			t.Fatal(err)
		}
		_ = response.Body.Close()
		return response
	}
	if before := get(); before.Close {
		t.Fatal("the connection ends before the drain")
	}
	stop()
	for { // Serve sees the end of ctx in its own time
		response := get()
		if response.StatusCode != http.StatusAccepted {
			t.Fatalf("status %d while the drain is delayed", response.StatusCode)
		}
		if response.Close {
			break
		}
	}
	second, err := http.Get("http://" + l.Addr().String())
	if err != nil {
		t.Fatalf("a new connection while the drain is delayed: %v", err)
	}
	_ = second.Body.Close()
	select {
	case err := <-served:
		t.Fatalf("Serve = %v before the delay was over", err)
	default:
	}
	_ = l.Close()
	if err := <-served; err == nil {
		t.Error("Serve = nil when its listener was lost")
	}
}

// AUTH-04: by default, net/http answers OPTIONS * itself.
func TestServe_OptionsAsterisk_Is401(t *testing.T) {
	t.Parallel()
	osbtest.Proves(t, "AUTH-01", "AUTH-04")
	s := &script{}
	handler, err := New(Config{Broker: s, Users: []User{{userName, password}}})
	if err != nil {
		t.Fatal(err)
	}
	l := listen(t)
	ctx, stop := context.WithCancel(t.Context())
	served := make(chan error, 1)
	go func() { served <- Serve(ctx, l, handler, ServerConfig{Drain: Drain{Time: time.Minute}}) }()
	for _, line := range []string{"OPTIONS *", "CONNECT x:1", "HEAD /v2/catalog", "BREW /", "GET //", "GET http://x/v2/catalog", "GET /v2/../v2/catalog"} {
		conn, err := net.Dial("tcp", l.Addr().String())
		if err != nil {
			t.Fatal(err)
		}
		if _, err := io.WriteString(conn, line+" HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"); err != nil {
			t.Fatal(err)
		}
		response, err := http.ReadResponse(bufio.NewReader(conn), nil)
		if err != nil {
			t.Fatal(err)
		}
		if response.StatusCode != http.StatusUnauthorized {
			t.Errorf("%s: status %d, want 401", line, response.StatusCode)
		}
		_ = conn.Close()
	}
	stop()
	if err := <-served; err != nil {
		t.Errorf("Serve = %v", err)
	}
}

// HARD-08.
func TestOps_Paths_ShowHealthAndReadiness(t *testing.T) {
	t.Parallel()
	osbtest.Proves(t, "HARD-08")
	notReady := make(chan error, 1)
	server := httptest.NewServer(Ops(OpsConfig{Ready: func() error {
		select {
		case err := <-notReady:
			return err
		default:
			return nil
		}
	}}))
	t.Cleanup(server.Close)
	get := func(path string) (int, string) {
		t.Helper()
		response, err := http.Get(server.URL + path)
		if err != nil {
			t.Fatal(err)
		}
		defer func() { _ = response.Body.Close() }()
		body, err := io.ReadAll(response.Body)
		if err != nil {
			t.Fatal(err)
		}
		return response.StatusCode, string(body)
	}
	if status, _ := get("/readyz"); status != http.StatusOK {
		t.Errorf("readyz = %d, want 200", status)
	}
	notReady <- errors.New("the store is closed")
	if status, body := get("/readyz"); status != http.StatusServiceUnavailable || !strings.Contains(body, "the store is closed") {
		t.Errorf("readyz = %d %s, want 503 and the reason", status, body)
	}
	notReady <- errors.New("the store is closed")
	if status, _ := get("/healthz"); status != http.StatusOK {
		t.Errorf("healthz = %d while not ready, want 200: the process lives", status)
	}
	for _, path := range []string{"/v2/catalog", "/metrics"} {
		if status, _ := get(path); status != http.StatusNotFound {
			t.Errorf("%s = %d on the operators' port, want 404", path, status)
		}
	}
}

// HARD-08: a scraper's port leads to nothing else.
func TestMetrics_Port_HasMetricsAlone(t *testing.T) {
	t.Parallel()
	osbtest.Proves(t, "HARD-08")
	registry := prometheus.NewRegistry()
	counter := prometheus.NewCounter(prometheus.CounterOpts{Name: "one_total", Help: "One."})
	registry.MustRegister(counter)
	counter.Inc()
	get := func(method, path string) *httptest.ResponseRecorder {
		recorder := httptest.NewRecorder()
		Metrics(registry).ServeHTTP(recorder, httptest.NewRequest(method, path, nil))
		return recorder
	}
	if got := get("GET", "/metrics"); got.Code != http.StatusOK || !strings.Contains(got.Body.String(), "one_total 1") {
		t.Errorf("metrics = %d %s", got.Code, got.Body)
	}
	for _, path := range []string{"/", "/v2/catalog", "/operator/v1/instances", "/readyz", "/debug/pprof/"} {
		if got := get("GET", path); got.Code != http.StatusNotFound {
			t.Errorf("%s = %d on the metrics' port, want 404", path, got.Code)
		}
	}
}
