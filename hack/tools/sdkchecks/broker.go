package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"time"
)

const (
	platform         = "platform"
	platformPassword = "sdk-checks-password" //nolint:gosec // it opens a broker on loopback for minutes
	startTime        = 30 * time.Second
	operationTime    = 3 * time.Minute // with the start of a database server
	betweenPolls     = 200 * time.Millisecond
)

// A broker is the program, running on an emulator.
type broker struct {
	url     string
	log     *bytes.Buffer // to be read once the program has ended
	process *exec.Cmd
}

// startBroker starts the program on free ports; dir keeps its files.
func startBroker(ctx context.Context, program, dir string, environment []string, cloud *emulator) (*broker, error) {
	ports, err := freePorts(3)
	if err != nil {
		return nil, err
	}
	key := filepath.Join(dir, "key")
	if err := os.MkdirAll(key, 0o700); err != nil {
		return nil, err
	}
	for name, text := range map[string]string{"access_key_id": keyID, "access_key_secret": keySecret} {
		if err := os.WriteFile(filepath.Join(key, name), []byte(text), 0o600); err != nil {
			return nil, err
		}
	}
	args := []string{
		"--listen", ports[0], "--ops-listen", ports[1], "--metrics-listen", ports[2], "--data-dir", filepath.Join(dir, "data"),
		"--broker-id", "sdk-checks", "--region", "cn-hangzhou", "--insecure-endpoints", "--credentials", "static", "--credentials-dir", key,
		"--whitelist", "127.0.0.1/32", "--poll-interval", "100ms", "--settle-time", "5s", "--drain-delay", "0s",
	}
	for _, product := range []string{"rds", "ram", "vpc", "sts", "oss", "kms", "metadata"} {
		args = append(args, "--endpoint", product+"=http://"+cloud.address)
	}
	b := &broker{url: "http://" + ports[0], log: &bytes.Buffer{}, process: exec.CommandContext(ctx, program, args...)} //nolint:gosec // the caller's choice
	b.process.Env = append(withoutCloud(environment), "BROKER_USERNAME="+platform, "BROKER_PASSWORD="+platformPassword)
	b.process.Stdout, b.process.Stderr = b.log, b.log
	b.process.Cancel = func() error { return b.process.Process.Signal(os.Interrupt) }
	b.process.WaitDelay = 10 * time.Second
	if err := b.process.Start(); err != nil {
		return nil, fmt.Errorf("%w: make build writes the broker", err)
	}
	within, cancel := context.WithTimeout(ctx, startTime)
	defer cancel()
	for {
		if status, _, err := b.send(within, http.MethodGet, "/v2/catalog", nil); err == nil && status == http.StatusOK {
			return b, nil
		}
		if err := pause(within); err != nil {
			return nil, errors.Join(errors.New("the broker does not answer"), b.stop())
		}
	}
}

// pause is the time between two looks.
func pause(ctx context.Context) error {
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-time.After(betweenPolls):
		return nil
	}
}

// stop ends the program; its error has the end of the log.
func (b *broker) stop() error {
	if err := b.process.Process.Signal(os.Interrupt); err != nil {
		return err
	}
	if err := b.process.Wait(); err != nil {
		return fmt.Errorf("the broker: %w\n%s", err, tail(b.log.String()))
	}
	return nil
}

// freePorts returns addresses on loopback that were free.
func freePorts(count int) (addresses []string, err error) {
	for range count {
		l, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			return nil, err
		}
		defer func() { _ = l.Close() }()
		addresses = append(addresses, l.Addr().String())
	}
	return addresses, nil
}

// send sends a request of a platform.
func (b *broker) send(ctx context.Context, method, path string, body any) (int, []byte, error) {
	var content io.Reader = http.NoBody
	if body != nil {
		text, err := json.Marshal(body)
		if err != nil {
			return 0, nil, err
		}
		content = bytes.NewReader(text)
	}
	request, err := http.NewRequestWithContext(ctx, method, b.url+path, content)
	if err != nil {
		return 0, nil, err
	}
	request.SetBasicAuth(platform, platformPassword)
	request.Header.Set("X-Broker-Api-Version", "2.17")
	request.Header.Set("Content-Type", "application/json")
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return 0, nil, err
	}
	defer response.Body.Close()
	answer, err := io.ReadAll(response.Body)
	return response.StatusCode, answer, err
}

// do sends a request and waits for the end of its operation.
func (b *broker) do(ctx context.Context, method, path, query string, body any) error {
	ctx, cancel := context.WithTimeout(ctx, operationTime)
	defer cancel()
	status, answer, err := b.send(ctx, method, path+"?accepts_incomplete=true&"+query, body)
	for err == nil && status == http.StatusAccepted {
		var operation struct {
			State string `json:"state"`
		}
		if err = pause(ctx); err == nil {
			status, answer, err = b.send(ctx, http.MethodGet, path+"/last_operation", nil)
		}
		if err == nil && status == http.StatusOK {
			err = json.Unmarshal(answer, &operation)
		}
		switch operation.State {
		case "in progress":
			status = http.StatusAccepted
		case "failed":
			status = http.StatusInternalServerError
		}
	}
	if err != nil {
		return fmt.Errorf("%s %s: %w", method, path, err)
	}
	if !slices.Contains([]int{http.StatusOK, http.StatusCreated}, status) && (method != http.MethodDelete || status != http.StatusGone) {
		return fmt.Errorf("%s %s: %d %s", method, path, status, answer)
	}
	return nil
}

// An offering is the part of the catalog that requests and VCAP_SERVICES have.
type offering struct {
	ID    string   `json:"id"`
	Name  string   `json:"name"`
	Tags  []string `json:"tags"`
	Plans []struct {
		ID   string `json:"id"`
		Name string `json:"name"`
	} `json:"plans"`
}

// find returns an offering, and the part of a request that names it with a plan.
func (b *broker) find(ctx context.Context, name, plan string) (offering, map[string]any, error) {
	_, answer, err := b.send(ctx, http.MethodGet, "/v2/catalog", nil)
	if err != nil {
		return offering{}, nil, err
	}
	var catalog struct {
		Services []offering `json:"services"`
	}
	if err := json.Unmarshal(answer, &catalog); err != nil {
		return offering{}, nil, err
	}
	for _, o := range catalog.Services {
		for _, p := range o.Plans {
			if o.Name == name && p.Name == plan {
				return o, map[string]any{"service_id": o.ID, "plan_id": p.ID}, nil
			}
		}
	}
	return offering{}, nil, fmt.Errorf("the catalog lacks the plan %s of %s", plan, name)
}

// queryOf returns the ids of a request as a query.
func queryOf(ids map[string]any) string {
	var parts []string
	for name, id := range ids {
		parts = append(parts, fmt.Sprintf("%s=%v", name, id))
	}
	return strings.Join(parts, "&")
}
