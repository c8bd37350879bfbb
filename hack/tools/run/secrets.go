package main

import (
	"crypto/rand"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
)

// The lengths of the secrets, in characters of five bits.
const (
	passwordLength  = 32
	keyIDLength     = 20
	keySecretLength = 30
)

// random returns n capital letters and digits.
func random(n int) string {
	var text strings.Builder
	for text.Len() < n {
		text.WriteString(rand.Text())
	}
	return text.String()[:n]
}

// write replaces a file of the owner in one step, so that readers see the old
// text or the new one.
func write(path, text string) error {
	next := path + ".new"
	if err := os.WriteFile(next, []byte(text), 0o600); err != nil {
		return err
	}
	return os.Rename(next, path)
}

// read returns the text of a file without trailing newlines; an absent file is
// empty.
func read(path string) (string, error) {
	text, err := os.ReadFile(path) //nolint:gosec // a file of the data folder
	if errors.Is(err, fs.ErrNotExist) {
		return "", nil
	}
	return strings.TrimRight(string(text), "\n"), err
}

// An accessKey is the key of the emulated account.
type accessKey struct{ id, secret string }

// emulatorKey returns the caller's key, the key in DATA_DIR/emulator-key, or a
// new one. The folder has the form of CREDENTIALS_DIR: broker and emulator find
// the same key there when they are started apart.
func (s settings) emulatorKey() (accessKey, error) {
	folder := s.inData("emulator-key")
	id, secret := filepath.Join(folder, "access_key_id"), filepath.Join(folder, "access_key_secret")
	kept, err := read(secret)
	if err == nil && kept == "" {
		err = s.newEmulatorKey(folder)
	}
	if given := (accessKey{s["EMULATOR_ACCESS_KEY_ID"], s["EMULATOR_ACCESS_KEY_SECRET"]}); given.id != "" && given.secret != "" {
		err = errors.Join(err, write(id, given.id), write(secret, given.secret))
	}
	var key accessKey
	if err == nil {
		key.id, err = read(id)
	}
	if err == nil {
		key.secret, err = read(secret)
	}
	return key, err
}

// newEmulatorKey draws a key and moves it into place as a whole. Of two programs
// that do so at once, the second one uses the key of the first.
func (s settings) newEmulatorKey(folder string) error {
	next, err := os.MkdirTemp(s["DATA_DIR"], ".emulator-key.")
	if err != nil {
		return err
	}
	defer os.RemoveAll(next)
	err = errors.Join(
		write(filepath.Join(next, "access_key_id"), "LTAI"+random(keyIDLength)),
		write(filepath.Join(next, "access_key_secret"), random(keySecretLength)),
	)
	if err == nil {
		if err = os.Rename(next, folder); errors.Is(err, fs.ErrExist) {
			err = nil
		}
	}
	return err
}

// login sets the platform's user and password: the caller's, the password of an
// earlier run, or a new one.
func (s settings) login() error {
	s.byDefault("BROKER_USERNAME", "broker")
	file := s.inData("password")
	kept, err := read(file)
	if err != nil {
		return err
	}
	if s["BROKER_PASSWORD"] == "" && kept != "" {
		s["BROKER_PASSWORD"] = kept
		return nil
	}
	s.byDefault("BROKER_PASSWORD", random(passwordLength))
	return write(file, s["BROKER_PASSWORD"])
}

// operatorToken sets the file with the operator's token, and writes a new token
// where the file is absent or empty.
func (s settings) operatorToken() error {
	s.byDefault("OPS_TOKENS_FILE", s.inData("ops-tokens"))
	kept, err := read(s["OPS_TOKENS_FILE"])
	if err != nil || kept != "" {
		return err
	}
	if err := write(s["OPS_TOKENS_FILE"], "operator:"+random(passwordLength)); err != nil {
		return fmt.Errorf("OPS_TOKENS_FILE: %w", err)
	}
	return nil
}
