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

// runUntilKilled is the other program: it prints "ready" when a server of each
// engine runs.
func runUntilKilled(dir string, out io.Writer) {
	engines, err := Open(Options{Dir: dir})
	if err != nil {
		fmt.Fprintln(out, err)
		return
	}
	for _, kind := range []string{"MySQL", "PostgreSQL"} {
		s, err := engines.Start(context.Background(), "of-"+kind, kind)
		if err == nil && kind == "PostgreSQL" {
			err = keepBusy(s)
		}
		if err != nil {
			fmt.Fprintln(out, err)
			return
		}
	}
	fmt.Fprintln(out, "ready")
	select {}
}

// keepBusy gives a session endless work in a server.
func keepBusy(s Server) error {
	ctx := context.Background()
	s.Allow(loopback())
	if err := s.CreateAccount(ctx, "app", "Pass-1", false); err != nil {
		return err
	}
	db, err := openClient(s.Addr(), "app", "Pass-1", "postgres")
	if err != nil {
		return err
	}
	working := make(chan error, 1)
	go func() {
		_, err := db.ExecContext(ctx, "DO $$ BEGIN LOOP END LOOP; END $$")
		working <- err
	}()
	busy, err := openClient(s.Addr(), "app", "Pass-1", "postgres")
	for n := 0; err == nil && n == 0; {
		select {
		case err = <-working:
		default:
			err = busy.QueryRowContext(ctx, "SELECT count(*) FROM pg_stat_activity WHERE query LIKE 'DO %' AND state = 'active'").Scan(&n)
		}
	}
	return err
}

func TestHost_KilledProcess_FilesSweptByTheNext(t *testing.T) {
	dir := testDir(t)
	survivor := newMariaDB(t, Options{Dir: dir}) // skips or fails without MariaDB
	newPostgreSQL(t, Options{})                  // skips or fails without PostgreSQL

	program := exec.Command(os.Args[0])
	program.Env = append(os.Environ(), crashDir+"="+dir)
	program.Stderr = os.Stderr
	out, err := program.StdoutPipe()
	must(t, err, program.Start())
	t.Cleanup(func() { _ = program.Process.Kill() })
	if line, err := bufio.NewReader(out).ReadString('\n'); line != "ready\n" {
		t.Fatalf("the other program prints %q, %v", line, err)
	}
	if n := len(serversOf(t, dir)); n < 3 {
		t.Fatalf("%d processes run, want two servers and a session", n)
	}
	if n := len(runsIn(t, dir)); n != 3 {
		t.Fatalf("%d folders while it lives, want 3: the survivor's, and one of each engine", n)
	}

	must(t, program.Process.Kill())
	_ = program.Wait() // it was killed
	eventually(t, "no server is left", func() bool { return len(serversOf(t, dir)) == 0 })

	if n := len(runsIn(t, dir)); n != 3 {
		t.Fatalf("%d folders before the sweep, want 3: the survivor's and the killed one's", n)
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
