package main

import (
	"bytes"
	"os"
	"strings"
	"testing"

	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/api"
)

func TestShortSecrets_Warning_NamesTheUserAlone(t *testing.T) {
	t.Parallel()
	users := []api.User{{Name: "alice", Password: "Zq"}, {Name: "bob", Password: "twelve-long!"}, {Name: "carol", Password: "üüüüüüüüüüü"}}
	warnings := shortAccounts(users, []api.Token{"long-enough-token", "Zqx"})
	warnings = append(warnings, shortOperatorTokens([]api.NamedToken{{Name: "dora", Token: "Zqy"}, {Name: "emil", Token: "long-enough-token"}})...)
	text := strings.Join(warnings, "\n")
	for _, want := range []string{`"alice"`, `"carol"`, "number=2", `"dora"`} {
		if !strings.Contains(text, want) {
			t.Errorf("no warning has %s:\n%s", want, text)
		}
	}
	if len(warnings) != 4 || strings.Contains(text, "Zq") || strings.Contains(text, "üü") {
		t.Errorf("warnings: %q; want four, without a secret", warnings)
	}
}

// A short password is warned of at the start, and again when the file changes.
func TestShortSecrets_StartAndReload_AreWarnedOf(t *testing.T) {
	read, write, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	stderr := os.Stderr
	os.Stderr = write // glog writes there
	lines := make(chan string, 1)
	go func() {
		var all bytes.Buffer
		_, _ = all.ReadFrom(read)
		lines <- all.String()
	}()
	users := file(t, "platform:right-password-1\nshort-1:a\n")
	operators := file(t, "operator:token-of-the-operator\nshort-2:b\n")
	p := runBroker(t, nil, "--users-file", users, "--ops-tokens-file", operators)
	if err := os.WriteFile(users, []byte("platform:right-password-2\nshort-3:c\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	p.eventually("reloaded", func() bool { return p.status("http://"+p.listen+"/v2/catalog", "right-password-2") == 200 })
	p.stop()
	p.ended <- <-p.ended // it writes no more
	os.Stderr = stderr
	_ = write.Close()
	text := <-lines
	for _, name := range []string{"short-1", "short-2", "short-3"} {
		if !strings.Contains(text, `"`+name+`"`) {
			t.Errorf("the log has no warning of %s:\n%s", name, text)
		}
	}
}
