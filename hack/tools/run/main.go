// Command run starts the broker on the emulator, or one of the two, in the
// foreground:
//
//	bin/run            both
//	bin/run emulator   the emulator
//	bin/run broker     the broker; on the emulator unless ENDPOINTS is set
//
// Every setting is an environment variable (README, "Configuration"), and a
// variable of the caller wins over the default chosen here. SIGINT, SIGTERM and
// SIGHUP stop both programs. make build must have built them.
//
// Secrets are drawn once and kept in DATA_DIR, readable by the owner alone. They
// reach the programs by environment and files, since other users can read
// arguments.
package main

import (
	"fmt"
	"os"
	"os/signal"
	"runtime"
	"syscall"

	"golang.org/x/term"
)

const usage = `usage: run [both|emulator|broker]
  both       the broker on the emulator (the default)
  emulator   the emulator
  broker     the broker; on the emulator unless ENDPOINTS is set
`

// The exit codes of a failure.
const (
	exitFailed = 1
	exitUsage  = 2
)

func main() {
	// The kernel ends the programs together with the thread that started them.
	runtime.LockOSThread()
	parent := os.Getppid()
	// A shell starts background programs with SIGINT ignored; Notify listens to
	// it again.
	signals := make(chan os.Signal, 1)
	signal.Notify(signals, os.Interrupt, syscall.SIGTERM, syscall.SIGHUP)

	mode := both
	if len(os.Args) > 1 {
		mode = os.Args[1]
	}
	switch mode {
	case both, onlyEmulator, onlyBroker:
	case "-h", "--help", "help":
		fmt.Fprint(os.Stdout, usage)
		return
	default:
		fmt.Fprint(os.Stderr, usage)
		os.Exit(exitUsage)
	}
	settings := newSettings(os.Environ())
	if settings.isSet("MAKELEVEL") { // make starts it; killed, make would leave it behind
		if err := endWithParent(); err != nil {
			fmt.Fprintln(os.Stderr, "run:", err)
			os.Exit(exitFailed)
		}
	}
	r := &runner{
		mode: mode, settings: settings, programs: &supervisor{signals: signals, parent: parent},
		out: os.Stdout, err: os.Stderr,
		terminal: term.IsTerminal(int(os.Stdout.Fd())),
	}
	if err := r.run(); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(exitFailed)
	}
}
