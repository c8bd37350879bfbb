package main

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"slices"
	"strings"
	"time"
)

// key is the access key of the emulated account, which exists on loopback for
// the time of a run.
const (
	keyID     = "LTAIsdkchecks"
	keySecret = "sdk-checks-secret" //nolint:gosec // it opens an emulator on loopback for minutes
)

// An emulator is the program, running.
type emulator struct {
	address string // host:port of the cloud
	control string // URL of the control API
	ended   <-chan error
	process *os.Process
}

// startEmulator starts the program on free ports. Its account is one of 2024, which
// takes signatures of version 1 and public buckets: some clients lack a call that
// lifts the block of public access.
func startEmulator(ctx context.Context, program string, environment []string, stderr io.Writer) (*emulator, error) {
	command := exec.CommandContext(ctx, program, "--listen", "127.0.0.1:0", "--control-listen", "127.0.0.1:0",
		"--profile", "instant", "--account", "2024")
	command.Env = append(slices.Clone(environment), "EMULATOR_ACCESS_KEY_ID="+keyID, "EMULATOR_ACCESS_KEY_SECRET="+keySecret)
	command.Stderr = stderr
	command.Cancel = func() error { return command.Process.Signal(os.Interrupt) }
	command.WaitDelay = 10 * time.Second
	output, err := command.StdoutPipe()
	if err != nil {
		return nil, err
	}
	if err := command.Start(); err != nil {
		return nil, fmt.Errorf("%w: make build writes the emulator", err)
	}
	e := &emulator{process: command.Process}
	lines := bufio.NewScanner(output)
	for (e.address == "" || e.control == "") && lines.Scan() {
		switch name, value, _ := strings.Cut(lines.Text(), " "); name {
		case "cloud":
			e.address = strings.TrimPrefix(strings.TrimSpace(value), "http://")
		case "control":
			e.control = strings.TrimSpace(value)
		}
	}
	ended := make(chan error, 1)
	e.ended = ended
	go func() {
		_, copied := io.Copy(io.Discard, output)
		ended <- errors.Join(copied, command.Wait())
	}()
	if e.address == "" || e.control == "" {
		return nil, fmt.Errorf("the emulator has not said where it listens: %w", <-ended)
	}
	return e, nil
}

// stop ends the program.
func (e *emulator) stop() error {
	if err := e.process.Signal(os.Interrupt); err != nil {
		return err
	}
	return <-e.ended
}

// resources lists what the account has, as "kind: resource".
func (e *emulator) resources(ctx context.Context) ([]string, error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, e.control+"/state", http.NoBody)
	if err != nil {
		return nil, err
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return nil, err
	}
	defer response.Body.Close()
	var state map[string][]json.RawMessage
	if err := json.NewDecoder(response.Body).Decode(&state); err != nil {
		return nil, err
	}
	var all []string
	for kind, list := range state {
		for _, resource := range list {
			all = append(all, fmt.Sprintf("%s: %.200s", kind, resource))
		}
	}
	slices.Sort(all)
	return all, nil
}
