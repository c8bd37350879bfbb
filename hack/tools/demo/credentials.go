package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"net/url"
	"os"
	"slices"
	"strings"
)

// errNoCredentials marks a document that lacks credentials.
var errNoCredentials = errors.New("the answer has no credentials")

// credentials are the members of a binding's credentials, as text.
type credentials map[string]string

// readCredentials reads the answer to a bind. The decoder's error may quote a
// secret of the document, so it is dropped.
func readCredentials(document []byte) (credentials, error) {
	var answer struct {
		Credentials map[string]json.RawMessage `json:"credentials"`
	}
	if err := json.Unmarshal(document, &answer); err != nil || len(answer.Credentials) == 0 {
		return nil, errNoCredentials
	}
	c := credentials{}
	for name, value := range answer.Credentials {
		var text string
		if json.Unmarshal(value, &text) != nil {
			text = string(value)
		}
		c[name] = text
	}
	return c, nil
}

// addresses are the members that hold an address or a user's name.
func addresses() []string {
	return []string{
		"bucket", "ca", "database", "endpoint", "engine", "engine_version", "host", "hostname", "internal_endpoint", "name", "oss_region", "port", "provider", "public_host", "public_port",
		"region", "sslmode", "sslrootcert", "type", "username", "version",
	}
}

// masked returns the members one a line, every secret as ***.
func (c credentials) masked() string {
	var lines strings.Builder
	for _, name := range slices.Sorted(maps.Keys(c)) {
		text := c[name]
		if !slices.Contains(addresses(), name) {
			text = "***"
		}
		fmt.Fprintf(&lines, "%s: %s\n", name, text)
	}
	return lines.String()
}

// secrets returns every secret in each form in which a log could show it.
func (c credentials) secrets() []string {
	var all []string
	for _, name := range slices.Sorted(maps.Keys(c)) {
		if !slices.Contains(addresses(), name) {
			all = append(all, forms(name, c[name])...)
		}
	}
	return all
}

// forms returns the secret strings of a member: the value, and the password in a
// URL, plain and encoded. The id of a key is masked on a terminal but may be in
// logs, as it is in the logs of the cloud.
func forms(name, value string) []string {
	if name == "access_key_id" {
		return nil
	}
	found := []string{value}
	u, err := url.Parse(strings.TrimPrefix(value, "jdbc:"))
	if err != nil || u.Host == "" {
		return found
	}
	passwords := u.Query()["password"]
	if password, ok := u.User.Password(); ok {
		passwords = append(passwords, password)
	}
	if u.User == nil && len(passwords) == 0 {
		return nil // the URL is an address
	}
	for _, password := range passwords {
		found = append(found, password, url.QueryEscape(password), url.PathEscape(password))
	}
	slices.Sort(found)
	return slices.Compact(found)
}

func appendLines(path string, lines []string) error {
	const onlyOwner = 0o600
	file, err := os.OpenFile(path, os.O_APPEND|os.O_CREATE|os.O_WRONLY, onlyOwner) //nolint:gosec // the caller names its own file
	if err != nil {
		return err
	}
	for _, line := range lines {
		if _, err := fmt.Fprintln(file, line); err != nil {
			return errors.Join(err, file.Close())
		}
	}
	return file.Close()
}
