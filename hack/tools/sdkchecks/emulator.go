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
	secure  string // host:port of the cloud over TLS; empty without strictTLS
	control string // URL of the control API
	ended   <-chan error
	process *os.Process
}

// account2024 is for clients that lack a call to lift the block of public access,
// or that sign in version 1.
func account2024() []string { return []string{"--account", "2024"} }

// strictTLS adds the cloud over TLS to an account of today. RAM and STS are refused
// over plain HTTP; ca is the file of the authority's certificate.
func strictTLS(ca string) []string {
	return []string{"--account", "today", "--tls-listen", "127.0.0.1:0", "--ca-file", ca, "--strict-tls"}
}

// startEmulator starts the program on free ports.
func startEmulator(ctx context.Context, program string, environment, flags []string) (*emulator, error) {
	command := exec.CommandContext(ctx, program, append([]string{"--listen", "127.0.0.1:0", "--control-listen", "127.0.0.1:0", //nolint:gosec // the program is the caller's choice
		"--profile", "instant"}, flags...)...)
	command.Env = append(slices.Clone(environment), "EMULATOR_ACCESS_KEY_ID="+keyID, "EMULATOR_ACCESS_KEY_SECRET="+keySecret)
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
		case "https":
			e.secure = strings.TrimPrefix(strings.TrimSpace(value), "https://")
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

// resources lists the resources of the account, as "kind: resource".
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
