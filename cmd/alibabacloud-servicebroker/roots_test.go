package main

import (
	"crypto/x509"
	"os"
	"os/exec"
	"strings"
	"testing"

	"golang.org/x/crypto/x509roots/fallback/bundle"
)

// A process reads the system's authorities once, so the system without any needs
// a process of its own.
func TestAuthorities_SystemWithoutAny_AreBundled(t *testing.T) {
	if os.Getenv("SSL_CERT_FILE") != os.DevNull {
		child := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^"+t.Name()+"$", "-test.v")
		child.Env = append(os.Environ(), "SSL_CERT_FILE="+os.DevNull, "SSL_CERT_DIR="+t.TempDir())
		if out, err := child.CombinedOutput(); err != nil || !strings.Contains(string(out), "PASS") {
			t.Errorf("without the system's authorities: %v\n%s", err, out)
		}
		return
	}
	trusted := 0
	for root := range bundle.Roots() {
		certificate, err := x509.ParseCertificate(root.Certificate)
		if err != nil {
			t.Fatal(err)
		}
		if root.Constraint != nil {
			continue // trusted for some certificates only
		}
		if _, err := certificate.Verify(x509.VerifyOptions{CurrentTime: certificate.NotBefore, KeyUsages: []x509.ExtKeyUsage{x509.ExtKeyUsageAny}}); err == nil {
			trusted++
		}
	}
	if trusted == 0 {
		t.Error("no authority is trusted")
	}
}
