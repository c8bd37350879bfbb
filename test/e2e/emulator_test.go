package e2e_test

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
)

// The key of the emulated account.
const (
	accessKeyID     = "LTAIe2e"
	accessKeySecret = "not-a-secret-of-anybody"
)

// An emulator is the cloud, as a process that pods reach.
type emulator struct {
	process *exec.Cmd
	ended   chan error
	url     string
	https   string // host:port of the cloud over HTTPS
	ca      string // PEM of its authority
	control string
	account string // its id, which the emulator tells last
}

// startEmulator starts it at host and returns when it has told where it is.
func startEmulator(program, host, dir string) (*emulator, error) {
	path, err := filepath.Abs(program)
	if err != nil {
		return nil, err
	}
	log, err := os.Create(filepath.Join(dir, "emulator.log"))
	if err != nil {
		return nil, err
	}
	defer log.Close()
	engines := filepath.Join(dir, "engines")
	if err := os.Mkdir(engines, 0o755); err != nil {
		return nil, err
	}
	c := exec.Command(path, "--listen", host+":0", "--control-listen", host+":0", "--engines", "real", "--engine-dir", engines, "--advertise-host", host,
		"--tls-listen", host+":0", "--ca-file", filepath.Join(dir, "ca.crt"))
	c.Env = append(os.Environ(), "EMULATOR_ACCESS_KEY_ID="+accessKeyID, "EMULATOR_ACCESS_KEY_SECRET="+accessKeySecret)
	c.Stderr = log
	c.SysProcAttr = apart()
	out, err := c.StdoutPipe()
	if err != nil {
		return nil, err
	}
	if err := c.Start(); err != nil {
		return nil, fmt.Errorf("E2E_EMULATOR: %w", err)
	}
	e := &emulator{process: c, ended: make(chan error, 1)}
	for lines := bufio.NewScanner(out); e.account == "" && lines.Scan(); {
		switch name, value, _ := strings.Cut(lines.Text(), " "); name {
		case "cloud":
			e.url = strings.TrimSpace(value)
		case "https":
			e.https = strings.TrimPrefix(strings.TrimSpace(value), "https://")
		case "control":
			e.control = strings.TrimSpace(value)
		case "account":
			e.account = strings.TrimSpace(value)
		}
	}
	go func() {
		_, _ = io.Copy(io.Discard, out)
		e.ended <- c.Wait()
	}()
	if e.account == "" {
		said, _ := os.ReadFile(log.Name())
		return nil, fmt.Errorf("the emulator did not start: %w: %s", <-e.ended, said)
	}
	ca, err := os.ReadFile(filepath.Join(dir, "ca.crt"))
	e.ca = string(ca)
	return e, err
}

func (e *emulator) stop() error {
	if err := e.process.Process.Signal(syscall.SIGTERM); err != nil {
		return err
	}
	select {
	case err := <-e.ended:
		return err
	case <-time.After(30 * time.Second):
		return errors.Join(errors.New("the emulator does not stop"), e.process.Process.Kill())
	}
}

// ask sends a request to the control API and decodes the answer into to, unless
// that is nil.
func (e *emulator) ask(t *testing.T, method, path, body string, to any) {
	t.Helper()
	request, err := http.NewRequestWithContext(t.Context(), method, e.control+path, strings.NewReader(body))
	if t.Context().Err() != nil { // in a clean-up
		request, err = http.NewRequest(method, e.control+path, strings.NewReader(body))
	}
	if err != nil {
		t.Fatal(err)
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	content, err := io.ReadAll(response.Body)
	if err != nil || response.StatusCode >= http.StatusBadRequest {
		t.Fatalf("%s %s: %s, %v: %s", method, path, response.Status, err, content)
	}
	if to != nil {
		if err := json.Unmarshal(content, to); err != nil {
			t.Fatalf("%s %s: %v: %s", method, path, err, content)
		}
	}
}

// A cloudState is the content of the account.
type cloudState struct {
	Instances []struct {
		ID       string `json:"id"`
		Status   string `json:"status"`
		Class    string `json:"class"`
		Accounts []struct {
			Name string `json:"name"`
		} `json:"accounts"`
	} `json:"instances"`
	Buckets []struct {
		Name string `json:"name"`
	} `json:"buckets"`
	Users    []json.RawMessage `json:"users"`
	Keys     []json.RawMessage `json:"keys"`
	Policies []json.RawMessage `json:"policies"`
	Groups   []json.RawMessage `json:"groups"`
	Roles    []struct {
		Name  string `json:"name"`
		Trust string `json:"trust"`
	} `json:"roles"`
}

func (e *emulator) state(t *testing.T) cloudState {
	t.Helper()
	var s cloudState
	e.ask(t, http.MethodGet, "/state", "", &s)
	return s
}

// empty waits until the cloud is empty, which may take a little longer than
// platforms wait.
func (e *emulator) empty(t *testing.T) {
	t.Helper()
	until(t, time.Minute, "nothing is left in the cloud", func() (bool, string) {
		s := e.state(t)
		left := len(s.Instances) + len(s.Buckets) + len(s.Users) + len(s.Keys) + len(s.Policies) + len(s.Groups) + len(s.Roles)
		return left == 0, fmt.Sprintf("%+v", s)
	})
	var unknown []string
	if e.ask(t, http.MethodGet, "/unknown", "", &unknown); len(unknown) > 0 {
		t.Errorf("the emulator was asked for what it does not know: %q", unknown)
	}
}

// fault plays one until the end of the test.
func (e *emulator) fault(t *testing.T, fault string) {
	t.Helper()
	e.ask(t, http.MethodPost, "/faults", fault, nil)
	t.Cleanup(func() {
		e.ask(t, http.MethodDelete, "/faults", "", nil)
		e.ask(t, http.MethodPost, "/release", "", nil)
	})
}

// freeze stops the cloud's time until thaw: instances stay unready.
func (e *emulator) freeze(t *testing.T) {
	t.Helper()
	e.ask(t, http.MethodPost, "/freeze", "", nil)
	t.Cleanup(func() { e.thaw(t) })
}

func (e *emulator) thaw(t *testing.T) {
	t.Helper()
	var now struct {
		Now time.Time `json:"now"`
	}
	e.ask(t, http.MethodPost, "/resume", "", &now)
	e.ask(t, http.MethodPost, "/time?t="+time.Now().UTC().Format(time.RFC3339), "", &now)
}
