// Command sdkchecks runs the official clients of test/sdks against one emulator,
// which it starts:
//
//	sdkchecks [-emulator PROGRAM] [-broker PROGRAM] [-sdks FOLDER] [CLIENT ...]
//
// test/sdks/clients.yaml names the clients, how they are installed and run, and
// their scenarios. The check passes when every client is installed, every named
// scenario ran and passed, and every resource is deleted at the end. SDK_CHECKS_SKIP=NAME[,NAME] leaves out clients or
// languages, and is repeated at the end.
package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"path/filepath"
	"strings"
	"syscall"
)

func main() {
	var o options
	flag.StringVar(&o.emulator, "emulator", "bin/alibabacloud-emulator", "`program` of the emulator; make build writes it")
	flag.StringVar(&o.broker, "broker", "bin/alibabacloud-servicebroker", "`program` of the broker; make build writes it")
	flag.StringVar(&o.folder, "sdks", "test/sdks", "`folder` of clients.yaml")
	flag.Parse()
	o.only = flag.Args()
	o.skip = strings.FieldsFunc(os.Getenv("SDK_CHECKS_SKIP"), func(r rune) bool { return r == ',' || r == ' ' })
	o.environment = os.Environ()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	err := check(ctx, o, os.Stdout)
	stop()
	if err != nil {
		fmt.Fprintln(os.Stderr, "sdkchecks:", err)
		os.Exit(1)
	}
}

// options has the flags, arguments and variables of a run.
type options struct {
	emulator, broker, folder string
	only, skip               []string // names of clients or languages
	environment              []string
}

// list reads clients.yaml and leaves the clients that the options choose.
func (o options) list() (list, error) {
	all, err := readList(filepath.Join(o.folder, "clients.yaml"))
	if err != nil {
		return list{}, err
	}
	return all.chosen(o.only, o.skip)
}
