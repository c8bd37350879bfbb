package main

import (
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

func TestCredentials_Secrets_AreMaskedAndRecordedInEveryForm(t *testing.T) {
	const answer = `{"credentials": {
		"host": "127.0.0.1", "port": 3306, "username": "u1", "password": "p/1 x",
		"uri": "mysql://u1:p%2F1%20x@127.0.0.1:3306/db",
		"jdbcUrl": "jdbc:mysql://127.0.0.1:3306/db?user=u1&password=p%2F1+x",
		"access_key_id": "LTAIexample"}}`
	record := filepath.Join(t.TempDir(), "secrets")

	c, err := readCredentials([]byte(answer))
	if err != nil {
		t.Fatal(err)
	}
	out := c.masked()
	if err := appendLines(record, c.secrets()); err != nil {
		t.Fatal(err)
	}
	for _, secret := range []string{"p/1 x", "p%2F1", "LTAIexample"} {
		if strings.Contains(out, secret) {
			t.Errorf("the output shows %q:\n%s", secret, out)
		}
	}
	for _, line := range []string{"host: 127.0.0.1", "port: 3306", "username: u1", "password: ***", "uri: ***"} {
		if !strings.Contains(out, line+"\n") {
			t.Errorf("the output lacks %q:\n%s", line, out)
		}
	}

	info, err := os.Stat(record)
	if err != nil {
		t.Fatal(err)
	}
	if mode := info.Mode().Perm(); mode != 0o600 {
		t.Errorf("the record has mode %o, want 600", mode)
	}
	text, err := os.ReadFile(record)
	if err != nil {
		t.Fatal(err)
	}
	recorded := strings.Split(strings.TrimSpace(string(text)), "\n")
	for _, secret := range []string{"p/1 x", "p%2F1%20x", "p%2F1+x", "mysql://u1:p%2F1%20x@127.0.0.1:3306/db"} {
		if !slices.Contains(recorded, secret) {
			t.Errorf("%q is not recorded, but %q", secret, recorded)
		}
	}
	if slices.Contains(recorded, "127.0.0.1") || slices.Contains(recorded, "u1") {
		t.Errorf("a log may hold host and user: %q", recorded)
	}
}

func TestReadCredentials_AnswerWithoutThem_IsRefused(t *testing.T) {
	for _, answer := range []string{"", "{}", `{"credentials": {}}`, `{"description": "no"}`, "not JSON: secret-1"} {
		c, err := readCredentials([]byte(answer))
		if !errors.Is(err, errNoCredentials) || strings.Contains(err.Error(), "secret-1") {
			t.Errorf("readCredentials(%q) = %v, %v; want errNoCredentials", answer, c, err)
		}
	}
}
