// Command client consumes a binding as an application does: a MySQL client and
// an OSS client in one static program. The walk-through make demo and its test
// use it, so that the machine needs neither tool. As the image
// alibabacloud-broker-client it is an application in a cluster, and client
// binding uses the credentials that the platform gives a pod.
//
// Secrets come in through the environment, since other users of the machine
// can read arguments.
//
// The exit code is 0 on success, 3 if the server refused the login or the
// permission, 2 for a wrong command line, and 1 for every other failure.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"syscall"
	"time"
)

// version is stamped by the linker (make build).
var version = "unknown"

// timeout bounds a whole run: every step of the walk-through is short.
const timeout = 30 * time.Second

// The exit codes.
const (
	exitFailed = 1
	exitUsage  = 2
	exitDenied = 3
)

// errUsage marks a wrong command line.
var errUsage = errors.New("wrong use")

// errDenied marks a refusal by the server: a wrong login, or a missing
// permission.
var errDenied = errors.New("denied")

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	err := run(ctx, os.Args[1:], env{get: os.Getenv, in: os.Stdin, out: os.Stdout})
	stop()
	if err != nil {
		fmt.Fprintln(os.Stderr, "client:", err)
	}
	os.Exit(exitCode(err))
}

// An env is the program's environment, input and output.
type env struct {
	get func(name string) string
	in  io.Reader
	out io.Writer
}

func run(ctx context.Context, args []string, e env) error {
	ctx, cancel := context.WithTimeout(ctx, timeout)
	defer cancel()
	if len(args) == 0 {
		return fmt.Errorf("%w: client binding|mysql|oss|disk|get|version", errUsage)
	}
	switch args[0] {
	case "binding":
		return runBinding(ctx, args[1:], e)
	case "mysql":
		return runMySQL(ctx, args[1:], e)
	case "oss":
		return runOSS(ctx, args[1:], e)
	case "disk":
		return runDisk(args[1:], e)
	case "get":
		return runGet(ctx, args[1:], e)
	case "version", "--version":
		_, err := fmt.Fprintln(e.out, version)
		return err
	default:
		return fmt.Errorf("%w: no command %q", errUsage, args[0])
	}
}

// exitCode gives the code of the package comment for the result of run.
func exitCode(err error) int {
	switch {
	case err == nil:
		return 0
	case errors.Is(err, errUsage):
		return exitUsage
	case errors.Is(err, errDenied):
		return exitDenied
	default:
		return exitFailed
	}
}
