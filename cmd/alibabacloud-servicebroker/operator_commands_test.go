package main

import (
	"context"
	"encoding/json"
	"encoding/pem"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/api"
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/operator"
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/operator/client"
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/operator/server"
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/store"
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/store/bolt"
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/store/sealed"
)

// A brokerFixture is the operator API over a store, with a fake engine.
type brokerFixture struct {
	t      *testing.T
	store  store.Store
	server *httptest.Server
	token  string // a file

	retried string
	purged  store.Key
	force   bool
}

func (w *brokerFixture) Retry(_ context.Context, id string) ([]store.Key, error) {
	w.retried = id
	return []store.Key{{InstanceID: id}}, nil
}

func (w *brokerFixture) Purge(_ context.Context, k store.Key, force bool) ([]store.Record, error) {
	w.purged, w.force = k, force
	return []store.Record{{Key: k, Revision: 1, Facts: map[string]string{"bucket": "osb-left"}}}, nil
}

func newBrokerFixture(t *testing.T, serve func(http.Handler) *httptest.Server) *brokerFixture {
	t.Helper()
	dir := t.TempDir()
	file, err := bolt.Open(filepath.Join(dir, "store.db"), nil)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = file.Close() })
	keys, err := sealed.Ensure(t.Context(), sealed.File(filepath.Join(dir, "keyset.json")), file, &sealed.Options{SingleProcess: true})
	if err != nil {
		t.Fatal(err)
	}
	gate := api.NewGate(time.Nanosecond, nil)
	if err := gate.SetTokens([]api.NamedToken{{Name: "alice", Token: "sesame:open"}}); err != nil {
		t.Fatal(err)
	}
	w := &brokerFixture{t: t, store: sealed.New(file, keys), token: filepath.Join(dir, "token")}
	w.write("alice:sesame:open\n")
	handler, err := server.New(server.Config{Gate: gate, Store: w.store, Engine: w, Keys: keys, Log: func(string) {}})
	if err != nil {
		t.Fatal(err)
	}
	w.server = serve(api.Ops(api.OpsConfig{Operators: handler}))
	t.Cleanup(w.server.Close)
	return w
}

func (w *brokerFixture) write(token string) {
	w.t.Helper()
	if err := os.WriteFile(w.token, []byte(token), 0o600); err != nil {
		w.t.Fatal(err)
	}
}

// run runs a command, pointed at the server by its environment.
func (w *brokerFixture) run(args ...string) (out string, code int) {
	w.t.Helper()
	env := map[string]string{"OPS_URL": w.server.URL, "OPS_TOKEN_FILE": w.token}
	var b strings.Builder
	err := execute(w.t.Context(), args, func(name string) string { return env[name] }, &b)
	if err != nil && err.Error() == "" {
		w.t.Error("an error without a text")
	}
	return b.String(), exitCode(err)
}

func (w *brokerFixture) put(k store.Key) {
	w.t.Helper()
	_, err := w.store.Update(w.t.Context(), k, func(r *store.Record) error {
		r.Incarnation, r.Goal, r.Settled, r.Offering = "0123456789abcdef", store.Present, true, "databases"
		r.Have, r.Secrets = &store.Spec{}, store.Seal([]byte("hush"))
		r.Operation = &store.Operation{ID: "1", Kind: store.Provision, State: store.Succeeded, Cause: "a\x1b[2Jb"}
		return nil
	})
	if err != nil {
		w.t.Fatal(err)
	}
}

func TestInstancesNone_SomethingExists_ExitsWith3(t *testing.T) {
	w := newBrokerFixture(t, httptest.NewServer)
	if out, code := w.run("instances", "none"); code != 0 {
		t.Errorf("of an empty store: %d %s", code, out)
	}
	w.put(store.Key{InstanceID: "i"})
	if out, code := w.run("instances", "none"); code != 3 {
		t.Errorf("with an instance: %d %s", code, out)
	}
	out, code := w.run("instances", "none", "--json")
	var counts operator.Counts
	if err := json.Unmarshal([]byte(out), &counts); err != nil || code != 3 || counts.Instances != 1 {
		t.Errorf("with an instance, as JSON: %d %s", code, out)
	}
	w.server.Close()
	if out, code := w.run("instances", "none"); code != 1 {
		t.Errorf("without a broker: %d %s", code, out)
	}
}

