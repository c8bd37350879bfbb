// Package hack_test runs the real programs, as processes, the way people run
// them: through make run and make demo, and with kill -9.
package processes_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"math/rand/v2"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"
)

const (
	user      = "broker"
	waitLimit = 2 * time.Minute // for anything that must happen in the end
	often     = 50 * time.Millisecond
)

// TestMain builds the programs once, into the folder that BIN_DIR then names.
func TestMain(m *testing.M) {
	os.Exit(withPrograms(m))
}

func withPrograms(m *testing.M) int {
	bin, err := os.MkdirTemp("", "osb-bin-")
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	defer os.RemoveAll(bin)
	if err := build(bin); err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	os.Setenv("BIN_DIR", bin)
	defer shared.stop()
	return m.Run()
}

func build(bin string) error {
	// go test's cache must know that these tests depend on all sources, and it
	// records the files that the test opens.
	for _, dir := range []string{"../../cmd", "../../pkg", "../../hack/tools"} {
		err := filepath.WalkDir(dir, func(path string, _ fs.DirEntry, err error) error {
			if err != nil {
				return err
			}
			_, err = os.Stat(path)
			return err
		})
		if err != nil {
			return err
		}
	}
	for output, source := range map[string]string{
		"alibabacloud-servicebroker": "../../cmd/alibabacloud-servicebroker",
		"alibabacloud-emulator":      "../../cmd/alibabacloud-emulator",
		"demo-client":                "../../hack/tools/client",
		"demo":                       "../../hack/tools/demo",
		"run":                        "../../hack/tools/run",
	} {
		args := []string{"build", "-buildvcs=false", "-o", filepath.Join(bin, output)}
		if strings.HasPrefix(output, "alibabacloud-") { // the end of a program with the race detector takes its time
			args = append(args, raceFlags()...)
		}
		if out, err := exec.Command("go", append(args, source)...).CombinedOutput(); err != nil {
			return fmt.Errorf("go build %s: %w\n%s", source, err, out)
		}
	}
	return nil
}

// A environment is a place for one broker and one emulator: folders and ports of
// their own, and a mark by which their processes are known.
type environment struct {
	t       *testing.T
	dir     string
	data    string
	tmp     string
	mark    string
	broker  string // address
	ops     string
	metrics string
	cloud   string
	control string
	env     []string
}

func newEnvironment(t *testing.T) *environment {
	t.Helper()
	dir := publicDir(t)
	ports := freePorts(t, 5)
	w := &environment{
		t: t, dir: dir, data: filepath.Join(dir, "data"), tmp: filepath.Join(dir, "tmp"),
		mark:   "OSB_TEST_ENVIRONMENT=" + dir,
		broker: ports[0], ops: ports[1], cloud: ports[2], control: ports[3], metrics: ports[4],
	}
	if err := os.Mkdir(w.tmp, 0o777); err != nil {
		t.Fatal(err)
	}
	w.env = []string{
		"PATH=" + os.Getenv("PATH") + ":/usr/sbin",
		"HOME=" + dir,
		"TMPDIR=" + w.tmp,
		"BIN_DIR=" + os.Getenv("BIN_DIR"),
		"GORACE=halt_on_error=1 atexit_sleep_ms=0",
		w.mark,
		"DATA_DIR=" + w.data,
		"LISTEN=" + w.broker, "OPS_LISTEN=" + w.ops, "METRICS_LISTEN=" + w.metrics,
		"EMULATOR_LISTEN=" + w.cloud, "EMULATOR_CONTROL_LISTEN=" + w.control,
		"BROKER_USERNAME=" + user,
	}
	t.Cleanup(func() {
		for pid := range w.processes() {
			_ = syscall.Kill(pid, syscall.SIGKILL) // it may have ended meanwhile
		}
	})
	return w
}

// publicDir is a folder that others may pass through, unlike t.TempDir: where
// root runs the tests, another user runs the database servers.
func publicDir(t *testing.T) string {
	t.Helper()
	dir, err := os.MkdirTemp("", "osb-test-") //nolint:usetesting // see above
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := os.RemoveAll(dir); err != nil {
			t.Error(err)
		}
	})
	if err := os.Chmod(dir, 0o711); err != nil {
		t.Fatal(err)
	}
	return dir
}

// freePorts returns ports outside the range that the kernel assigns, so that no
// connection takes one before the program starts.
func freePorts(t *testing.T, n int) []string {
	t.Helper()
	var addresses []string
	for tries := 0; len(addresses) < n; tries++ {
		listener, err := net.Listen("tcp", fmt.Sprintf("127.0.0.1:%d", 10_000+rand.N(22_000)))
		if err != nil && tries > 100*n {
			t.Fatal(err)
		}
		if err != nil {
			continue
		}
		defer listener.Close() // all are taken until all are known, so they differ
		addresses = append(addresses, listener.Addr().String())
	}
	return addresses
}

