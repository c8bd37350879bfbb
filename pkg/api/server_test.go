package api

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"io"
	"math/big"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
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
func TestServeLetsRequestsInFlightEnd(t *testing.T) {
	t.Parallel()
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
	go func() { served <- Serve(ctx, l, handler, nil, time.Minute) }()
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

func TestServeEndsWhenTheDrainTimeIsOver(t *testing.T) {
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
	go func() { served <- Serve(ctx, l, handler, nil, time.Millisecond) }()
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

func TestServeReportsALostListener(t *testing.T) {
	t.Parallel()
	l := listen(t)
	_ = l.Close()
	if err := Serve(t.Context(), l, http.NotFoundHandler(), nil, time.Second); err == nil {
		t.Error("Serve = nil on a closed listener")
	}
}

// AUTH-02.
func TestServeSpeaksHTTPS(t *testing.T) {
	t.Parallel()
	certFile, keyFile, roots := certificate(t)
	secure, err := LoadTLS(certFile, keyFile)
	if err != nil {
		t.Fatal(err)
	}
	l := listen(t)
	ctx, stop := context.WithCancel(t.Context())
	served := make(chan error, 1)
	go func() {
		served <- Serve(ctx, l, http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusAccepted) }), secure, time.Second)
	}()
	transport := &http.Transport{TLSClientConfig: &tls.Config{RootCAs: roots, MinVersion: tls.VersionTLS12}}
	response, err := (&http.Client{Transport: transport}).Get("https://" + l.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	_ = response.Body.Close()
	if response.StatusCode != http.StatusAccepted {
		t.Errorf("status %d", response.StatusCode)
	}
	transport.CloseIdleConnections()
	stop()
	if err := <-served; err != nil {
		t.Errorf("Serve = %v, want nil", err)
	}
	if _, err := LoadTLS(keyFile, certFile); err == nil {
		t.Error("LoadTLS took a key for a certificate")
	}
}

// certificate writes one for 127.0.0.1 that signs itself.
func certificate(t *testing.T) (certFile, keyFile string, roots *x509.CertPool) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1),
		NotBefore:    time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
		IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)},
		IsCA:        true, BasicConstraintsValid: true,
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		t.Fatal(err)
	}
	keyDER, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	parsed, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	roots = x509.NewCertPool()
	roots.AddCert(parsed)
	write := func(name, kind string, content []byte) string {
		path := filepath.Join(t.TempDir(), name)
		if err := os.WriteFile(path, pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: content}), 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	return write("cert.pem", "CERTIFICATE", der), write("key.pem", "PRIVATE KEY", keyDER), roots
}

// HARD-08.
func TestOpsTellsLifeReadinessAndMetrics(t *testing.T) {
	t.Parallel()
	registry := prometheus.NewRegistry()
	counter := prometheus.NewCounter(prometheus.CounterOpts{Name: "one_total", Help: "One."})
	registry.MustRegister(counter)
	counter.Inc()
	notReady := make(chan error, 1)
	server := httptest.NewServer(Ops(OpsConfig{Metrics: registry, Ready: func() error {
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
	if status, body := get("/metrics"); status != http.StatusOK || !strings.Contains(body, "one_total 1") {
		t.Errorf("metrics = %d %s", status, body)
	}
	if status, _ := get("/v2/catalog"); status != http.StatusNotFound {
		t.Errorf("catalog = %d on the operators' port, want 404", status)
	}
}
