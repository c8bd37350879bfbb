package main

import (
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// env is an environment of a test.
func env(pairs ...string) func(string) string {
	m := map[string]string{}
	for i := 0; i < len(pairs); i += 2 {
		m[pairs[i]] = pairs[i+1]
	}
	return func(name string) string { return m[name] }
}

func file(t *testing.T, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func TestFlagsWinOverEnvironmentOverFileOverDefaults(t *testing.T) {
	path := file(t, "listen: 127.0.0.1:1\nops-listen: 127.0.0.1:1\nsettle-time: 1m\nbroker-id: file\nwhitelist: [10.0.0.0/8, 192.168.1.1]\n")
	c, err := readConfig([]string{"--config", path, "--listen", "127.0.0.1:3"},
		env("LISTEN", "127.0.0.1:2", "OPS_LISTEN", "127.0.0.1:2"), io.Discard)
	if err != nil {
		t.Fatal(err)
	}
	if c.listen != "127.0.0.1:3" || c.opsListen != "127.0.0.1:2" || c.settleTime != time.Minute || c.pollInterval != 10*time.Second {
		t.Errorf("listen %s, ops-listen %s, settle-time %s, poll-interval %s: want flag, environment, file, default",
			c.listen, c.opsListen, c.settleTime, c.pollInterval)
	}
	if got := c.whitelist.String(); got != "10.0.0.0/8,192.168.1.1" {
		t.Errorf("whitelist %s, want both entries of the file's list", got)
	}
}

func TestConfigurationsThatCannotBeServedAreRefused(t *testing.T) {
	cases := map[string]struct {
		args []string
		env  func(string) string
	}{
		"NoBrokerID":          {nil, env()},
		"LongBrokerID":        {[]string{"--broker-id", strings.Repeat("x", 65)}, env()},
		"UnknownFlag":         {[]string{"--broker-id", "b", "--colour", "red"}, env()},
		"Argument":            {[]string{"--broker-id", "b", "serve"}, env()},
		"UnknownStore":        {[]string{"--broker-id", "b", "--store", "memory"}, env()},
		"PlainHTTPEndpoint":   {[]string{"--broker-id", "b", "--endpoint", "rds=http://127.0.0.1:1"}, env()},
		"UnknownProduct":      {[]string{"--broker-id", "b", "--endpoint", "ecs=https://127.0.0.1:1"}, env()},
		"EndpointWithoutURL":  {[]string{"--broker-id", "b", "--endpoint", "rds"}, env()},
		"BadWhitelist":        {[]string{"--broker-id", "b", "--whitelist", "everybody"}, env()},
		"CertificateAlone":    {[]string{"--broker-id", "b", "--tls-cert-file", "x"}, env()},
		"UserWithoutPassword": {[]string{"--broker-id", "b"}, env("BROKER_USERNAME", "u")},
		"DebugPrintsSecrets":  {[]string{"--broker-id", "b"}, env("DEBUG", "x,sdk")},
		"BadDuration":         {[]string{"--broker-id", "b"}, env("SETTLE_TIME", "soon")},
		"UnknownSetting":      {[]string{"--broker-id", "b", "--config", file(t, "listne: x\n")}, env()},
		"MissingFile":         {[]string{"--broker-id", "b", "--config", "/does/not/exist"}, env()},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			if _, err := readConfig(tc.args, tc.env, io.Discard); err == nil {
				t.Error("it was accepted")
			}
		})
	}
}

func TestInsecureEndpointsAreAllowedWhereAsked(t *testing.T) {
	c, err := readConfig([]string{"--broker-id", "b"},
		env("ENDPOINTS", "rds=http://127.0.0.1:1,oss=https://oss.example.com", "INSECURE_ENDPOINTS", "true"), io.Discard)
	if err != nil {
		t.Fatal(err)
	}
	if c.endpoints["rds"].Host != "127.0.0.1:1" || c.endpoints["oss"].Host != "oss.example.com" {
		t.Errorf("endpoints %v", map[string]any{"rds": c.endpoints["rds"], "oss": c.endpoints["oss"]})
	}
}

func TestUsersOfFileAndEnvironmentAreAllValid(t *testing.T) {
	c, err := readConfig([]string{"--broker-id", "b", "--users-file", file(t, "# rotated\nold:one\nnew:two:with:colons\n"), "--tokens-file", file(t, "token\n")},
		env("BROKER_USERNAME", "env", "BROKER_PASSWORD", "three"), io.Discard)
	if err != nil {
		t.Fatal(err)
	}
	users, tokens, err := c.accounts()
	if err != nil {
		t.Fatal(err)
	}
	got := map[string]string{}
	for _, u := range users {
		got[u.Name] = u.Password
	}
	if len(got) != 3 || got["old"] != "one" || got["new"] != "two:with:colons" || got["env"] != "three" || len(tokens) != 1 {
		t.Errorf("%d users and %d tokens, want three and one, with their passwords", len(got), len(tokens))
	}
}

func TestABrokerThatNobodyCouldCallDoesNotStart(t *testing.T) {
	err := run(t.Context(), []string{"--broker-id", "b", "--data-dir", t.TempDir(), "--region", "cn-hangzhou"}, env(), io.Discard)
	if err == nil {
		t.Error("it started without users and tokens")
	}
	c := &config{usersFile: file(t, "justaname\n")}
	if _, _, err := c.accounts(); err == nil || strings.Contains(err.Error(), "justaname") {
		t.Errorf("a line without password gave %v, want an error that does not show the line", err)
	}
}