func TestInstancesNone_Failure_PrintsTheHint(t *testing.T) {
	w := newBrokerFixture(t, httptest.NewServer)
	hinted := func() (string, int) {
		getenv := func(name string) string {
			return map[string]string{"OPS_URL": w.server.URL, "OPS_TOKEN_FILE": w.token}[name]
		}
		err := execute(t.Context(), []string{"instances", "none", "--hint", "Do this."}, getenv, io.Discard)
		return fmt.Sprint(err), exitCode(err)
	}
	if said, code := hinted(); code != 0 || strings.Contains(said, "Do this.") {
		t.Errorf("of an empty store: %d %s", code, said)
	}
	w.put(store.Key{InstanceID: "i"})
	if said, code := hinted(); code != 3 || !strings.Contains(said, "Do this.") {
		t.Errorf("with an instance: %d %s", code, said)
	}
	w.server.Close()
	if said, code := hinted(); code != 1 || !strings.Contains(said, "Do this.") {
		t.Errorf("without a broker: %d %s", code, said)
	}
}

func TestCommands_RunningBroker_PrintItsAnswer(t *testing.T) {
	w := newBrokerFixture(t, httptest.NewServer)
	w.put(store.Key{InstanceID: "a/b"})
	w.put(store.Key{InstanceID: "a/b", BindingID: "c"})
	for _, tc := range []struct {
		args []string
		want string
	}{
		{[]string{"instances", "list"}, "a/b"},
		{[]string{"instances", "list", "--failed", "--unfinished", "--deleted"}, "ID"},
		{[]string{"instances", "list", "--json"}, `"instance_id":"a/b","bindings":1`},
		{[]string{"instances", "show", "a/b"}, "binding c"},
		{[]string{"instances", "show", "--json", "a/b"}, `"binding_id": "c"`},
		{[]string{"instances", "retry", "a/b"}, "a/b"},
		{[]string{"instances", "purge", "a/b", "--confirm", "a/b"}, "osb-left"},
		{[]string{"keys", "list"}, "seals"},
		{[]string{"keys", "list", "--json"}, `"primary": true`},
		{[]string{"keys", "add", "--json"}, `"id": `},
		{[]string{"reseal"}, "resealed 0"},
		{[]string{"reseal", "--json"}, `"done":true`},
		{[]string{"help"}, "instances none"},
		{[]string{"instances"}, "instances none"},
		{[]string{"help"}, "--broker-id"},
		{[]string{"help", "instances"}, "show ID"},
		{[]string{"instances", "purge", "--help"}, "--confirm"},
		{[]string{"instances", "purge", "--help"}, "--token-file"},
	} {
		out, code := w.run(tc.args...)
		if code != 0 || !strings.Contains(out, tc.want) || strings.Contains(out, "hush") || strings.Contains(out, "\x1b") {
			t.Errorf("%q: exit code %d\n%s", tc.args, code, out)
		}
	}
	if w.retried != "a/b" || w.purged.InstanceID != "a/b" || w.force {
		t.Errorf("retried %q, purged %v", w.retried, w.purged)
	}
}

func TestKeysCommands_Sequence_RotateTheKey(t *testing.T) {
	w := newBrokerFixture(t, httptest.NewServer)
	w.put(store.Key{InstanceID: "i"})
	ids := func() (ids []string) {
		out, _ := w.run("keys", "list", "--json")
		var list operator.KeyList
		if err := json.Unmarshal([]byte(out), &list); err != nil {
			t.Fatal(err)
		}
		for _, key := range list.Keys {
			id, err := json.Marshal(key.ID)
			if err != nil {
				t.Fatal(err)
			}
			ids = append(ids, string(id))
		}
		return ids
	}
	w.run("keys", "add")
	before := ids()
	if len(before) != 2 {
		t.Fatalf("keys: %v", before)
	}
	for _, step := range []struct {
		args []string
		code int
	}{
		{[]string{"keys", "drop", before[0]}, 1},
		{[]string{"keys", "promote", "x"}, 2},
		{[]string{"keys", "promote", before[1]}, 0},
		{[]string{"keys", "drop", before[0]}, 1},
		{[]string{"reseal"}, 0},
		{[]string{"keys", "drop", before[0]}, 0},
	} {
		if out, code := w.run(step.args...); code != step.code {
			t.Errorf("%q: exit code %d, want %d\n%s", step.args, code, step.code, out)
		}
	}
	if after := ids(); len(after) != 1 || after[0] != before[1] {
		t.Errorf("keys: %v, before %v", after, before)
	}
}

