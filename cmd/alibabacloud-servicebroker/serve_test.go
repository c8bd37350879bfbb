package main

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"math/big"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/osb/osbtest"
)

func TestServe_ChangedFiles_RotateAccountsAndCertificates(t *testing.T) {
	osbtest.Proves(t, "AUTH-01", "AUTH-02", "HARD-08")
	dir := t.TempDir()
	certificate, key := filepath.Join(dir, "tls.crt"), filepath.Join(dir, "tls.key")
	roots := x509.NewCertPool()
	first := writeCertificate(t, certificate, key)
	roots.AddCert(first)
	users := file(t, "platform:old\n")
	p := runBroker(t, roots, "--users-file", users, "--tls-cert-file", certificate, "--tls-key-file", key)
	catalog := "https://" + p.listen + "/v2/catalog"
	if got := p.status(catalog, "new"); got != http.StatusUnauthorized {
		t.Errorf("status %d with the new password, which is not there yet", got)
	}
	write(t, users, "platform:old\nplatform:new\n")
	p.eventually("taking the new password", func() bool { return p.status(catalog, "new") == http.StatusOK })
	if got := p.status(catalog, "old"); got != http.StatusOK {
		t.Errorf("status %d with the old password, which is still listed", got)
	}
	write(t, users, "platform:new\n")
	p.eventually("refusing the old password", func() bool { return p.status(catalog, "old") == http.StatusUnauthorized })
	if got := p.status(catalog, "secret"); got != http.StatusOK {
		t.Errorf("status %d with the password of the environment", got)
	}
	roots.AddCert(writeCertificate(t, certificate, key))
	p.eventually("serving the new certificate", func() bool {
		conn, err := (&tls.Dialer{Config: &tls.Config{RootCAs: roots, MinVersion: tls.VersionTLS12}}).DialContext(t.Context(), "tcp", p.listen)
		if err != nil {
			return false
		}
		defer func() { _ = conn.Close() }()
		secure, ok := conn.(*tls.Conn)
		return ok && !secure.ConnectionState().PeerCertificates[0].Equal(first)
	})
}

func TestServe_Stop_ServesUntilTheDrainDelayIsOver(t *testing.T) {
	osbtest.Proves(t, "HARD-02", "HARD-08")
	p := runBroker(t, nil, "--drain-delay", "1s")
	p.stop()
	p.eventually("not ready", func() bool { return p.status("http://"+p.ops+"/readyz", "") == http.StatusServiceUnavailable })
	if got := p.status("http://"+p.listen+"/v2/catalog", "secret"); got != http.StatusOK {
		t.Errorf("status %d when it was no longer ready, want 200 until the delay is over", got)
	}
	p.ended <- <-p.ended
	if got := p.status("http://"+p.listen+"/v2/catalog", "secret"); got != 0 {
		t.Errorf("status %d after the end", got)
	}
}

func write(t *testing.T, path, text string) {
	t.Helper()
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

// writeCertificate writes a self-signed certificate for 127.0.0.1.
func writeCertificate(t *testing.T, certificate, key string) *x509.Certificate {
	t.Helper()
	private, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
		IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)}, IsCA: true, BasicConstraintsValid: true,
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &private.PublicKey, private)
	if err != nil {
		t.Fatal(err)
	}
	parsed, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	keyDER, err := x509.MarshalPKCS8PrivateKey(private)
	if err != nil {
		t.Fatal(err)
	}
	write(t, certificate, string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})))
	write(t, key, string(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: keyDER})))
	return parsed
}
