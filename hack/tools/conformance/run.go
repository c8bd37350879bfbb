package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"strings"
)

// An event is one line of go test -json.
type event struct {
	Action  string
	Package string
	Test    string
	Output  string
}

// runTests runs all tests of p, package by package, and returns the ones that
// did not pass. Their output goes to the standard error.
func runTests(ctx context.Context, root string, p proofs) (map[testID]bool, error) {
	byPackage := map[string][]testID{}
	for _, test := range p.tests() {
		byPackage[test.Package()] = append(byPackage[test.Package()], test)
	}
	failed := map[testID]bool{}
	for folder, tests := range byPackage {
		passed, err := runPackage(ctx, root, folder, tests)
		if err != nil {
			return nil, err
		}
		for _, test := range tests {
			if !passed[test.Name] {
				failed[test] = true
			}
		}
	}
	return failed, nil
}

// runPackage returns the names of the tests that passed. A skipped test proves
// nothing.
func runPackage(ctx context.Context, root, folder string, tests []testID) (map[string]bool, error) {
	names := make([]string, 0, len(tests))
	for _, test := range tests {
		names = append(names, test.Name)
	}
	//nolint:gosec // folders and names are those of our own tests
	command := exec.CommandContext(ctx, "go", "test", "-json", "-count=1", "-run", "^("+strings.Join(names, "|")+")$", "./"+folder)
	command.Dir = root
	command.Stderr = os.Stderr
	output, err := command.Output()
	if exit := (*exec.ExitError)(nil); err != nil && !errors.As(err, &exit) {
		return nil, fmt.Errorf("go test ./%s: %w", folder, err)
	}
	return readEvents(output)
}

func readEvents(output []byte) (map[string]bool, error) {
	passed := map[string]bool{}
	said := map[string]string{}
	decoder := json.NewDecoder(bytes.NewReader(output))
	for decoder.More() {
		var e event
		if err := decoder.Decode(&e); err != nil {
			return nil, fmt.Errorf("reading what go test says: %w", err)
		}
		switch {
		case e.Action == "output":
			said[e.Test] += e.Output
		case e.Action == "fail":
			fmt.Fprint(os.Stderr, said[e.Test])
		case e.Action == "pass" && e.Test != "" && !strings.Contains(e.Test, "/"):
			passed[e.Test] = true
		}
	}
	return passed, nil
}
