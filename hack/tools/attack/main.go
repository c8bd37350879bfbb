// Command attack attacks the real programs on loopback, prints its figures, and
// fails where a bar is missed:
//
//	hack/attack [-only memory,guess] [-match TLS] [BROKER [EMULATOR]]
//
// Each scenario starts processes of its own in a temporary folder, lasts seconds
// and ends them. The programs are bin/alibabacloud-servicebroker and
// bin/alibabacloud-emulator by default; programs of another version can be named.
package main

import (
	"context"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"runtime"
	"strings"
	"syscall"
	"text/tabwriter"
)

// A scenario is one kind of attack.
type scenario struct {
	name, about string
	run         func(context.Context, *lab) error
}

func scenarios() []scenario {
	return []scenario{
		{"memory", "memory before a password: large headers and idle connections", attackMemory},
		{"guess", "guessing and flooding: wrong passwords from many connections", attackLogin},
		{"review", "token review: anonymous connections with tokens", attackReview},
		{"share", "a tenant's share: keys that cannot be sent", attackShare},
		{"records", "records: the store is written without a key", attackRecords},
		{"bodies", "answers and bodies: unknown parameters, large bodies", attackBodies},
	}
}

// The exit codes of failures.
const (
	exitMissed = 1 // a bar
	exitFailed = 2
)

func main() { os.Exit(run(os.Stdout, os.Stderr)) }

func run(out, errors io.Writer) int {
	only := flag.String("only", "", "comma-separated `scenarios`: memory, guess, review, share, records, bodies (default: all)")
	match := flag.String("match", "", "`text` in the names of the cases to run (default: all)")
	flag.Usage = func() {
		fmt.Fprintln(errors, "usage: hack/attack [-only SCENARIOS] [-match TEXT] [BROKER [EMULATOR]]")
		flag.PrintDefaults()
	}
	flag.Parse()
	programs := lab{out: out, match: *match, broker: "bin/alibabacloud-servicebroker", emulator: "bin/alibabacloud-emulator"}
	for i, program := range []*string{&programs.broker, &programs.emulator} {
		if flag.NArg() > i {
			*program = flag.Arg(i)
		}
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	noteLoad(out)
	missed, err := attack(ctx, programs, *only)
	switch {
	case err != nil:
		fmt.Fprintln(errors, "attack:", err)
		return exitFailed
	case missed > 0:
		fmt.Fprintf(out, "\n%d bars are missed.\n", missed)
		return exitMissed
	}
	fmt.Fprintln(out, "\nEvery bar is held.")
	return 0
}

// noteLoad says so when other programs use the machine: times are theirs too then.
func noteLoad(out io.Writer) {
	text, err := os.ReadFile("/proc/loadavg")
	if err != nil {
		return
	}
	var load float64
	if _, err := fmt.Sscan(string(text), &load); err == nil && load > float64(runtime.NumCPU()) {
		fmt.Fprintf(out, "The load is %.1f on %d processors: times below are those of a busy machine.\n", load, runtime.NumCPU())
	}
}

// attack runs the scenarios and returns the number of missed bars.
func attack(ctx context.Context, programs lab, only string) (failed int, err error) {
	chosen := map[string]bool{}
	for name := range strings.SplitSeq(only, ",") {
		chosen[name] = name != ""
	}
	for _, s := range scenarios() {
		if only != "" && !chosen[s.name] {
			continue
		}
		delete(chosen, s.name)
		fmt.Fprintf(programs.out, "\n%s\n", s.about)
		l := programs
		err := s.run(ctx, &l)
		failed += l.print()
		if err != nil {
			return failed, fmt.Errorf("%s: %w", s.name, err)
		}
	}
	for name, missing := range chosen {
		if only != "" && missing {
			return failed, fmt.Errorf("-only: the scenario %q is unknown", name)
		}
	}
	return failed, nil
}

// A figure is a measured value with its bar.
type figure struct {
	what, value, bar string
	held             bool
}

// A lab starts the programs of a scenario and keeps its figures.
type lab struct {
	out              io.Writer
	broker, emulator string
	match            string
	figures          []figure
}

// isChosen reports whether a case is to run.
func (l *lab) isChosen(name string) bool { return strings.Contains(name, l.match) }

// atMost notes a value and its upper bar.
func (l *lab) atMost(what string, value, bar float64, unit string) {
	l.figures = append(l.figures, figure{what, fmt.Sprintf("%.4g %s", value, unit), fmt.Sprintf("at most %.4g", bar), value <= bar})
}

// holds notes a fact that must be true.
func (l *lab) holds(what, found string, held bool) {
	l.figures = append(l.figures, figure{what, found, "", held})
}

// note keeps a value without a bar.
func (l *lab) note(what, value string) {
	l.figures = append(l.figures, figure{what, value, "-", true})
}

// print prints the figures and returns the number of missed bars.
func (l *lab) print() (missed int) {
	table := tabwriter.NewWriter(l.out, 0, 0, 2, ' ', 0)
	for _, f := range l.figures {
		verdict := "ok"
		if !f.held {
			verdict = "MISSED"
			missed++
		}
		fmt.Fprintf(table, "  %s\t%s\t%s\t%s\n", f.what, f.value, f.bar, verdict)
	}
	_ = table.Flush()
	return missed
}
