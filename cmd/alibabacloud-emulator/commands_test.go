package main

import (
	"bufio"
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"errors"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/aliyun/alibaba-cloud-sdk-go/services/sts"

	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/emulator/engine"
)

// An emulatorProcess is a running emulator with the facts of its greeting.
type emulatorProcess struct {
	*testing.T
	facts  map[string]string // by the first column of the greeting
	cancel context.CancelFunc
	ended  chan error
}

// start runs the program on free ports until it has greeted.
func start(t *testing.T, env map[string]string, args ...string) *emulatorProcess {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	p := &emulatorProcess{T: t, facts: map[string]string{}, cancel: cancel, ended: make(chan error, 1)}
	r, w := io.Pipe()
	args = append([]string{"--listen=127.0.0.1:0", "--control-listen=127.0.0.1:0"}, args...)
	go func() {
		err := execute(ctx, args, func(name string) string { return env[name] }, w, io.Discard)
		p.ended <- err
		_ = w.CloseWithError(io.EOF)
	}()
	t.Cleanup(p.stop)
	lines := bufio.NewScanner(r)
	for lines.Scan() {
		name, value, _ := strings.Cut(lines.Text(), "  ")
		p.facts[name] = strings.TrimSpace(value)
		if name == "access key id" && env["EMULATOR_ACCESS_KEY_ID"] != "" || name == "access key secret" {
			go func() { _, _ = io.Copy(io.Discard, r) }()
			return p
		}
	}
	err := <-p.ended
	p.ended <- nil // for stop
	t.Fatalf("the program ended with %v after %v", err, p.facts)
	return nil
}

// stop ends the program as a signal does, and waits for it.
func (p *emulatorProcess) stop() {
	p.cancel()
	if err := <-p.ended; err != nil {
		p.Errorf("the program ended with %v", err)
	}
	p.ended <- nil // for the next who waits
	if _, err := net.Dial("tcp", strings.TrimPrefix(p.facts["cloud"], "http://")); err == nil {
		p.Error("the port is still served")
	}
}

func identity(t *testing.T, p *emulatorProcess, id, secret string) (string, error) {
	t.Helper()
	c, err := sts.NewClientWithAccessKey(p.facts["region"], id, secret)
	if err != nil {
		t.Fatal(err)
	}
	c.Domain = strings.TrimPrefix(p.facts["cloud"], "http://")
	r := sts.CreateGetCallerIdentityRequest()
	r.Scheme = "HTTP"
	response, err := c.GetCallerIdentity(r)
	if err != nil {
		return "", err
	}
	return response.AccountId, nil
}

func TestServe_Stop_ClosesThePort(t *testing.T) {
	p := start(t, nil)
	account, err := identity(t, p, p.facts["access key id"], p.facts["access key secret"])
	if err != nil || account != p.facts["account"] {
		t.Errorf("account %s, %v; want %s", account, err, p.facts["account"])
	}
	response, err := http.Get(p.facts["control"] + "/state")
	if err != nil {
		t.Fatal(err)
	}
	var state struct{ Instances []json.RawMessage }
	if err := json.NewDecoder(response.Body).Decode(&state); err != nil || response.Body.Close() != nil || state.Instances == nil {
		t.Errorf("state %+v, %v", state, err)
	}
	if p.facts["region"] != "cn-hangzhou" || !strings.HasPrefix(p.facts["databases"], "none") {
		t.Errorf("greeting %v", p.facts)
	}
	p.stop()
}

func TestServe_HTTPSAndMetadata_HaveTheirOwnPorts(t *testing.T) {
	ca := filepath.Join(t.TempDir(), "ca.pem")
	p := start(t, nil, "--tls-listen=127.0.0.1:0", "--ca-file="+ca, "--metadata-listen=127.0.0.1:0", "--metadata-v1")
	pem, err := os.ReadFile(ca)
	pool := x509.NewCertPool()
	if err != nil || !pool.AppendCertsFromPEM(pem) {
		t.Fatalf("the CA is %q, %v", pem, err)
	}
	transport := &http.Transport{TLSClientConfig: &tls.Config{RootCAs: pool}}
	defer transport.CloseIdleConnections()
	response, err := (&http.Client{Transport: transport}).Get(p.facts["https"] + "/?Action=GetCallerIdentity")
	if err != nil || response.Body.Close() != nil || response.Header.Get("X-Acs-Request-Id") == "" {
		t.Errorf("HTTPS: %v", err)
	}
	response, err = http.Get(p.facts["metadata"] + "/latest/meta-data/region-id")
	if err != nil || response.Body.Close() != nil || response.StatusCode != 200 {
		t.Errorf("metadata: %v", err)
	}
}

