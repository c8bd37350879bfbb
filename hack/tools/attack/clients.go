package main

import (
	"bufio"
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
	"io"
	"math/big"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"time"
)

// fresh is a client that connects anew for each request, as many platforms do.
func fresh(from string) *http.Client {
	return &http.Client{Timeout: 15 * time.Second, Transport: transport(from, true)}
}

func transport(from string, anew bool) *http.Transport {
	dialer := &net.Dialer{}
	if from != "" {
		dialer.LocalAddr = &net.TCPAddr{IP: net.ParseIP(from)}
	}
	return &http.Transport{
		DialContext: dialer.DialContext, DisableKeepAlives: anew, MaxIdleConnsPerHost: 1000,
		TLSClientConfig: insecure(),
	}
}

func insecure() *tls.Config {
	return &tls.Config{
		InsecureSkipVerify: true,                                                          //nolint:gosec // loopback, with a certificate of our own
		MinVersion:         tls.VersionTLS13, CurvePreferences: []tls.CurveID{tls.X25519}, // a flood's cheapest
	}
}

// send sends a request of a platform; change completes it.
func send(ctx context.Context, client *http.Client, method, url string, body io.Reader, change func(*http.Request)) (status int, answer []byte, err error) {
	r, err := http.NewRequestWithContext(ctx, method, url, body)
	if err != nil {
		return 0, nil, err
	}
	r.Header.Set("X-Broker-API-Version", "2.17")
	if change != nil {
		change(r)
	}
	response, err := client.Do(r)
	if err != nil {
		return 0, nil, err
	}
	defer func() { _ = response.Body.Close() }()
	answer, err = io.ReadAll(response.Body)
	return response.StatusCode, answer, err
}

func asPlatform(r *http.Request) { r.SetBasicAuth(userName, password) }

// status returns the status of a GET on a connection of its own; 0 after a network
// error.
func status(ctx context.Context, url string, change func(*http.Request)) int {
	found, _, _ := send(ctx, fresh(""), http.MethodGet, url, nil, change)
	return found
}

// probes send good requests while an attack runs, each on a connection of its own.
type probes struct {
	mu     sync.Mutex
	took   map[string][]time.Duration
	failed map[string]int
	first  map[string]string // the first failure
}

// probe runs until ctx ends: each kind of request every interval.
func probe(ctx context.Context, interval time.Duration, kinds map[string]func() (int, error)) (wait func() *probes) {
	p := &probes{took: map[string][]time.Duration{}, failed: map[string]int{}, first: map[string]string{}}
	var all sync.WaitGroup
	for kind, request := range kinds {
		all.Go(func() {
			for ctx.Err() == nil {
				begin := time.Now()
				found, err := request()
				p.add(ctx, kind, time.Since(begin), found, err)
				select {
				case <-ctx.Done():
				case <-time.After(interval):
				}
			}
		})
	}
	return func() *probes { all.Wait(); return p }
}

func (p *probes) add(ctx context.Context, kind string, took time.Duration, found int, err error) {
	if ctx.Err() != nil { // the end of the attack cut it off
		return
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.took[kind] = append(p.took[kind], took)
	if err != nil || found != http.StatusOK {
		if p.failed[kind]++; p.failed[kind] == 1 {
			p.first[kind] = fmt.Sprintf("status %d, %v", found, err)
		}
	}
}

// quantile returns the time within which this share of the requests was answered,
// in milliseconds.
func (p *probes) quantile(kind string, share float64) float64 {
	took := slices.Clone(p.took[kind])
	if len(took) == 0 {
		return 0
	}
	slices.Sort(took)
	return float64(took[int(float64(len(took)-1)*share)]) / float64(time.Millisecond)
}

// dial connects to a port of the broker, over TLS where it speaks TLS.
func (s *site) dial(ctx context.Context, address string, secure bool) (net.Conn, error) {
	var dialer net.Dialer
	conn, err := dialer.DialContext(ctx, "tcp", address)
	if err != nil {
		return nil, err
	}
	if kernel, ok := conn.(*net.TCPConn); ok {
		_ = kernel.SetLinger(0) // thousands of closed connections leave nothing behind
	}
	if secure {
		return tls.Client(conn, insecure()), nil
	}
	return conn, nil
}

// answerOn sends a request on an open connection and returns the status.
func answerOn(conn net.Conn, reader *bufio.Reader, request string, wait time.Duration) (int, error) {
	if err := conn.SetDeadline(time.Now().Add(wait)); err != nil {
		return 0, err
	}
	if _, err := io.WriteString(conn, request); err != nil {
		return 0, err
	}
	response, err := http.ReadResponse(reader, nil)
	if err != nil {
		return 0, err
	}
	_, err = io.Copy(io.Discard, response.Body)
	return response.StatusCode, errors.Join(err, response.Body.Close())
}

// writeCertificate writes a certificate for 127.0.0.1 and its key.
func writeCertificate(dir string) error {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return err
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
		IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)},
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		return err
	}
	private, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		return err
	}
	return errors.Join(
		os.WriteFile(filepath.Join(dir, "tls.crt"), pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}), 0o600),
		os.WriteFile(filepath.Join(dir, "tls.key"), pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: private}), 0o600),
	)
}
