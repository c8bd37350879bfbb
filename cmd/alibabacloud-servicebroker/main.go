// Command alibabacloud-servicebroker is an Open Service Broker for Alibaba
// Cloud. It reads its configuration, wires the parts together and serves; see
// --help for its flags. With a command instead of flags it speaks, for an
// operator, to a broker that runs; see help.
package main

import (
	"context"
	"fmt"
	"os"
	"os/signal"
	"syscall"

	_ "golang.org/x/crypto/x509roots/fallback" // the authorities to trust where the system has none, as in the image
)

// version is stamped by the linker (make build).
var version = "unknown"

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if args := os.Args[1:]; isCommand(args) {
		code := runCommand(ctx, args, os.Getenv, os.Stdout, os.Stderr)
		stop()
		os.Exit(code) //nolint:gocritic // stop has just run
	}
	if err := run(ctx, os.Args[1:], os.Getenv, os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, "alibabacloud-servicebroker:", err)
		stop()
		os.Exit(1)
	}
}
