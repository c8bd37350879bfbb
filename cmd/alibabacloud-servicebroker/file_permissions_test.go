package main

import (
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"testing"
)

func TestPermissions_OpenToOthers_IsNoticed(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "keyset.json")
	if err := os.WriteFile(path, []byte("{}"), 0o600); err != nil {
		t.Fatal(err)
	}
	for mode, want := range map[fs.FileMode]bool{0o600: false, 0o640: false, 0o660: false, 0o604: true, 0o644: true, 0o444: true, 0o602: true} {
		if err := os.Chmod(path, mode); err != nil {
			t.Fatal(err)
		}
		if got, err := isOpenToOthers(path); got != want || err != nil {
			t.Errorf("mode %o: %t (%v), want %t", mode, got, err, want)
		}
	}
	if err := os.Chmod(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	if got, err := isOpenToOthers(dir); !got || err != nil {
		t.Errorf("a folder of mode 755: %t (%v)", got, err)
	}
	if got, err := isOpenToOthers(filepath.Join(dir, "absent")); got || err != nil {
		t.Errorf("an absent file: %t (%v)", got, err)
	}
}

func TestPermissions_FilesWithSecrets_AreChecked(t *testing.T) {
	c := &config{usersFile: "/s/users", opsTokensFile: "/s/ops", tlsCert: "/s/tls.crt", tlsKey: "/s/tls.key", credentialsDir: "/s/cloud"}
	want := []secretFile{
		{"--users-file", "/s/users"},
		{"--ops-tokens-file", "/s/ops"},
		{"--tls-key-file", "/s/tls.key"},
		{"--credentials-dir", "/s/cloud/access_key_secret"},
		{"--credentials-dir", "/s/cloud/security_token"},
	}
	if got := c.secretFiles(); !slices.Equal(got, want) {
		t.Errorf("checked are %v, want %v", got, want)
	}
	if err := c.readEnvironment(func(name string) string { return map[string]string{"KUBERNETES_SERVICE_HOST": "10.0.0.1"}[name] }); err != nil {
		t.Fatal(err)
	}
	if got := c.secretFiles(); len(got) > 0 {
		t.Errorf("in a pod %v are checked, want none", got)
	}
}