func TestInstancesPurge_WithoutConfirmation_IsRefused(t *testing.T) {
	w := newBrokerFixture(t, httptest.NewServer)
	for _, args := range [][]string{{"i"}, {"i", "--confirm", "j"}, {"i", "--force"}, {"i", "--binding", "b", "--confirm", "i"}} {
		if out, code := w.run(append([]string{"instances", "purge"}, args...)...); code != 2 || w.purged.InstanceID != "" {
			t.Errorf("%q: exit code %d, purged %v\n%s", args, code, w.purged, out)
		}
	}
	if out, code := w.run("instances", "purge", "--binding", "b", "--confirm", "b", "--force", "--", "-i"); code != 0 || w.purged != (store.Key{InstanceID: "-i", BindingID: "b"}) || !w.force {
		t.Errorf("exit code %d, purged %v\n%s", code, w.purged, out)
	}
}

func TestCommands_WrongArguments_ExitWith2(t *testing.T) {
	w := newBrokerFixture(t, httptest.NewServer)
	for _, args := range [][]string{
		{"server"}, {"help", "server"}, {"completion", "bsh"}, {"help", "instances", "shows"}, {"instances", "none", "of", "these"}, {"instances", "show"}, {"instances", "shows", "i"},
		{"instances", "list", "--colour"}, {"keys", "drop"}, {"reseal", "i"}, {"serve", "i"}, {"instances", "list", "--token-file", ""},
	} {
		if out, code := w.run(args...); code != 2 {
			t.Errorf("%q: exit code %d\n%s", args, code, out)
		}
	}
}

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

func TestCommands_RefusedCall_KeepTheCause(t *testing.T) {
	w := newBrokerFixture(t, httptest.NewServer)
	err := execute(t.Context(), []string{"instances", "show", "i", "--url", w.server.URL, "--token-file", w.token}, func(string) string { return "" }, &strings.Builder{})
	if refused, ok := errors.AsType[*client.RefusedError](err); !ok || refused.Status != http.StatusNotFound {
		t.Errorf("show of what is not there = %v", err)
	}
}

func TestCommands_Mistyped_AreCorrected(t *testing.T) {
	for mistyped, want := range map[string]string{"instnces": "did you mean instances", "instances lst": "did you mean list", "serv": "did you mean serve"} {
		err := execute(t.Context(), strings.Fields(mistyped), env(), io.Discard)
		if exitCode(err) != 2 || !strings.Contains(fmt.Sprint(err), want) {
			t.Errorf("%s: exit code %d, error %v", mistyped, exitCode(err), err)
		}
	}
}

func TestCompletion_EveryShell_HasAScript(t *testing.T) {
	for _, shell := range []string{"bash", "zsh", "fish", "powershell"} {
		var script strings.Builder
		if err := execute(t.Context(), []string{"completion", shell}, env(), &script); err != nil || !strings.Contains(script.String(), program) {
			t.Errorf("%s: %v\n%s", shell, err, script.String())
		}
	}
	for words, want := range map[string]string{"inst": "instances", "instances ": "purge", "--store ": "kubernetes", "serve --endpoint ": "rds=https://"} {
		var choices strings.Builder
		if err := execute(t.Context(), append([]string{"__complete"}, strings.Split(words, " ")...), env(), &choices); err != nil || !strings.Contains(choices.String(), want) {
			t.Errorf("%q: %v\n%s", words, err, choices.String())
		}
	}
}
