package main

import (
	"bytes"
	"context"
	"errors"
	"net"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// call runs the program as a shell would.
func call(t *testing.T, environment map[string]string, in string, args ...string) (string, error) {
	t.Helper()
	var out bytes.Buffer
	err := run(t.Context(), args, env{
		get: func(name string) string { return environment[name] },
		in:  strings.NewReader(in),
		out: &out,
	})
	return out.String(), err
}

func TestJSONPrintsWhatThePathLeadsTo(t *testing.T) {
	const document = `{"services": [{"id": "a"}, {"id": "b", "name": "two", "free": false, "n": 1.50}], "s": "a\nb", "none": null}`
	cases := map[string]struct {
		reason string
		path   string
		want   string
		fails  error
	}{
		"String":     {reason: "A string comes without quotes.", path: ".s", want: "a\nb\n"},
		"Boolean":    {reason: "Other values come as JSON.", path: ".services[1].free", want: "false\n"},
		"Number":     {reason: "A number is not reformatted.", path: ".services[1].n", want: "1.50\n"},
		"Null":       {reason: "Null is not the empty string.", path: ".none", want: "null\n"},
		"Object":     {reason: "An object comes compact.", path: ".services[0]", want: `{"id":"a"}` + "\n"},
		"ByMember":   {reason: "An element without the member is passed over.", path: ".services[name=two].id", want: "b\n"},
		"NoMember":   {reason: "A missing member fails.", path: ".services[0].name", fails: errNoValue},
		"NoElement":  {reason: "An index past the end fails.", path: ".services[2]", fails: errNoValue},
		"NoMatch":    {reason: "An unknown name fails.", path: ".services[name=three]", fails: errNoValue},
		"NotClosed":  {reason: "A broken path is the caller's error.", path: ".services[0", fails: errUsage},
		"IndexMinus": {reason: "Indices do not count from the end.", path: ".services[-1]", fails: errNoValue},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			got, err := call(t, nil, document, "json", tc.path)
			if got != tc.want || !errors.Is(err, tc.fails) || (tc.fails == nil && err != nil) {
				t.Errorf("json %s = %q, %v; want %q, %v: %s", tc.path, got, err, tc.want, tc.fails, tc.reason)
			}
		})
	}
}

func TestCredentialsAreMaskedAndRecordedInEveryForm(t *testing.T) {
	const answer = `{"credentials": {
		"host": "127.0.0.1", "port": 3306, "username": "u1", "password": "p/1 x",
		"uri": "mysql://u1:p%2F1%20x@127.0.0.1:3306/db",
		"jdbcUrl": "jdbc:mysql://127.0.0.1:3306/db?user=u1&password=p%2F1+x",
		"access_key_id": "LTAIexample"}}`
	record := filepath.Join(t.TempDir(), "secrets")

	out, err := call(t, nil, answer, "credentials", "--record", record)
	if err != nil {
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

func TestCredentialsRefusesAnAnswerWithoutThem(t *testing.T) {
	for _, answer := range []string{"", "{}", `{"credentials": {}}`, `{"description": "no"}`, "not JSON: secret-1"} {
		out, err := call(t, nil, answer, "credentials")
		if !errors.Is(err, errNoCredentials) || strings.Contains(err.Error(), "secret-1") {
			t.Errorf("credentials < %q = %q, %v; want errNoCredentials", answer, out, err)
		}
	}
}

func TestMySQLURIIsDecoded(t *testing.T) {
	config, err := mysqlConfig("mysql://u%40x:p%2F1%3A%20%25@127.0.0.1:3307/my_db?charset=utf8mb4")
	if err != nil {
		t.Fatal(err)
	}
	got := []string{config.User, config.Passwd, config.Net, config.Addr, config.DBName}
	want := []string{"u@x", "p/1: %", "tcp", "127.0.0.1:3307", "my_db"}
	if !slices.Equal(got, want) {
		t.Errorf("mysqlConfig = %q, want %q", got, want)
	}
}

func TestMySQLErrorsNeverHoldTheURI(t *testing.T) {
	for _, uri := range []string{"", "secret-1", "http://u:secret-1@h/", "mysql://secret-1", "mysql://u:secret-1%zz@h/d"} {
		_, err := call(t, map[string]string{"MYSQL_URI": uri}, "", "mysql")
		if !errors.Is(err, errUsage) || strings.Contains(err.Error(), "secret-1") {
			t.Errorf("mysql with the URI %q: %v, want errUsage without the URI", uri, err)
		}
	}
}

func TestUnreachableServerIsNoRefusal(t *testing.T) {
	listener, err := new(net.ListenConfig).Listen(context.Background(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	address := listener.Addr().String()
	listener.Close() // nobody listens there now
	_, err = call(t, map[string]string{"MYSQL_URI": "mysql://u:p@" + address + "/d"}, "", "mysql")
	if code := exitCode(err); code != exitFailed {
		t.Errorf("exit code %d (%v), want %d: the walk-through must tell a dead server from a revoked login", code, err, exitFailed)
	}
}

func TestWrongUseIsTold(t *testing.T) {
	for _, args := range [][]string{nil, {"nope"}, {"oss"}, {"oss", "nope"}, {"json"}, {"mysql", "--nope"}} {
		if _, err := call(t, nil, "", args...); exitCode(err) != exitUsage {
			t.Errorf("client %q: %v, want a usage error", args, err)
		}
	}
}