func TestServe_DatabaseCA_IsTheOneOfTheState(t *testing.T) {
	dir := t.TempDir()
	read := func(name string) string {
		t.Helper()
		file := filepath.Join(dir, name)
		p := start(t, nil, "--database-ca-file="+file, "--state-file="+filepath.Join(dir, "state.json"))
		content, err := os.ReadFile(file)
		if pool := x509.NewCertPool(); err != nil || !pool.AppendCertsFromPEM(content) {
			t.Fatalf("the authority is %q, %v", content, err)
		}
		response, err := http.Get(p.facts["cloud"] + "/ApsaraDB-CA-Chain.pem")
		if err != nil {
			t.Fatal(err)
		}
		served, err := io.ReadAll(response.Body)
		if err != nil || response.Body.Close() != nil || string(served) != string(content) {
			t.Errorf("served is %q, %v", served, err)
		}
		p.stop()
		return string(content)
	}
	if first, second := read("first.pem"), read("second.pem"); first != second {
		t.Error("a restart makes another authority")
	}
}

func noEnvironment(string) string { return "" }

func TestOIDCFile_Providers_AreReadAndChecked(t *testing.T) {
	file := filepath.Join(t.TempDir(), "oidc.json")
	for content, good := range map[string]bool{
		`[{"name":"c","issuer":"https://c","clientIds":["sts.aliyuncs.com"],"trustAny":true}]`: true,
		`[{"name":"c","issuer":"https://c","trustAny":true}]`:                                  false,
		`{}`: false,
	} {
		if err := os.WriteFile(file, []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
		s := settings{}
		if err := s.flags(noEnvironment).Parse([]string{"--oidc-file=" + file}); err != nil {
			t.Fatal(err)
		}
		err := s.read(noEnvironment)
		if (err == nil) != good || good && (len(s.oidc) != 1 || !s.oidc[0].TrustAny) {
			t.Errorf("%s: %+v, %v", content, s.oidc, err)
		}
	}
}

func TestAccessKey_Given_WorksAndItsSecretIsHidden(t *testing.T) {
	p := start(t, map[string]string{"EMULATOR_ACCESS_KEY_ID": "LTAIgiven", "EMULATOR_ACCESS_KEY_SECRET": "sesame", "REGION": "cn-shanghai"})
	if _, err := identity(t, p, "LTAIgiven", "sesame"); err != nil {
		t.Error(err)
	}
	for name, value := range p.facts {
		if strings.Contains(value, "sesame") {
			t.Errorf("the greeting shows the secret as %s", name)
		}
	}
	if p.facts["region"] != "cn-shanghai" {
		t.Errorf("region %s, want the one of the environment", p.facts["region"])
	}
}

func TestSettings_FlagAndVariable_FlagWins(t *testing.T) {
	p := start(t, map[string]string{"REGION": "cn-shanghai", "EMULATOR_PROFILE": "no such thing"}, "--region=cn-beijing", "--profile=instant")
	if p.facts["region"] != "cn-beijing" {
		t.Errorf("region %s, want the flag's", p.facts["region"])
	}
}

func TestSettings_Unusable_AreRefused(t *testing.T) {
	for name, tc := range map[string]struct {
		args []string
		env  map[string]string
	}{
		"unknown flag":         {args: []string{"--port=1"}},
		"unexpected argument":  {args: []string{"server"}},
		"unknown profile":      {args: []string{"--profile=slow"}},
		"malformed account id": {args: []string{"--account-id=12"}},
		"unknown engines":      {args: []string{"--engines=mysql"}},
		"two engines":          {args: []string{"--engines=none real"}},
		"key without a secret": {env: map[string]string{"EMULATOR_ACCESS_KEY_ID": "LTAI"}},
		"secret without a key": {env: map[string]string{"EMULATOR_ACCESS_KEY_SECRET": "s"}},
		"malformed address":    {args: []string{"--listen=nowhere"}},
		"HTTPS without a CA":   {args: []string{"--tls-listen=127.0.0.1:0"}},
		"CA in no folder":      {args: []string{"--tls-listen=127.0.0.1:0", "--ca-file=/no/such/folder/ca.pem"}},
		"missing providers":    {args: []string{"--oidc-file=/no/such/file"}},
	} {
		t.Run(name, func(t *testing.T) {
			ctx, cancel := context.WithCancel(t.Context())
			cancel() // a program that starts after all ends at once, with nil
			args := append([]string{"--control-listen=127.0.0.1:0"}, tc.args...)
			if len(tc.args) == 0 || !strings.HasPrefix(tc.args[0], "--listen") {
				args = append([]string{"--listen=127.0.0.1:0"}, args...)
			}
			if err := execute(ctx, args, func(name string) string { return tc.env[name] }, io.Discard, io.Discard); err == nil {
				t.Error("it started")
			}
		})
	}
}

func TestHelp_Program_NamesFlagsAndVariables(t *testing.T) {
	var help strings.Builder
	if err := execute(t.Context(), []string{"--help"}, noEnvironment, &help, io.Discard); err != nil {
		t.Error(err)
	}
	for _, name := range []string{"--listen", "EMULATOR_LISTEN", "EMULATOR_CONTROL_LISTEN", "--engines", "--profile", "--advertise-host", "serve", "completion", "REGION", "EMULATOR_ACCESS_KEY_SECRET"} {
		if !strings.Contains(help.String(), name) {
			t.Errorf("the help does not name %s", name)
		}
	}
}

func TestEngines_Real_RunWhereInstalled(t *testing.T) {
	installed, err := engine.Open(engine.Options{})
	if err == nil {
		err = installed.Close()
	}
	if err != nil {
		t.Fatal(err)
	}
	if len(installed.Names()) == 0 {
		t.Run("not installed", func(t *testing.T) {
			ctx, cancel := context.WithCancel(t.Context())
			cancel()
			var warning strings.Builder
			args := []string{"--listen=127.0.0.1:0", "--control-listen=127.0.0.1:0"}
			if err := execute(ctx, append(args, "--engines=real"), noEnvironment, io.Discard, io.Discard); !errors.Is(err, engine.ErrNotInstalled) {
				t.Errorf("--engines=real: %v", err)
			}
			if err := execute(ctx, append(args, "--engines=auto"), noEnvironment, io.Discard, &warning); err != nil || warning.Len() == 0 {
				t.Errorf("--engines=auto: %v, with the note %q", err, warning.String())
			}
		})
		return
	}
	for _, mode := range []string{"real", "auto"} {
		p := start(t, nil, "--engines="+mode)
		if p.facts["databases"] != strings.Join(installed.Names(), ", ") {
			t.Errorf("--engines=%s: databases %s", mode, p.facts["databases"])
		}
		p.stop()
	}
}

func TestStateFile_Restart_KeepsStateAndKey(t *testing.T) {
	file := filepath.Join(t.TempDir(), "state.json")
	first := start(t, nil, "--state-file="+file)
	first.stop()
	second := start(t, map[string]string{"EMULATOR_STATE_FILE": file})
	if second.facts["access key id"] != first.facts["access key id"] || second.facts["access key secret"] != first.facts["access key secret"] {
		t.Errorf("the key is %v, and was %v", second.facts, first.facts)
	}
	if account, err := identity(t, second, first.facts["access key id"], first.facts["access key secret"]); err != nil || account != first.facts["account"] {
		t.Errorf("account %s, %v", account, err)
	}
}

func TestVersion_WithoutConfiguration_IsPrinted(t *testing.T) {
	var out strings.Builder
	if err := execute(t.Context(), []string{"--version"}, noEnvironment, &out, io.Discard); err != nil || strings.TrimSpace(out.String()) != version {
		t.Errorf("--version printed %q (%v), want %q", out.String(), err, version)
	}
}

func TestExecute_Switches_ShownByTheControlAPI(t *testing.T) {
	p := start(t, nil, "--unknown-not-found", "--public-buckets", `--behaviour={"oss":{"NameLag":"48h","RefuseV1OfNewBuckets":false}}`)
	response, err := http.Get(p.facts["control"] + "/behaviour")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = response.Body.Close() }()
	var got struct {
		Account struct{ Opened string }
		Gateway struct{ UnknownNotFound bool }
		RAM     struct{ KeyLag, PolicyLag, RevokeLag string }
		Oss     struct {
			RefuseV1, RefuseV1OfNewBuckets, RefusePublicData, BlockPublicAccess bool
			NameLag                                                             string
		}
	}
	if err := json.NewDecoder(response.Body).Decode(&got); err != nil {
		t.Fatal(err)
	}
	if got.Account.Opened != "today" || !got.Gateway.UnknownNotFound || !got.Oss.RefuseV1 || !got.Oss.RefusePublicData || got.Oss.BlockPublicAccess ||
		got.Oss.RefuseV1OfNewBuckets || got.Oss.NameLag != "48h0m0s" {
		t.Errorf("the switches are %+v", got)
	}
	if got.RAM.KeyLag == "0s" || got.RAM.PolicyLag == "0s" || got.RAM.RevokeLag == "0s" {
		t.Errorf("the profile \"seconds\" has the delays %+v", got.RAM)
	}
	for _, flag := range []string{"--account=1999", "--account=", "--behaviour=on", `--behaviour={"oss":{"Flying":true}}`, `--behaviour={"ecs":{}}`} {
		if err := execute(t.Context(), []string{flag, "--listen=127.0.0.1:0", "--control-listen=127.0.0.1:0"}, noEnvironment, io.Discard, io.Discard); err == nil {
			t.Errorf("%s was taken", flag)
		}
	}
}
