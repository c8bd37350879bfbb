package main

import (
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"maps"
	"net/url"
	"os"
	"slices"
	"strings"
)

// errNoCredentials says that a document is not the answer to a bind.
var errNoCredentials = errors.New("no credentials in the answer")

// shown are the credentials' members that say where and who, and no secret.
func shown() []string {
	return []string{
		"bucket", "database", "endpoint", "engine", "engine_version", "host", "internal_endpoint", "port", "region", "type", "username",
	}
}

// runCredentials reads the answer to a bind from standard input and prints its
// credentials, all but the members of shown as ***. With --record it appends
// every secret in them to a file, in each form in which it could turn up in a
// log, one a line.
func runCredentials(args []string, e env) error {
	flags := flag.NewFlagSet("client credentials", flag.ContinueOnError)
	record := flags.String("record", "", "file to append the secrets to")
	if err := flags.Parse(args); err != nil {
		return fmt.Errorf("%w: %w", errUsage, err)
	}
	document, err := io.ReadAll(e.in)
	if err != nil {
		return err
	}
	var answer struct {
		Credentials map[string]json.RawMessage `json:"credentials"`
	}
	// The decoder's error may quote the document: it is not passed on.
	if err := json.Unmarshal(document, &answer); err != nil || len(answer.Credentials) == 0 {
		return errNoCredentials
	}
	var secrets []string
	for _, name := range slices.Sorted(maps.Keys(answer.Credentials)) {
		text, err := printable(answer.Credentials[name])
		if err != nil {
			return errNoCredentials
		}
		if !slices.Contains(shown(), name) {
			secrets = append(secrets, forms(name, text)...)
			text = "***"
		}
		if _, err := fmt.Fprintf(e.out, "%s: %s\n", name, text); err != nil {
			return err
		}
	}
	if *record == "" {
		return nil
	}
	return appendLines(*record, secrets)
}

// forms are the strings of a member that must not turn up anywhere: the value
// itself, and the password in a URL, plain and encoded. A key's id is no
// secret (the cloud's own logs show it), but it is nobody's business on a
// terminal either.
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
		return nil // a URL that only says where
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
