package api

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"math/big"
	"net"
	"net/http"
	"testing"
	"time"

	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/osb/osbtest"
)

// A pair is a certificate for 127.0.0.1 that signs itself, and its key.
type pair struct {
	certificate, key []byte // PEM
}

func newPair(t *testing.T, serial int64) pair {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(serial),
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
	return pair{
		pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}),
		pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: keyDER}),
	}
}

func (p pair) set(t *testing.T, c *Certificates) {
	t.Helper()
	if err := c.SetOwn(p.certificate, p.key); err != nil {
		t.Fatal(err)
	}
}

// serveTLS serves until the test ends, and returns the address.
func serveTLS(t *testing.T, c *Certificates) string {
	t.Helper()
	l := listen(t)
	ctx, stop := context.WithCancel(t.Context())
	served := make(chan error, 1)
	handler := http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusAccepted) })
	go func() {
		served <- Serve(ctx, l, handler, ServerConfig{TLS: c.Config(), Drain: Drain{Time: time.Second}})
	}()
	t.Cleanup(func() {
		stop()
		if err := <-served; err != nil {
			t.Errorf("Serve = %v, want nil", err)
		}
	})
	return l.Addr().String()
}

// visit makes one request on a connection of its own, with the given certificates,
// and returns the state of the connection.
func visit(address string, trusted pair, own *pair, change ...func(*tls.Config)) (*tls.ConnectionState, error) {
	config := &tls.Config{RootCAs: x509.NewCertPool(), MinVersion: tls.VersionTLS12}
	config.RootCAs.AppendCertsFromPEM(trusted.certificate)
	if own != nil {
		certificate, err := tls.X509KeyPair(own.certificate, own.key)
		if err != nil {
			return nil, err
		}
		config.Certificates = []tls.Certificate{certificate}
	}
	for _, f := range change {
		f(config)
	}
	transport := &http.Transport{TLSClientConfig: config, ForceAttemptHTTP2: true}
	defer transport.CloseIdleConnections()
	response, err := (&http.Client{Transport: transport}).Get("https://" + address)
	if err != nil {
		return nil, err
	}
	return response.TLS, response.Body.Close()
}

func TestServe_TLS_Needs12OrLater(t *testing.T) {
	t.Parallel()
	osbtest.Proves(t, "AUTH-02")
	own := newPair(t, 1)
	var certificates Certificates
	own.set(t, &certificates)
	address := serveTLS(t, &certificates)
	state, err := visit(address, own, nil)
	if err != nil {
		t.Fatal(err)
	}
	if state.NegotiatedProtocol != "http/1.1" || state.Version != tls.VersionTLS13 {
		t.Errorf("protocol %q, version %x; want HTTP/1.1 over TLS 1.3", state.NegotiatedProtocol, state.Version)
	}
	if _, err := visit(address, own, nil, func(c *tls.Config) { c.MaxVersion = tls.VersionTLS12 }); err != nil {
		t.Errorf("TLS 1.2: %v", err)
	}
	old := &tls.Config{InsecureSkipVerify: true, MinVersion: tls.VersionTLS10, MaxVersion: tls.VersionTLS11}
	if conn, err := (&tls.Dialer{Config: old}).DialContext(t.Context(), "tcp", address); err == nil {
		_ = conn.Close()
		t.Error("TLS 1.1 was accepted")
	}
}

func TestCertificates_Replaced_KeepOpenConnections(t *testing.T) {
	t.Parallel()
	osbtest.Proves(t, "AUTH-02")
	first, second := newPair(t, 1), newPair(t, 2)
	var certificates Certificates
	first.set(t, &certificates)
	address := serveTLS(t, &certificates)
	if _, err := visit(address, first, nil); err != nil {
		t.Fatal(err)
	}
	if err := certificates.SetOwn(second.certificate, first.key); err == nil {
		t.Error("SetOwn took the key of another certificate")
	}
	if _, err := visit(address, first, nil); err != nil {
		t.Errorf("after a certificate was refused: %v", err)
	}
	second.set(t, &certificates)
	if _, err := visit(address, second, nil); err != nil {
		t.Errorf("the new certificate is not served: %v", err)
	}
	if _, err := visit(address, first, nil); err == nil {
		t.Error("the old certificate is still served")
	}
}

func TestCertificates_Clients_NeedAPresentAuthority(t *testing.T) {
	t.Parallel()
	own, first, second := newPair(t, 1), newPair(t, 2), newPair(t, 3)
	var certificates Certificates
	own.set(t, &certificates)
	if err := certificates.SetClientCAs(first.certificate); err != nil {
		t.Fatal(err)
	}
	address := serveTLS(t, &certificates)
	sessions := tls.NewLRUClientSessionCache(1)
	resume := func(c *tls.Config) { c.ClientSessionCache = sessions }
	for _, version := range []uint16{tls.VersionTLS12, tls.VersionTLS13} {
		at := func(c *tls.Config) { c.MaxVersion = version }
		if err := certificates.SetClientCAs(first.certificate); err != nil {
			t.Fatal(err)
		}
		if _, err := visit(address, own, &first, at, resume); err != nil {
			t.Errorf("TLS %x: a good certificate: %v", version, err)
		}
		if _, err := visit(address, own, nil, at); err == nil {
			t.Errorf("TLS %x: a client without certificate was let in", version)
		}
		if _, err := visit(address, own, &second, at); err == nil {
			t.Errorf("TLS %x: a client with a stranger's certificate was let in", version)
		}
		if err := certificates.SetClientCAs([]byte("garbage")); err == nil {
			t.Error("SetClientCAs took garbage")
		}
		if err := certificates.SetClientCAs(second.certificate); err != nil {
			t.Fatal(err)
		}
		if _, err := visit(address, own, &second, at); err != nil {
			t.Errorf("TLS %x: the new authority: %v", version, err)
		}
		if _, err := visit(address, own, &first, at, resume); err == nil {
			t.Errorf("TLS %x: a client of the old authority was let in", version)
		}
	}
}
