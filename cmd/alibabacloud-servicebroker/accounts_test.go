package main

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
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

	"k8s.io/client-go/rest"

	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/api"
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/osb/osbtest"
)

func TestAccounts_FileAndEnvironment_AllAreValid(t *testing.T) {
	c := &config{usersFile: "users", tokensFile: "tokens", users: []api.User{{Name: "env", Password: "three"}}}
	users, tokens, err := c.accounts([][]byte{[]byte("# rotated\nold:one\r\nnew:two:with:colons\n\nold:other"), []byte("token\nnext\n")})
	if err != nil {
		t.Fatal(err)
	}
	got := map[string][]string{}
	for _, u := range users {
		got[u.Name] = append(got[u.Name], u.Password)
	}
	if len(users) != 4 || len(got["old"]) != 2 || got["old"][0] != "one" || got["new"][0] != "two:with:colons" || got["env"][0] != "three" {
		t.Errorf("%d users, want four with their passwords", len(users))
	}
	if len(tokens) != 2 || string(tokens[0]) != "token" || string(tokens[1]) != "next" {
		t.Errorf("%d tokens, want both", len(tokens))
	}
}

func TestAccounts_DamagedFile_RefusedWithoutItsText(t *testing.T) {
	for name, tc := range map[string]struct{ users, tokens string }{
		"no password":    {"secret-name\n", "token"},
		"empty password": {"secret-name:\n", "token"},
		"empty name":     {":secret\n", "token"},
		"no users":       {"# none\n", "token"},
		"no tokens":      {"u:p", "\n"},
	} {
		c := &config{usersFile: "users", tokensFile: "tokens"}
		_, _, err := c.accounts([][]byte{[]byte(tc.users), []byte(tc.tokens)})
		if err == nil || strings.Contains(err.Error(), "secret") {
			t.Errorf("%s: error %v, want one that does not show the line", name, err)
		}
	}
}

func TestTokenReview_OutsideOfACluster_IsRefused(t *testing.T) {
	t.Setenv("KUBERNETES_SERVICE_HOST", "")
	if reviewer, err := (&config{tokenReview: true, reviewUsers: commaList{"u"}}).reviewer(); err == nil || reviewer != nil {
		t.Error("there is a reviewer, and no API server")
	}
}

func TestTokenReview_APIServer_AskedWithTheBrokersToken(t *testing.T) {
	osbtest.Proves(t, "AUTH-03")
	cluster := httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if err != nil || r.Header.Get("Authorization") != "Bearer the broker's" || !strings.Contains(string(body), `"audiences":["osb","broker"]`) {
			w.WriteHeader(http.StatusForbidden)
			return
		}
		w.WriteHeader(http.StatusCreated)
		_, _ = io.WriteString(w, `{"status":{"authenticated":true,"audiences":["osb"],"user":{"username":"controller"}}}`)
	}))
	t.Cleanup(cluster.Close)
	c, err := readConfig([]string{
		"--broker-id", "b", "--token-review", "--token-review-audience", "osb,broker", "--token-review-users", "admin, controller",
	}, env())
	if err != nil {
		t.Fatal(err)
	}
	authority := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: cluster.Certificate().Raw})
	reviewer, err := c.reviewerAt(&rest.Config{
		Host: cluster.URL, BearerTokenFile: file(t, "the broker's"), TLSClientConfig: rest.TLSClientConfig{CAData: authority},
	})
	if err != nil {
		t.Fatal(err)
	}
	if allowed, err := reviewer.Allows(t.Context(), "token"); !allowed || err != nil {
		t.Errorf("allowed %t, %v", allowed, err)
	}
}

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
		"--listen", p.listen, "--ops-listen", p.ops, "--drain-delay", "0",
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
