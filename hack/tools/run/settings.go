package main

import (
	"maps"
	"net"
	"path/filepath"
	"slices"
	"strings"
)

// settings are the environment variables of the programs.
type settings map[string]string

// newSettings reads the caller's environment and adds the defaults of a local
// run.
func newSettings(environment []string) settings {
	s := settings{}
	for _, entry := range environment {
		name, value, _ := strings.Cut(entry, "=")
		s[name] = value
	}
	for name, value := range map[string]string{
		"BIN_DIR":                 "bin",
		"DATA_DIR":                "./data",
		"LISTEN":                  "127.0.0.1:8005",
		"OPS_LISTEN":              "127.0.0.1:8006",
		"METRICS_LISTEN":          "127.0.0.1:8009",
		"EMULATOR_LISTEN":         "127.0.0.1:8007",
		"EMULATOR_CONTROL_LISTEN": "127.0.0.1:8008",
		"EMULATOR_ENGINES":        "auto",
		"DRAIN_DELAY":             "0", // clients connect directly, so that the drain has no load balancer to wait for
		"REGION":                  "cn-hangzhou",
	} {
		s.byDefault(name, value)
	}
	return s
}

// byDefault sets a variable that is absent or empty.
func (s settings) byDefault(name, value string) {
	if s[name] == "" {
		s[name] = value
	}
}

// isSet reports whether the variable exists, be it empty.
func (s settings) isSet(name string) bool {
	_, ok := s[name]
	return ok
}

// inData returns the path of a file in the data folder.
func (s settings) inData(name string) string { return filepath.Join(s["DATA_DIR"], name) }

// program returns the path of a program that make build wrote.
func (s settings) program(name string) string { return filepath.Join(s["BIN_DIR"], name) }

// list returns the variables in the form of os.Environ.
func (s settings) list() []string {
	var all []string
	for _, name := range slices.Sorted(maps.Keys(s)) {
		all = append(all, name+"="+s[name])
	}
	return all
}

// with returns a copy with more variables.
func (s settings) with(more settings) settings {
	all := maps.Clone(s)
	maps.Copy(all, more)
	return all
}

// reachable returns the address at which a client on this machine finds a
// listener: listeners on every interface are on loopback too.
func reachable(listen string) string {
	host, port, err := net.SplitHostPort(listen)
	if err != nil {
		return listen
	}
	switch host {
	case "", "0.0.0.0", "::", "*":
		host = "127.0.0.1"
	}
	return net.JoinHostPort(host, port)
}
