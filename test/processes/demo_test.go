package processes_test

import (
	"bytes"
	"encoding/base64"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
)

func TestDemo_WholeWalk_WorksAndLeaksNoSecret(t *testing.T) {
	w := newEnvironment(t)
	engines := databaseServers(t)
	record := filepath.Join(w.dir, "secrets")
	run := w.start("run", engines, program("run"))
	run.until("the broker is ready", w.brokerReady)

	password := read(t, filepath.Join(w.data, "password"))
	key := read(t, filepath.Join(w.data, "emulator-key", "access_key_secret"))
	for pid, command := range w.processes() {
		if strings.Contains(command, password) || strings.Contains(command, key) {
			t.Errorf("process %d has a secret among its arguments: %s", pid, command)
		}
	}

	demo := w.start("demo", append(engines,
		"BROKER_URL=http://"+w.broker,
		"EMULATOR_CONTROL=http://"+w.control,
		"DEMO_RECORD="+record,
	), program("demo"))
	if code := demo.exit(); code != 0 {
		t.Fatalf("the walk-through ends with %d:\n%s\nThe log:\n%s", code, read(t, demo.log), read(t, run.log))
	}

	run.signal(syscall.SIGTERM)
	if code := run.exit(); code != 0 {
		t.Errorf("run ends with %d after SIGTERM; its log:\n%s", code, read(t, run.log))
	}
	if left := w.processes(); len(left) > 0 {
		t.Errorf("processes are left: %v", left)
	}
	if log := read(t, run.log); strings.Contains(log, "DATA RACE") {
		t.Errorf("there is a data race:\n%s", log)
	}

	secrets := strings.Fields(read(t, record))
	// Two databases' bindings with password and URIs, three buckets'.
	if len(secrets) < 10 {
		t.Errorf("the walk-through saw %d secrets only: %q", len(secrets), secrets)
	}
	secrets = append(secrets, password, key, base64.StdEncoding.EncodeToString([]byte(user+":"+password)))
	searched := w.searched(run.log, demo.log)
	for _, path := range searched {
		text, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		for _, secret := range secrets {
			if bytes.Contains(text, []byte(secret)) {
				t.Errorf("%s holds the secret %q", path, secret)
			}
		}
	}
	if !slices.ContainsFunc(searched, func(path string) bool { return strings.HasSuffix(path, ".db") || strings.Contains(path, "bolt") }) {
		t.Errorf("no bolt file among what was searched: %q", searched)
	}
}

// databaseServers returns the settings for emulated databases: MariaDB. A
// machine without it gets databases without a server, unless REQUIRE_ENGINES is
// set.
func databaseServers(t *testing.T) []string {
	t.Helper()
	t.Setenv("PATH", os.Getenv("PATH")+":/usr/sbin")
	_, err := exec.LookPath("mariadbd")
	switch {
	case err == nil:
		return []string{"EMULATOR_ENGINES=real"}
	case os.Getenv("REQUIRE_ENGINES") != "":
		t.Fatal("mariadbd is not installed: apt-get install mariadb-server-core")
	}
	t.Log("mariadbd is not installed: nothing connects to a database")
	return []string{"EMULATOR_ENGINES=none", "DEMO_NO_ENGINES=1"}
}

// searched returns the files that must be free of secrets: the logs, and the
// data folder apart from the files that hold them.
func (w *environment) searched(logs ...string) []string {
	w.t.Helper()
	found := logs
	err := filepath.WalkDir(w.data, func(path string, entry fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case entry.IsDir() && entry.Name() == "emulator-key":
			return fs.SkipDir
		case !entry.IsDir() && entry.Name() != "password":
			found = append(found, path)
		}
		return nil
	})
	if err != nil {
		w.t.Fatal(err)
	}
	return found
}
