package main

import (
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// env is an environment of a test. It has a user.
func env(pairs ...string) func(string) string {
	m := map[string]string{"BROKER_USERNAME": "platform", "BROKER_PASSWORD": "secret"}
	for i := 0; i < len(pairs); i += 2 {
		m[pairs[i]] = pairs[i+1]
	}
	return func(name string) string { return m[name] }
}

// readConfig reads the configuration as serve does.
func readConfig(args []string, getenv func(string) string) (*config, error) {
	c := newConfig()
	settings := c.flags()
	if err := settings.Parse(args); err != nil {
		return nil, err
	}
	return c, c.read(settings, getenv)
}

func file(t *testing.T, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func TestConfig_SeveralSources_FlagBeatsEnvironmentBeatsFile(t *testing.T) {
	path := file(t, "listen: 127.0.0.1:1\nops-listen: 127.0.0.1:1\nsettle-time: 1m\nbroker-id: file\nwhitelist: [10.0.0.0/8, 192.168.1.1]\n")
	c, err := readConfig([]string{"--config", path, "--listen", "127.0.0.1:3"},
		env("LISTEN", "127.0.0.1:2", "OPS_LISTEN", "127.0.0.1:2"))
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

func TestConfig_PasswordWithNewline_IsTrimmed(t *testing.T) {
	for _, end := range []string{"\n", "\r\n"} {
		c, err := readConfig([]string{"--broker-id", "b", "--region", "cn-hangzhou"}, env("BROKER_USERNAME", "platform"+end, "BROKER_PASSWORD", " se cret "+end))
		if err != nil {
			t.Fatal(err)
		}
		if user := c.users[0]; user.Name != "platform" || user.Password != " se cret " {
			t.Errorf("name %q, password %q", user.Name, user.Password)
		}
	}
	if _, err := readConfig([]string{"--broker-id", "b"}, env("BROKER_PASSWORD", "\n")); err == nil {
		t.Error("a password that is only a newline is accepted")
	}
}

func TestConfig_UnusableSettings_AreRefused(t *testing.T) {
	cases := map[string]struct {
		args []string
		env  func(string) string
	}{
		"NoBrokerID":          {nil, env()},
		"LongBrokerID":        {[]string{"--broker-id", strings.Repeat("x", 65)}, env()},
		"URLAsBrokerID":       {[]string{"--broker-id", "https://bank.example"}, env()},
		"ReservedBrokerID":    {[]string{"--broker-id", "AliYun-prod"}, env()},
		"AccessBrokerID":      {[]string{"--broker-id", "acs:prod"}, env()},
		"BrokerIDOfTwoLines":  {[]string{"--broker-id", "prod\nX: y"}, env()},
		"BrokerIDWithEnd":     {[]string{"--broker-id", "prod "}, env()},
		"BrokerIDWithNull":    {[]string{"--broker-id", "prod\x00"}, env()},
		"LongCatalogPrefix":   {[]string{"--broker-id", "b", "--catalog-prefix", strings.Repeat("x", 65)}, env()},
		"ReservedPrefix":      {[]string{"--broker-id", "b", "--catalog-prefix", "aliyun-"}, env()},
		"PrefixWithBlank":     {[]string{"--broker-id", "b", "--catalog-prefix", "a b"}, env()},
		"URLAsPrefix":         {[]string{"--broker-id", "b", "--catalog-prefix", "http://"}, env()},
		"UnknownFlag":         {[]string{"--broker-id", "b", "--colour", "red"}, env()},
		"UnknownStore":        {[]string{"--broker-id", "b", "--store", "memory"}, env()},
		"PlainHTTPEndpoint":   {[]string{"--broker-id", "b", "--endpoint", "rds=http://127.0.0.1:1"}, env()},
		"UnknownProduct":      {[]string{"--broker-id", "b", "--endpoint", "ecs=https://127.0.0.1:1"}, env()},
		"EndpointWithoutURL":  {[]string{"--broker-id", "b", "--endpoint", "rds"}, env()},
		"BadWhitelist":        {[]string{"--broker-id", "b", "--whitelist", "everybody"}, env()},
		"VPCNotAllowed":       {[]string{"--broker-id", "b", "--vpc-id", "vpc-a", "--allowed-vpcs", "vpc-b,vpc-c"}, env()},
		"CertificateAlone":    {[]string{"--broker-id", "b", "--tls-cert-file", "x"}, env()},
		"UserWithoutPassword": {[]string{"--broker-id", "b"}, env("BROKER_PASSWORD", "")},
		"DebugPrintsSecrets":  {[]string{"--broker-id", "b"}, env("DEBUG", "x,sdk")},
		"Nobody":              {[]string{"--broker-id", "b"}, func(string) string { return "" }},
		"EverybodyAndSome":    {[]string{"--broker-id", "b", "--insecure-no-auth"}, env()},
		"ReviewOfAllPods":     {[]string{"--broker-id", "b", "--token-review"}, env()},
		"AudienceAlone":       {[]string{"--broker-id", "b", "--token-review-audience", "osb"}, env()},
		"ClientCAAlone":       {[]string{"--broker-id", "b", "--client-ca-file", "x"}, env()},
		"MissingVersion500":   {[]string{"--broker-id", "b", "--missing-version-status", "500"}, env()},
		"NegativeDrain":       {[]string{"--broker-id", "b", "--drain-delay", "-1s"}, env()},
		"BadDuration":         {[]string{"--broker-id", "b"}, env("SETTLE_TIME", "soon")},
		"UnknownSetting":      {[]string{"--broker-id", "b", "--config", file(t, "listne: x\n")}, env()},
		"MissingFile":         {[]string{"--broker-id", "b", "--config", "/does/not/exist"}, env()},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			if _, err := readConfig(tc.args, tc.env); err == nil {
				t.Error("it was accepted")
			}
		})
	}
}

func TestConfig_OrdinaryNames_AreAccepted(t *testing.T) {
	for _, id := range []string{"local", "3f2b8c1e-aa11-4d", "prod_eu.1", "Bank: Zürich / 1", "x-aliyun"} {
		if _, err := readConfig([]string{"--broker-id", id, "--catalog-prefix", "eu.1-"}, env()); err != nil {
			t.Errorf("%q: %v", id, err)
		}
	}
}

func TestConfig_InsecureEndpoints_AllowPlainHTTP(t *testing.T) {
	c, err := readConfig([]string{"--broker-id", "b"},
		env("ENDPOINTS", "rds=http://127.0.0.1:1,oss=https://oss.example.com", "INSECURE_ENDPOINTS", "true"))
	if err != nil {
		t.Fatal(err)
	}
	if c.endpoints["rds"].Host != "127.0.0.1:1" || c.endpoints["oss"].Host != "oss.example.com" {
		t.Errorf("endpoints %v", map[string]any{"rds": c.endpoints["rds"], "oss": c.endpoints["oss"]})
	}
}

func TestVersion_WithoutConfiguration_IsPrinted(t *testing.T) {
	var out strings.Builder
	if err := execute(t.Context(), []string{"--version"}, env(), &out); err != nil || strings.TrimSpace(out.String()) != version {
		t.Errorf("--version printed %q (%v), want %q", out.String(), err, version)
	}
}

func TestServe_WithAndWithoutCommand_TakeTheSameFlags(t *testing.T) {
	for _, args := range [][]string{{"--store", "memory"}, {"serve", "--store", "memory"}, {"--store=memory", "serve"}} {
		err := execute(t.Context(), append(args, "--broker-id", "b"), env(), io.Discard)
		if err == nil || !strings.Contains(err.Error(), `--store "memory"`) || exitCode(err) != 1 {
			t.Errorf("%q: exit code %d, error %v", args, exitCode(err), err)
		}
	}
	if err := execute(t.Context(), []string{"--broker-id", "b", "extra"}, env(), io.Discard); exitCode(err) != 2 {
		t.Errorf("an argument that is no command: %v", err)
	}
}
