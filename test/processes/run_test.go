package processes_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

func TestRun_Ended_LeavesNoProcess(t *testing.T) {
	cases := map[string]struct {
		reason string
		make   bool // run is started by make
		deaf   bool // it is started with SIGINT ignored
		end    func(w *environment, run *process)
		clean  bool   // the exit code is 0
		says   string // in the log: why it stops
	}{
		"SIGTERM": {
			reason: "It is how service managers stop things.",
			end:    func(_ *environment, run *process) { run.signal(syscall.SIGTERM) },
			clean:  true,
			says:   "terminated",
		},
		"SIGINT": {
			reason: "It is Ctrl-C.",
			end:    func(_ *environment, run *process) { run.signal(syscall.SIGINT) },
			clean:  true,
			says:   "interrupt",
		},
		"SIGINTInTheBackground": {
			reason: "A shell lets what it starts in the background ignore SIGINT.",
			deaf:   true,
			end:    func(_ *environment, run *process) { run.signal(syscall.SIGINT) },
			clean:  true,
			says:   "interrupt",
		},
		"SIGTERMForMakeAlone": {
			reason: "make passes it on.",
			make:   true,
			end:    func(_ *environment, run *process) { run.signal(syscall.SIGTERM) },
			says:   "terminated",
		},
		"SIGKILLForMakeAlone": {
			reason: "make dies without a word to what it started.",
			make:   true,
			end: func(w *environment, run *process) {
				run.signal(syscall.SIGKILL)
				run.untilAfterEnd("the programs have stopped", func() bool { return len(w.processes()) == 0 })
			},
			says: "has ended",
		},
		"TheBrokerDies": {
			reason: "An emulator without its broker is of no use, and the failure must be seen.",
			end:    func(w *environment, _ *process) { w.kill("alibabacloud-servicebroker") },
			says:   "the broker has died",
		},
		"TheEmulatorDies": {
			reason: "A broker without its cloud is of no use, and the failure must be seen.",
			end:    func(w *environment, _ *process) { w.kill("alibabacloud-emulator") },
			says:   "the emulator has died",
		},
	}
	script, err := filepath.Abs(program("run"))
	if err != nil {
		t.Fatal(err)
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			w := newEnvironment(t)
			command := []string{script}
			if tc.make {
				makefile := filepath.Join(w.dir, "Makefile")
				if err := os.WriteFile(makefile, []byte(".PHONY: run\nrun:\n\t@exec "+script+"\n"), 0o600); err != nil {
					t.Fatal(err)
				}
				command = []string{"make", "-f", makefile, "run"}
			}
			if tc.deaf {
				command = []string{"bash", "-c", "trap '' INT; exec " + script}
			}
			run := w.start("run", []string{"EMULATOR_ENGINES=none"}, command...)
			run.until("the broker is ready", w.brokerReady)
			tc.end(w, run)
			if code := run.exit(); (code == 0) != tc.clean {
				t.Errorf("the exit code is %d: %s\n%s", code, tc.reason, read(t, run.log))
			}
			if log := read(t, run.log); !strings.Contains(log, tc.says) {
				t.Errorf("the log does not say why it stops, %q:\n%s", tc.says, log)
			}
			if left := w.processes(); len(left) > 0 {
				t.Errorf("processes are left: %v: %s", left, tc.reason)
			}
		})
	}
}

// kill ends a program as a crash would.
func (w *environment) kill(name string) {
	w.t.Helper()
	for pid, command := range w.processes() {
		if strings.HasPrefix(command, program(name)+" ") {
			if err := syscall.Kill(pid, syscall.SIGKILL); err != nil {
				w.t.Fatal(err)
			}
			return
		}
	}
	w.t.Fatalf("no %s among %v", name, w.processes())
}

func TestRun_Restarted_KeepsThePassword(t *testing.T) {
	w := newEnvironment(t)
	file := filepath.Join(w.data, "password")
	start := func(env ...string) string {
		run := w.start("run", append(env, "EMULATOR_ENGINES=none"), program("run"))
		run.until("the broker is ready", w.brokerReady)
		password := read(t, file)
		if status, body, err := w.send("GET", "http://"+w.broker+"/v2/catalog", "", password); err != nil || status != 200 {
			t.Errorf("with the password of the file the catalog is %d %s, %v", status, body, err)
		}
		run.signal(syscall.SIGTERM)
		run.exit()
		if strings.Contains(read(t, run.log), password) {
			t.Errorf("the log has the password:\n%s", read(t, run.log))
		}
		return password
	}
	made := start()
	if len(made) < 20 {
		t.Errorf("the password %q is short", made)
	}
	if again := start(); again != made {
		t.Errorf("the second start has the password %q, the first had %q", again, made)
	}
	if given := start("BROKER_PASSWORD=given-by-the-user"); given != "given-by-the-user" {
		t.Errorf("the file has %q, not the password that was given", given)
	}
	for path, want := range map[string]os.FileMode{
		w.data: 0o700, file: 0o600, filepath.Join(w.data, "emulator-key", "access_key_secret"): 0o600,
	} {
		info, err := os.Stat(path)
		if err != nil {
			t.Fatal(err)
		}
		if got := info.Mode().Perm(); got != want {
			t.Errorf("%s has mode %o, want %o", path, got, want)
		}
	}
}

func TestRun_OnTerminal_ShowsThePassword(t *testing.T) {
	if _, err := exec.LookPath("script"); err != nil {
		t.Fatal("the terminal comes from script, of Debian's bsdutils: install it")
	}
	w := newEnvironment(t)
	typescript := filepath.Join(w.dir, "typescript")
	run := w.start("script", []string{"EMULATOR_ENGINES=none", "SHELL=/bin/bash"}, "script", "-qefc", program("run")+" 2>"+filepath.Join(w.dir, "stderr"), typescript)
	run.until("the broker is ready", w.brokerReady)
	password := read(t, filepath.Join(w.data, "password"))
	run.until("the terminal shows it all", func() bool { return strings.Contains(read(t, typescript), "Ctrl-C stops it") })
	if n := strings.Count(read(t, typescript), password); n != 1 {
		t.Errorf("the terminal shows the password %d times, want once:\n%s", n, read(t, typescript))
	}
	run.signal(syscall.SIGTERM)
	run.exit()
	if strings.Contains(read(t, filepath.Join(w.dir, "stderr")), password) {
		t.Error("stderr, which may be a log, shows the password")
	}
}
