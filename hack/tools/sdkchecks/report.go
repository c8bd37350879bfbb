package main

import (
	"bufio"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"
)

// A result is the outcome of one client.
type result struct {
	client   string
	problems []string // each fails the run
	passed   int
	failed   int // scenarios that failed, and those that did not run
	took     time.Duration
}

// read reads the report of a client: a line "ok NAME" or "FAILED NAME" for each
// scenario, and any text between them, which is shown with its failure. Each
// line of a scenario is handed on at once.
func (r *result) read(output io.Reader, expected []string, show func(line string)) error {
	open := slices.Clone(expected)
	var said []string
	lines := bufio.NewScanner(output)
	lines.Buffer(nil, maxLine)
	for lines.Scan() {
		word, name, _ := strings.Cut(lines.Text(), " ")
		if word != "ok" && word != "FAILED" {
			said = append(said, lines.Text())
			continue
		}
		name, _, _ = strings.Cut(name, " ")
		at := slices.Index(open, name)
		switch {
		case at < 0 && slices.Contains(expected, name):
			r.fail("scenario " + name + " was reported twice")
		case at < 0:
			r.fail("scenario " + name + " is missing in clients.yaml")
		case word == "ok":
			open = slices.Delete(open, at, at+1)
			r.passed++
		default:
			open = slices.Delete(open, at, at+1)
			r.failed++
			r.problems = append(r.problems, strings.Join(append(said, lines.Text()), "\n    "))
		}
		show(lines.Text())
		said = nil
	}
	for _, name := range open {
		r.failed++
		r.problems = append(r.problems, "scenario "+name+" did not run")
	}
	if len(said) > 0 && len(open) > 0 {
		r.problems = append(r.problems, "its last words:\n    "+strings.Join(said, "\n    "))
	}
	return lines.Err()
}

// maxLine bounds a line of a client, which can be an answer of the cloud.
const maxLine = 1 << 20

// fail notes a problem of the client beside its scenarios.
func (r *result) fail(problem string) {
	r.failed++
	r.problems = append(r.problems, problem)
}

// A summary is the end of a run's output.
type summary struct {
	results  []result
	installs map[string]time.Duration
	skipped  []string
	left     []string // resources that the clients left behind
	took     time.Duration
}

// print writes the summary and reports whether the run is good.
func (s summary) print(w io.Writer) bool {
	passed, failed := 0, len(s.left)
	for _, r := range s.results {
		for _, problem := range r.problems {
			fmt.Fprintf(w, "\n%s: %s\n", r.client, problem)
		}
	}
	fmt.Fprintf(w, "\n%-22s %8s %8s %10s\n", "client", "passed", "failed", "seconds")
	for _, r := range s.results {
		passed += r.passed
		failed += r.failed
		fmt.Fprintf(w, "%-22s %8d %8d %10.1f\n", r.client, r.passed, r.failed, r.took.Seconds())
	}
	languages := make([]string, 0, len(s.installs))
	for name := range s.installs {
		languages = append(languages, name)
	}
	slices.Sort(languages)
	for _, name := range languages {
		fmt.Fprintf(w, "%-22s %8s %8s %10.1f\n", "install "+name, "", "", s.installs[name].Seconds())
	}
	fmt.Fprintf(w, "%-22s %8s %8s %10.1f\n", "all", "", "", s.took.Seconds())
	for _, resource := range s.left {
		fmt.Fprintln(w, "left behind:", resource)
	}
	if len(s.skipped) > 0 {
		fmt.Fprintf(w, "\n*** SDK_CHECKS_SKIP: these clients were NOT run: %s ***\n", strings.Join(s.skipped, ", "))
	}
	fmt.Fprintf(w, "sdk-checks: %d passed, %d failed\n", passed, failed)
	return failed == 0
}
