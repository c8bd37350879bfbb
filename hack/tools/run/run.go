package main

import (
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
)

// The modes: which of the two programs run.
const (
	both         = "both"
	onlyEmulator = "emulator"
	onlyBroker   = "broker"
)

// A runner starts the programs of its mode and waits for their end.
type runner struct {
	mode     string
	settings settings
	programs *supervisor
	out, err io.Writer
	terminal bool // out is a terminal
}

func (r *runner) run() error {
	err := r.startAll()
	if err == nil {
		err = r.programs.forever()
	}
	if stop, ok := errors.AsType[stopped](err); ok {
		fmt.Fprintln(r.err, stop)
		err = nil
	}
	return errors.Join(err, r.programs.stop())
}

func (r *runner) startAll() error {
	if err := os.MkdirAll(r.settings["DATA_DIR"], 0o700); err != nil {
		return err
	}
	if r.mode != onlyBroker {
		if err := r.startEmulator(); err != nil {
			return err
		}
	}
	if r.mode != onlyEmulator {
		if err := r.startBroker(); err != nil {
			return err
		}
	}
	return r.show()
}

func (r *runner) startEmulator() error {
	s := r.settings
	r.needDatabases()
	key, err := s.emulatorKey()
	if err != nil {
		return err
	}
	state := s.inData("emulator.json")
	if s.isSet("EMULATOR_STATE_FILE") {
		state = s["EMULATOR_STATE_FILE"]
	}
	env := s.with(settings{"EMULATOR_ACCESS_KEY_ID": key.id, "EMULATOR_ACCESS_KEY_SECRET": key.secret})
	err = r.programs.start(onlyEmulator, s.program("alibabacloud-emulator"), env.list(), "--engines", s["EMULATOR_ENGINES"], "--state-file", state)
	if err == nil {
		err = r.programs.listening(onlyEmulator, s["EMULATOR_CONTROL_LISTEN"])
	}
	if err == nil {
		err = r.programs.listening(onlyEmulator, s["EMULATOR_LISTEN"])
	}
	return err
}

func (r *runner) startBroker() error {
	s := r.settings
	if err := errors.Join(s.login(), s.operatorToken()); err != nil {
		return err
	}
	s.byDefault("BROKER_ID", "local")
	s.byDefault("SETTLE_TIME", "5s")
	s.byDefault("POLL_INTERVAL", "250ms")
	if !s.isSet("ENDPOINTS") {
		if _, err := s.emulatorKey(); err != nil {
			return err
		}
		var endpoints []string
		for _, product := range []string{"rds", "ram", "vpc", "sts", "oss", "kms", "metadata"} {
			endpoints = append(endpoints, product+"=http://"+reachable(s["EMULATOR_LISTEN"]))
		}
		s["ENDPOINTS"], s["INSECURE_ENDPOINTS"] = strings.Join(endpoints, ","), "true"
		s["CREDENTIALS"], s["CREDENTIALS_DIR"] = "static", s.inData("emulator-key")
		// Emulated databases and their clients are on this machine.
		s.byDefault("WHITELIST", "127.0.0.1/32")
	}
	if err := r.programs.start(onlyBroker, s.program("alibabacloud-servicebroker"), s.list()); err != nil {
		return err
	}
	return r.programs.listening(onlyBroker, s["LISTEN"])
}

// needDatabases makes sure that emulated databases can be real ones, or warns.
func (r *runner) needDatabases() {
	packages := []string{"mariadb-server-core", "mariadb-client-core"}
	if r.settings["EMULATOR_ENGINES"] == "none" {
		return
	}
	for _, folder := range append(filepath.SplitList(r.settings["PATH"]), "/usr/sbin") {
		if info, err := os.Stat(filepath.Join(folder, "mariadbd")); err == nil && info.Mode().IsRegular() {
			return
		}
	}
	if _, err := exec.LookPath("apt-get"); err == nil && os.Geteuid() == 0 {
		fmt.Fprintln(r.err, "mariadbd is missing: installing", strings.Join(packages, " "))
		install := append([]string{"install", "-q", "-y", "--no-install-recommends"}, packages...)
		if r.aptGet("update", "-q") == nil && r.aptGet(install...) == nil {
			return
		}
	}
	const rule = "**********************************************************************"
	fmt.Fprintf(r.err, `%s
NOTE: mariadbd is missing, so emulated RDS instances have no database:
THE CREDENTIALS OF THEIR BINDINGS WILL NOT CONNECT.
On Debian, as root: apt-get install %s
%s
`, rule, strings.Join(packages, " "), rule)
}

func (r *runner) aptGet(args ...string) error {
	command := exec.Command("apt-get", args...) //nolint:gosec,noctx // fixed arguments; the user can interrupt it
	command.Env = r.settings.with(settings{"DEBIAN_FRONTEND": "noninteractive"}).list()
	command.Stdout, command.Stderr = r.err, r.err
	return command.Run()
}

// show prints the addresses. The password is shown on a terminal only, since
// any other output may be a log.
func (r *runner) show() error {
	s := r.settings
	var text strings.Builder
	text.WriteString("\n")
	if r.mode != onlyEmulator {
		scheme, password := "http", "in "+s.inData("password")
		if s["TLS_CERT_FILE"] != "" {
			scheme = "https"
		}
		if r.terminal {
			password = fmt.Sprintf("%s   (kept in %s)", s["BROKER_PASSWORD"], s.inData("password"))
		}
		fmt.Fprintf(&text, "  Broker    %s://%s\n", scheme, reachable(s["LISTEN"]))
		fmt.Fprintf(&text, "  User      %s\n", s["BROKER_USERNAME"])
		fmt.Fprintf(&text, "  Password  %s\n", password)
		fmt.Fprintf(&text, "  Operator  http://%s   (token in %s)\n", reachable(s["OPS_LISTEN"]), s["OPS_TOKENS_FILE"])
		fmt.Fprintf(&text, "  Metrics   http://%s/metrics\n", reachable(s["METRICS_LISTEN"]))
	}
	if r.mode != onlyBroker {
		fmt.Fprintf(&text, "  Emulator  http://%s   (control: http://%s; access key in %s)\n",
			reachable(s["EMULATOR_LISTEN"]), reachable(s["EMULATOR_CONTROL_LISTEN"]), s.inData("emulator-key"))
	}
	text.WriteString("  Ctrl-C stops it.\n\n")
	_, err := io.WriteString(r.out, text.String())
	return err
}
