package main

import (
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/operator/client"
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/store"
)

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
