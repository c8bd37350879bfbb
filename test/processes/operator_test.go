package processes_test

import (
	"fmt"
	"net/http"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// command runs a command of an operator as the image does, by the program
// itself. It returns all output and the exit code.
func (w *environment) command(args ...string) (said string, code int) {
	w.t.Helper()
	c := exec.Command(program("alibabacloud-servicebroker"), args...)
	c.Env = append(append([]string{}, w.env...), "OPS_URL=http://"+w.ops, "OPS_TOKEN_FILE="+filepath.Join(w.data, "ops-tokens"))
	text, err := c.CombinedOutput()
	if c.ProcessState == nil {
		w.t.Fatal(err)
	}
	return string(text), c.ProcessState.ExitCode()
}

// Operators see every record of a working broker, and no secret.
func TestOperator_Commands_ShowRecordsAndNoSecret(t *testing.T) {
	w := newEnvironment(t)
	run := w.start("run", []string{"EMULATOR_ENGINES=none", "BROKER_PASSWORD=" + password}, program("run"))
	run.until("the broker is ready", w.brokerReady)
	expect := func(code int, args ...string) string {
		t.Helper()
		said, got := w.command(args...)
		if got != code {
			t.Errorf("%q exits with %d, want %d: %s", args, got, code, said)
		}
		return said
	}
	expect(0, "instances", "none")

	const id, binding = "a/database", "an application"
	path := "/v2/service_instances/a%2Fdatabase"
	given := "Given-by-the-user-7"
	if status, body := w.osb(http.MethodPut, path+"?accepts_incomplete=true", provisionBody(service, plan)); status != http.StatusAccepted {
		t.Fatalf("provision answers %d %s", status, body)
	}
	if status, body := w.osb(http.MethodPut, path+"?accepts_incomplete=true", provisionBody(service, plan)); status != http.StatusAccepted {
		t.Fatalf("the same provision again answers %d %s", status, body)
	}
	run.until("the database is ready", func() bool {
		_, body := w.osb(http.MethodGet, path+"/last_operation", "")
		return state(body) == "succeeded"
	})
	status, body := w.osb(http.MethodPut, path+"/service_bindings/an%20application",
		fmt.Sprintf(`{"service_id": %q, "plan_id": %q, "parameters": {"Username": "theapp", "Password": %q}}`, service, plan, given))
	if status != http.StatusCreated {
		t.Fatalf("bind answers %d %s", status, body)
	}
	credentials := decode[struct{ Credentials map[string]string }](t, body).Credentials
	if credentials["password"] != given {
		t.Fatalf("the credentials are %s", body)
	}

	var seen strings.Builder
	for _, args := range [][]string{
		{"instances", "list"}, {"instances", "list", "--json"}, {"instances", "show", id}, {"instances", "show", id, "--json"},
		{"keys", "list"}, {"keys", "add"}, {"reseal"},
	} {
		seen.WriteString(expect(0, args...))
	}
	seen.WriteString(expect(3, "instances", "none"))
	seen.WriteString(expect(1, "instances", "retry", id)) // everything is finished
	seen.WriteString(expect(2, "instances", "purge", id))
	seen.WriteString(expect(1, "instances", "purge", id, "--confirm", id)) // force is required
	seen.WriteString(expect(0, "instances", "purge", id, "--confirm", id, "--force"))
	expect(0, "instances", "none")
	text := seen.String()
	for _, want := range []string{id, binding, "ready", "provision", "rds-mysql-t1-small", "rm-"} {
		if !strings.Contains(text, want) {
			t.Errorf("operators are not told of %q: %s", want, text)
		}
	}
	log := read(t, run.log)
	for _, said := range []string{`operation accepted instance="a/database" operation=`, `operation ended instance="a/database" operation=`} {
		if n := strings.Count(log, said); n != 1 {
			t.Errorf("the log says %d times, want once: %s", n, said)
		}
	}
	for line := range strings.Lines(log) {
		if strings.Contains(line, " operation ") && strings.Contains(line, `=""`) {
			t.Errorf("a line of log has an empty value: %s", line)
		}
	}
	if !strings.Contains(log, `audit operator="operator" action=purge outcome=ok`) {
		t.Errorf("the purge is not in the log: %s", log)
	}
	for name, secret := range map[string]string{
		"password": given, "uri": credentials["uri"], "jdbcUrl": credentials["jdbcUrl"], "the user's name": "theapp", "parameters": "Username",
		"the platform's password": password, "the operator's token": strings.TrimPrefix(read(t, filepath.Join(w.data, "ops-tokens")), "operator:"),
	} {
		if secret == "" || strings.Contains(text, secret) || strings.Contains(log, secret) {
			t.Errorf("%s: empty, told or logged (%q)", name, secret)
		}
	}
	if len(w.instances()) != 1 {
		t.Error("the cloud was asked to delete what was purged")
	}
	if status, _ := w.osb(http.MethodDelete, path+"?accepts_incomplete=true&service_id="+service+"&plan_id="+plan, ""); status != http.StatusGone {
		t.Errorf("DELETE after the purge answers %d", status)
	}
}
