package main

import (
	"encoding/pem"
	"net/http/httptest"
	"os"
	"path/filepath"
	"testing"
)

func TestTokenFile_SeveralLines_FirstTokenIsUsed(t *testing.T) {
	w := newBrokerFixture(t, httptest.NewServer)
	for content, want := range map[string]int{
		"alice:sesame:open": 0, "# new\n\nalice:sesame:open\r\nbob:other\n": 0, "x:sesame:open": 0,
		"sesame:open": 1, "guess": 1, "": 1, "#\n": 1,
	} {
		w.write(content)
		if out, code := w.run("instances", "list"); code != want {
			t.Errorf("%q: exit code %d\n%s", content, code, out)
		}
	}
	if out, code := w.run("instances", "list", "--token-file", w.token+"x"); code != 1 {
		t.Errorf("without the file: exit code %d\n%s", code, out)
	}
}

func TestCAFile_TLSBroker_IsTrusted(t *testing.T) {
	w := newBrokerFixture(t, httptest.NewTLSServer)
	authority := filepath.Join(t.TempDir(), "ca.crt")
	pemBytes := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: w.server.Certificate().Raw})
	if err := os.WriteFile(authority, pemBytes, 0o600); err != nil {
		t.Fatal(err)
	}
	if out, code := w.run("instances", "none", "--ca-file", authority); code != 0 {
		t.Errorf("exit code %d\n%s", code, out)
	}
	if out, code := w.run("instances", "none"); code != 1 {
		t.Errorf("with a stranger's authority: exit code %d\n%s", code, out)
	}
	if out, code := w.run("instances", "none", "--ca-file", w.token); code != 1 {
		t.Errorf("with a file that has none: exit code %d\n%s", code, out)
	}
}
