package main

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"io"
	"net"
	"net/http"
	"testing"
	"time"
)

// A process is a running broker, seen from outside.
type process struct {
	t           testing.TB
	listen, ops string
	client      *http.Client
	stop        context.CancelFunc
	ended       chan error
}

func runBroker(t testing.TB, roots *x509.CertPool, args ...string) *process {
	t.Helper()
	ctx, stop := context.WithCancel(t.Context())
	p := &process{t: t, listen: freeAddress(t), ops: freeAddress(t), stop: stop, ended: make(chan error, 1)}
	p.client = &http.Client{Transport: &http.Transport{
		DisableKeepAlives: true, TLSClientConfig: &tls.Config{RootCAs: roots, MinVersion: tls.VersionTLS12},
	}}
	args = append([]string{
		"--broker-id", "b", "--region", "cn-hangzhou", "--data-dir", t.TempDir(),
		"--listen", p.listen, "--ops-listen", p.ops, "--metrics-listen", "127.0.0.1:0", "--drain-delay", "0",
	}, args...)
	go func() { p.ended <- execute(ctx, args, env(), io.Discard) }()
	t.Cleanup(func() {
		stop()
		if err := <-p.ended; err != nil {
			t.Errorf("the broker ended with %v", err)
		}
	})
	p.eventually("ready", func() bool { return p.status("http://"+p.ops+"/readyz", "") == http.StatusOK })
	return p
}

func freeAddress(t testing.TB) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = l.Close() }()
	return l.Addr().String()
}

// status returns the status of a GET with the password of the platform; 0 after a
// network error.
func (p *process) status(url, password string) int {
	p.t.Helper()
	r, err := http.NewRequestWithContext(p.t.Context(), http.MethodGet, url, nil)
	if err != nil {
		p.t.Fatal(err)
	}
	r.SetBasicAuth("platform", password)
	r.Header.Set("X-Broker-API-Version", "2.17")
	response, err := p.client.Do(r)
	if err != nil {
		return 0
	}
	_ = response.Body.Close()
	return response.StatusCode
}

func (p *process) eventually(what string, holds func() bool) {
	p.t.Helper()
	deadline, tick := time.After(time.Minute), time.NewTicker(20*time.Millisecond)
	defer tick.Stop()
	for !holds() {
		select {
		case <-deadline:
			p.t.Fatalf("never %s", what)
		case err := <-p.ended:
			p.ended <- err
			p.t.Fatalf("not %s: the broker ended: %v", what, err)
		case <-tick.C:
		}
	}
}
