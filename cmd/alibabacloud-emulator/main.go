// Command alibabacloud-emulator is Alibaba Cloud on this machine: the emulator
// of pkg/emulator as a program. It stays in the foreground until SIGINT or
// SIGTERM and leaves no process behind.
package main

import (
	"context"
	"fmt"
	"os"
	"os/signal"
	"syscall"
)

// version is stamped by the linker (make build).
var version = "unknown"

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	context.AfterFunc(ctx, stop) // the second signal ends it at once
	err := run(ctx, os.Args[1:], os.Getenv, os.Stdout, os.Stderr)
	stop()
	if err != nil {
		fmt.Fprintln(os.Stderr, "alibabacloud-emulator:", err)
		os.Exit(1)
	}
}