// A process is a started program. Its output goes to a file: a pipe would stay
// open as long as a child holds it.
type process struct {
	t    *testing.T
	cmd  *exec.Cmd
	log  string
	done chan struct{} // closed when it has ended
}

// start runs a program in the environment with more environment. Its log is
// NAME.log.
func (w *environment) start(name string, env []string, command ...string) *process {
	w.t.Helper()
	p := &process{t: w.t, log: filepath.Join(w.dir, name+".log"), done: make(chan struct{})}
	out, err := os.OpenFile(p.log, os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o600)
	if err != nil {
		w.t.Fatal(err)
	}
	p.cmd = exec.Command(command[0], command[1:]...)
	p.cmd.Env = append(append([]string{}, w.env...), env...)
	p.cmd.Stdout, p.cmd.Stderr = out, out
	p.cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	if err := p.cmd.Start(); err != nil {
		w.t.Fatal(err)
	}
	go func() {
		_ = p.cmd.Wait() // its result is in ProcessState
		out.Close()
		close(p.done)
	}()
	return p
}

func (p *process) signal(s syscall.Signal) {
	p.t.Helper()
	if err := p.cmd.Process.Signal(s); err != nil {
		p.t.Fatal(err)
	}
}

// exit waits for the end and returns the exit code, -1 for a signal's death.
func (p *process) exit() int {
	p.t.Helper()
	select {
	case <-p.done:
		return p.cmd.ProcessState.ExitCode()
	case <-time.After(waitLimit):
		p.t.Fatalf("%s does not end; its log:\n%s", p.cmd.Path, read(p.t, p.log))
		return 0
	}
}

// until waits for a condition, as long as the process lives.
func (p *process) until(what string, condition func() bool) {
	p.t.Helper()
	p.wait(what, condition, p.done)
}

// untilAfterEnd is until for what happens once the process has ended.
func (p *process) untilAfterEnd(what string, condition func() bool) {
	p.t.Helper()
	p.wait(what, condition, nil)
}

func (p *process) wait(what string, condition func() bool, failed <-chan struct{}) {
	p.t.Helper()
	ticker := time.NewTicker(often)
	defer ticker.Stop()
	deadline := time.After(waitLimit)
	for !condition() {
		select {
		case <-ticker.C:
		case <-failed:
			p.t.Fatalf("%s has ended before %s; its log:\n%s", p.cmd.Path, what, read(p.t, p.log))
		case <-deadline:
			p.t.Fatalf("%s did not happen; the log of %s:\n%s", what, p.cmd.Path, read(p.t, p.log))
		}
	}
}

// brokerReady and cloudReady say whether the programs serve.
func (w *environment) brokerReady() bool {
	status, _, err := w.get("http://" + w.ops + "/readyz")
	return err == nil && status == http.StatusOK
}

func (w *environment) cloudReady() bool {
	status, _, err := w.get("http://" + w.control + "/state")
	return err == nil && status == http.StatusOK
}

func (w *environment) get(url string) (int, []byte, error) {
	return w.send(http.MethodGet, url, "", "")
}

// send makes one request, as a platform if password is set.
func (w *environment) send(method, url, body, password string) (int, []byte, error) {
	ctx, cancel := context.WithTimeout(w.t.Context(), waitLimit)
	defer cancel()
	request, err := http.NewRequestWithContext(ctx, method, url, strings.NewReader(body))
	if err != nil {
		return 0, nil, err
	}
	if body != "" {
		request.Header.Set("Content-Type", "application/json")
	}
	if password != "" {
		request.Header.Set("X-Broker-API-Version", "2.17")
		request.SetBasicAuth(user, password)
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return 0, nil, err
	}
	defer response.Body.Close()
	answer, err := io.ReadAll(response.Body)
	return response.StatusCode, answer, err
}

// processes are the living processes of the environment, with their command lines. A
// process belongs to it if it has its mark in the environment, or works
// in its folders.
func (w *environment) processes() map[int]string {
	found := map[int]string{}
	entries, err := os.ReadDir("/proc")
	if err != nil {
		w.t.Fatal(err)
	}
	for _, entry := range entries {
		pid, err := strconv.Atoi(entry.Name())
		if err != nil || pid == os.Getpid() {
			continue
		}
		// Both are unreadable for a process that has just ended.
		environment, _ := os.ReadFile(filepath.Join("/proc", entry.Name(), "environ"))
		command, _ := os.ReadFile(filepath.Join("/proc", entry.Name(), "cmdline"))
		if bytes.Contains(environment, []byte(w.mark)) || bytes.Contains(command, []byte(w.dir)) {
			found[pid] = strings.ReplaceAll(string(command), "\x00", " ")
		}
	}
	return found
}

func read(t *testing.T, path string) string {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		t.Fatal(err)
	}
	return string(text)
}

func decode[T any](t *testing.T, text []byte) T {
	t.Helper()
	var value T
	if err := json.Unmarshal(text, &value); err != nil {
		t.Fatalf("%v: %s", err, text)
	}
	return value
}
