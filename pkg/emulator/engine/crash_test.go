package engine

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
)

// crashDir is the environment variable that turns this test program into one
// that runs engines until it is killed.
const crashDir = "ENGINE_TEST_CRASH_DIR"

// runUntilKilled is the other program: it says "ready" when two servers run.
func runUntilKilled(dir string, out io.Writer) {
	m, err := NewMariaDB(Options{Dir: dir})
	if err != nil {
		fmt.Fprintln(out, err)
		return
	}
	for _, id := range []string{"rm-1", "rm-2"} {
		if _, err := m.Start(context.Background(), id); err != nil {
			fmt.Fprintln(out, err)
			return
		}
	}
	fmt.Fprintln(out, "ready")
	select {}
}

func TestKilledProcessLeavesNoServerAndTheNextOneSweepsItsFiles(t *testing.T) {
	dir := testDir(t)
	survivor := newMariaDB(t, Options{Dir: dir}) // skips or fails where there is no MariaDB

	program := exec.Command(os.Args[0])
	program.Env = append(os.Environ(), crashDir+"="+dir)
	program.Stderr = os.Stderr
	out, err := program.StdoutPipe()
	must(t, err, program.Start())
	t.Cleanup(func() { _ = program.Process.Kill() })
	if line, err := bufio.NewReader(out).ReadString('\n'); line != "ready\n" {
		t.Fatalf("the other program says %q, %v", line, err)
	}
	if n := len(serversOf(t, dir)); n != 2 {
		t.Fatalf("%d servers run, want 2", n)
	}

	must(t, program.Process.Kill())
	_ = program.Wait() // it was killed
	eventually(t, "no server is left", func() bool { return len(serversOf(t, dir)) == 0 })

	if n := len(runsIn(t, dir)); n != 2 {
		t.Fatalf("%d folders before the sweep, want 2: the survivor's and the killed one's", n)
	}
	s := startOpen(t, survivor, "rm-alive")
	newMariaDB(t, Options{Dir: dir})
	if n := len(runsIn(t, dir)); n != 2 {
		t.Errorf("%d folders after the sweep, want 2: the survivor's and the new one's", n)
	}
	must(t, s.CreateAccount(t.Context(), "app", "Pass-1", false), login(t, s.Addr(), "app", "Pass-1", ""))
}

func runsIn(t *testing.T, dir string) []string {
	t.Helper()
	runs, err := filepath.Glob(filepath.Join(dir, runPrefix+"*"))
	must(t, err)
	return runs
}
