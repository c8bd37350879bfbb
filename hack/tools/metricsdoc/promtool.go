package metricsdoc

import (
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
)

// Promtool runs promtool in a folder with the given input, and ends the test if
// promtool fails. If promtool is missing, the test is skipped, or fails where
// REQUIRE_PROMTOOL is set.
func Promtool(t testing.TB, dir string, input io.Reader, args ...string) {
	t.Helper()
	program, err := exec.LookPath("promtool")
	if err != nil {
		program = filepath.Join(Root(), "bin", "promtool")
		_, err = os.Stat(program)
	}
	const missing = "PROMTOOL IS NOT HERE: metrics and alert rules are not checked by it; hack/install-test-needs gets it"
	switch {
	case err != nil && os.Getenv("REQUIRE_PROMTOOL") != "": //nolint:forbidigo // a switch of tests
		t.Fatal(missing)
	case err != nil:
		t.Skip(missing)
	}
	command := exec.CommandContext(t.Context(), program, args...) //nolint:gosec // the tests choose the arguments
	command.Dir, command.Stdin = dir, input
	if out, err := command.CombinedOutput(); err != nil {
		t.Fatalf("promtool %q: %v\n%s", args, err, out)
	}
}
