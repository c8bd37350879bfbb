package rds

import (
	"archive/zip"
	"bytes"
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"math/big"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/alicloud"
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/providers"
)

// An issuer signs certificates of a test.
type issuer struct {
	certificate *x509.Certificate
	key         *ecdsa.PrivateKey
	text        string // in PEM
}

// issue returns a certificate that by signs; nil: it signs itself.
func issue(t *testing.T, name string, isCA bool, by *issuer) *issuer {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(time.Now().UnixNano()), Subject: pkix.Name{CommonName: name},
		NotBefore: time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC), NotAfter: time.Date(2027, 1, 1, 0, 0, 0, 0, time.UTC),
		IsCA: isCA, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageDigitalSignature,
	}
	if isCA {
		template.KeyUsage = x509.KeyUsageCertSign
	}
	made := &issuer{key: key}
	if by == nil {
		by = &issuer{certificate: template, key: key}
	}
	der, err := x509.CreateCertificate(rand.Reader, template, by.certificate, &key.PublicKey, by.key)
	if err != nil {
		t.Fatal(err)
	}
	if made.certificate, err = x509.ParseCertificate(der); err != nil {
		t.Fatal(err)
	}
	made.text = string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}))
	return made
}

func zipped(t *testing.T, files map[string]string) []byte {
	t.Helper()
	var b bytes.Buffer
	w := zip.NewWriter(&b)
	for name, content := range files {
		f, err := w.Create(name)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := f.Write([]byte(content)); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// The archive has the authorities of all regions, and two roots of one name.
func TestAuthorities_FileOfRDS_GivesTheOnesOfTheServer(t *testing.T) {
	oldRoot, root := issue(t, "Root", true, nil), issue(t, "Root", true, nil)
	region, other := issue(t, "region", true, root), issue(t, "another region", true, root)
	leaf := issue(t, "pgm-1.pg.rds.aliyuncs.com", false, region)
	chain := oldRoot.text + other.text + root.text + region.text
	stranger := issue(t, "stranger", true, nil)
	for name, tc := range map[string]struct {
		content []byte
		server  string
		want    string
	}{
		"Archive":         {zipped(t, map[string]string{"chain.pem": chain, "chain.p7b": "binary", "chain.jks": "binary"}), leaf.text, region.text + root.text},
		"PEM":             {[]byte(chain), leaf.text, region.text + root.text},
		"Others":          {[]byte(stranger.text + oldRoot.text), leaf.text, ""},
		"NoCertificate":   {[]byte("<html>"), leaf.text, ""},
		"BrokenArchive":   {[]byte("PK\x03\x04 and no more"), leaf.text, ""},
		"EmptyArchive":    {zipped(t, nil), leaf.text, ""},
		"Bomb":            {zipped(t, map[string]string{"chain.pem": strings.Repeat("A", 2*maxAuthorities)}), leaf.text, ""},
		"TooLong":         {bytes.Repeat([]byte("A"), maxAuthorities+1), leaf.text, ""},
		"NoServer":        {[]byte(chain), "", ""},
		"ServerIsNoChild": {[]byte(chain), stranger.text, ""},
	} {
		t.Run(name, func(t *testing.T) {
			server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write(tc.content) }))
			defer server.Close()
			l := lookOf(t, server.URL)
			facts, err := l.authority(t.Context(), &toldSSL{ServerCAURL: server.URL + "/chain", ServerCert: tc.server})
			if got := facts.Secrets[factCA]; got != tc.want || (err == nil) != (tc.want != "") {
				t.Errorf("%q, %v; want %q", got, err, tc.want)
			}
			if err != nil && (providers.ClassOf(err) != providers.Operator || strings.Contains(providers.Sentence(err), server.URL)) {
				t.Errorf("class %s, sentence %q", providers.ClassOf(err), providers.Sentence(err))
			}
		})
	}
}

// The file comes over https alone, but for an emulator that is called without.
func TestAuthorities_AddressWithoutHTTPS_IsRefused(t *testing.T) {
	called := false
	server := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { called = true }))
	defer server.Close()
	for _, address := range []string{server.URL, "file:///etc/passwd", "ftp://x/y", "https:///x", "::"} {
		if _, err := fetchAuthorities(t.Context(), lookOf(t, "https://rds.example").clients, &toldSSL{ServerCAURL: address}); err == nil || called {
			t.Errorf("%s is called: %v", address, err)
		}
	}
}

// Authorities that the record has are fetched again for another endpoint or file alone.
func TestAuthorities_OnRecord_AreNotFetchedAgain(t *testing.T) {
	l := lookOf(t, "https://rds.example")
	told := &toldSSL{ServerCAURL: "https://127.0.0.1:1/chain", ConnectionString: "host"}
	l.task.Facts = open(factCASource, told.ServerCAURL+" host").Merge(providers.Facts{Secrets: map[string]string{factCA: "pem"}})
	if facts, err := l.authority(t.Context(), told); err != nil || !facts.IsZero() {
		t.Errorf("%+v, %v", facts, err)
	}
	told.ConnectionString = "other"
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := l.authority(ctx, told); err == nil {
		t.Error("the authorities of another endpoint are taken for its own")
	}
}

func lookOf(t *testing.T, endpoint string) optionLook {
	t.Helper()
	u, err := url.Parse(endpoint)
	if err != nil {
		t.Fatal(err)
	}
	clients, err := alicloud.New(alicloud.Config{
		Region: "cn-hangzhou", Credentials: alicloud.Static(alicloud.Key{ID: "id", Secret: "secret"}), Endpoints: alicloud.EndpointsAt(u, product()),
	}, product())
	if err != nil {
		t.Fatal(err)
	}
	return optionLook{client: client{clients: clients, region: "cn-hangzhou"}}
}
