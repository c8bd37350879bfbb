// Command conformance writes docs/conformance.md: which requirements of the
// Open Service Broker API the broker meets, and which tests prove it.
//
// It finds the tests by the calls of osbtest.Proves in their sources, runs
// them, and exits with 1 if a requirement is without proof or a test fails.
package main

import (
	"context"
	"fmt"
	"os"
	"os/signal"
	"path/filepath"
)

// document is the page, relative to the root of the module.
const document = "docs/conformance.md"

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	err := run(ctx, ".")
	stop()
	if err != nil {
		fmt.Fprintln(os.Stderr, "conformance:", err)
		os.Exit(1)
	}
}

// run writes the page for the module at root, also when something is wrong.
func run(ctx context.Context, root string) error {
	p, err := read(root)
	if err != nil {
		return err
	}
	failed, err := runTests(ctx, root, p.proofs)
	if err != nil {
		return err
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
