package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"
)

const (
	userName   = "platform"
	password   = "a-password-of-the-attack-1"
	opsToken   = "a-token-of-the-attack-1"
	startTime  = 30 * time.Second
	megabyte   = 1e6
	stopTime   = 10 * time.Second
	keyID      = "LTAIattackattackatta"
	keySecret  = "attackattackattackattackattack"
	brokerName = "attack"
)

// A site is a running broker, with an emulator where the scenario needs one.
type site struct {
	dir                    string
	platforms, ops, scheme string
	control                string // of the emulator
	metrics                string
	log                    string // path
	args                   []string
	broker                 *exec.Cmd
	cloud                  *exec.Cmd
	program                string
}

// A setup is what differs between scenarios.
type setup struct {
	tls   bool
	cloud bool // an emulator runs
	users string
	args  []string
}

// start starts the programs; the caller closes the site.
func (l *lab) start(ctx context.Context, with setup) (s *site, err error) {
	dir, err := os.MkdirTemp("", "attack-")
	if err != nil {
		return nil, err
	}
	s = &site{dir: dir, scheme: "http", log: filepath.Join(dir, "log"), program: l.broker}
	defer func() {
		if err != nil {
			s.close()
		}
	}()
	ports, err := freePorts(5)
	if err != nil {
		return nil, err
	}
	s.platforms, s.ops, s.control, s.metrics = ports[0], ports[1], ports[3], ports[4]
	if with.users == "" {
		with.users = userName + ":" + password + "\n"
	}
	files := map[string]string{
		"users": with.users, "ops-tokens": "attack:" + opsToken + "\n",
		"key/access_key_id": keyID, "key/access_key_secret": keySecret,
	}
	for name, text := range files {
		path := filepath.Join(dir, name)
		if err := errors.Join(os.MkdirAll(filepath.Dir(path), 0o700), os.WriteFile(path, []byte(text), 0o600)); err != nil {
			return nil, err
		}
	}
	s.args = []string{
		"--listen", s.platforms, "--ops-listen", s.ops, "--data-dir", filepath.Join(dir, "data"), "--broker-id", brokerName,
		"--region", "cn-hangzhou", "--users-file", filepath.Join(dir, "users"), "--ops-tokens-file", filepath.Join(dir, "ops-tokens"),
		"--drain-delay", "0s", "--drain-time", "1s", "--poll-interval", "100ms", "--settle-time", "5s",
	}
	if with.cloud {
		cloud := "http://" + ports[2]
		for _, product := range []string{"rds", "ram", "vpc", "sts", "oss", "kms", "metadata"} {
			s.args = append(s.args, "--endpoint", product+"="+cloud)
		}
		s.args = append(s.args, "--insecure-endpoints", "--credentials", "static", "--credentials-dir", filepath.Join(dir, "key"), "--whitelist", "127.0.0.1/32")
		s.cloud = exec.CommandContext(ctx, l.emulator, "--engines", "none", "--profile", "instant", "--listen", ports[2], "--control-listen", s.control) //nolint:gosec // the caller names it
		s.cloud.Env = append(s.cloud.Environ(), "EMULATOR_ACCESS_KEY_ID="+keyID, "EMULATOR_ACCESS_KEY_SECRET="+keySecret)
		if err := s.cloud.Start(); err != nil {
			return nil, err
		}
		if err := until(ctx, "the emulator answers", func() bool { return status(ctx, "http://"+s.control+"/time", nil) == http.StatusOK }); err != nil {
			return nil, err
		}
	}
	if with.tls {
		s.scheme = "https"
		if err := writeCertificate(dir); err != nil {
			return nil, err
		}
		s.args = append(s.args, "--tls-cert-file", filepath.Join(dir, "tls.crt"), "--tls-key-file", filepath.Join(dir, "tls.key"))
	}
	s.args = append(s.args, with.args...)
	return s, s.startBroker(ctx)
}

// startBroker starts the broker and waits until it is ready.
func (s *site) startBroker(ctx context.Context) error {
	log, err := os.OpenFile(s.log, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	defer func() { _ = log.Close() }()
	s.broker = exec.CommandContext(ctx, s.program, s.args...) //nolint:gosec // the caller names it
	s.broker.Stderr = log
	s.broker.Env = append(s.broker.Environ(), "METRICS_LISTEN="+s.metrics) // no flag: an older broker has none
	if err := s.broker.Start(); err != nil {
		return err
	}
	err = until(ctx, "the broker is ready", func() bool { return status(ctx, "http://"+s.ops+"/readyz", nil) == http.StatusOK })
	if err != nil {
		text, _ := os.ReadFile(s.log)
		return fmt.Errorf("%w; its log:\n%s", err, text)
	}
	return nil
}

// stopBroker ends the broker in good order, or kills it.
func (s *site) stopBroker() { stop(s.broker) }

func (s *site) close() {
	stop(s.broker)
	stop(s.cloud)
	_ = os.RemoveAll(s.dir)
}

func stop(program *exec.Cmd) {
	if program == nil || program.Process == nil || program.ProcessState != nil {
		return
	}
	_ = program.Process.Signal(syscall.SIGTERM)
	kill := time.AfterFunc(stopTime, func() { _ = program.Process.Kill() })
	defer kill.Stop()
	_ = program.Wait()
}

// peak returns the largest resident memory of the broker so far, in MB.
func (s *site) peak() float64 {
	file, err := os.Open(fmt.Sprintf("/proc/%d/status", s.broker.Process.Pid))
	if err != nil {
		return 0
	}
	defer func() { _ = file.Close() }()
	for lines := bufio.NewScanner(file); lines.Scan(); {
		if field := strings.Fields(lines.Text()); len(field) == 3 && field[0] == "VmHWM:" {
			kilobytes, _ := strconv.ParseFloat(field[1], 64)
			return kilobytes * 1024 / megabyte
		}
	}
	return 0
}

// logged returns the size of the broker's log.
func (s *site) logged() int64 {
	info, err := os.Stat(s.log)
	if err != nil {
		return 0
	}
	return info.Size()
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

// until waits for a condition.
func until(ctx context.Context, what string, holds func() bool) error {
	ctx, cancel := context.WithTimeout(ctx, startTime)
	defer cancel()
	for !holds() {
		select {
		case <-ctx.Done():
			return fmt.Errorf("not within %v: %s", startTime, what)
		case <-time.After(50 * time.Millisecond):
		}
	}
	return nil
}
