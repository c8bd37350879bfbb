// Command conformance writes docs/conformance.md: the requirements of the Open
// Service Broker API, with the tests that prove them.
//
// The tests are found by the calls of osbtest.Proves in their sources, and run;
// a requirement without proof or a failing test makes the exit status 1. With
// -list the page is written and the tests are left out.
package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"path/filepath"
)

// document is the page, relative to the root of the module.
const document = "docs/conformance.md"

func main() {
	list := flag.Bool("list", false, "write the page without running the tests")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	err := run(ctx, ".", *list)
	stop()
	if err != nil {
		fmt.Fprintln(os.Stderr, "conformance:", err)
		os.Exit(1)
	}
}

// run writes the page for the module at root, also when a test fails. With list
// it leaves the tests out.
func run(ctx context.Context, root string, list bool) error {
	p, err := read(root)
	if err != nil {
		return err
	}
	var failed map[testID]bool
	if !list {
		if failed, err = runTests(ctx, root, p.proofs); err != nil {
			return err
		}
	}
	page, problems := p.render(failed)
	path := filepath.Join(root, filepath.FromSlash(document))
	if err := os.MkdirAll(filepath.Dir(path), 0o750); err != nil {
		return err
	}
	if err := os.WriteFile(path, page, 0o644); err != nil { //nolint:gosec // everyone may read documentation
		return err
	}
	for _, problem := range problems {
		fmt.Fprintln(os.Stderr, problem)
	}
	if len(problems) > 0 {
		return fmt.Errorf("%d problems; see %s", len(problems), document)
	}
	return nil
}
