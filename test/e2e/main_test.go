// Package e2e_test installs the broker with its chart in a real cluster with
// Service Catalog, on an emulator of the cloud with real databases. The tests
// do the work of users and operators, and cause the accidents of a cluster.
//
// make e2e runs it; docs/e2e.md lists its needs. Without E2E in the environment
// the package does nothing.
package e2e_test

import (
	"errors"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

// An environment is shared by all tests.
type environment struct {
	cloud    *emulator
	chart    string // folder
	examples string // folder
	prefix   string // of images
	tag      string // of images
	next     string // tag of the broker's image that is upgraded to
	dir      string // for files, removed at the end
	main     *release
	korifi   *korifiRelease // nil until a test needs it
}

// here is made by TestMain and set once.
var here *environment //nolint:gochecknoglobals // belongs to TestMain

func TestMain(m *testing.M) {
	if os.Getenv("E2E") == "" {
		flag.Parse()
		if list := flag.Lookup("test.list"); list != nil && list.Value.String() != "" {
			os.Exit(m.Run())
		}
		fmt.Fprintln(os.Stderr, "E2E is not set: make e2e runs the end-to-end tests")
		os.Exit(0)
	}
	began := time.Now()
	runtime.LockOSThread() // the emulator ends with the thread that has started it
	e, err := newEnvironment()
	if err != nil {
		fmt.Fprintln(os.Stderr, "e2e:", err)
		os.Exit(1)
	}
	here = e
	interrupted := make(chan os.Signal, 1)
	signal.Notify(interrupted, os.Interrupt, syscall.SIGTERM)
	var cleaning sync.Mutex // its holder cleans up, and ends the process
	go func() {
		fmt.Fprintln(os.Stderr, "e2e:", <-interrupted)
		cleaning.Lock()
		if err := errors.Join(sweep(), e.cloud.stop(), os.RemoveAll(e.dir)); err != nil {
			fmt.Fprintln(os.Stderr, "e2e: not all was left as it was found:", err)
		}
		os.Exit(1)
	}()
	code := m.Run()
	cleaning.Lock()
	if err := e.close(); err != nil {
		fmt.Fprintln(os.Stderr, "e2e: not all was left as it was found:", err)
		code = 1
	}
	fmt.Fprintf(os.Stderr, "e2e: all of it took %s\n", time.Since(began).Round(time.Second))
	os.Exit(code)
}

func env(name, otherwise string) string {
	if value := os.Getenv(name); value != "" {
		return value
	}
	return otherwise
}

func newEnvironment() (*environment, error) {
	e := &environment{
		chart: filepath.Join("..", "..", "chart"), examples: filepath.Join("..", "..", "contrib", "examples"),
		prefix: os.Getenv("E2E_IMAGE_PREFIX"), tag: env("E2E_IMAGE_TAG", "e2e"),
	}
	e.next = env("E2E_NEXT_IMAGE_TAG", e.tag+"-next")
	if err := sweep(); err != nil {
		return nil, err
	}
	if err := alone(); err != nil {
		return nil, err
	}
	host := os.Getenv("E2E_HOST")
	if host == "" {
		addresses, err := run("", "kubectl", "get", "nodes", "-o", `jsonpath={.items[0].status.addresses[?(@.type=="InternalIP")].address}`)
		if err != nil {
			return nil, err
		}
		host, _, _ = strings.Cut(addresses, " ")
	}
	var err error
	if e.dir, err = os.MkdirTemp("", "osb-e2e-"); err != nil {
		return nil, err
	}
	if err := os.Chmod(e.dir, 0o711); err != nil { // the database servers are another user's
		return nil, err
	}
	if e.cloud, err = startEmulator(env("E2E_EMULATOR", filepath.Join("..", "..", "bin", "alibabacloud-emulator")), host, e.dir); err != nil {
		return nil, errors.Join(err, os.RemoveAll(e.dir))
	}
	return e, nil
}

// close leaves the cluster and the machine as they were found.
func (e *environment) close() error {
	var failed error
	if e.main != nil {
		failed = e.main.remove()
	}
	if e.korifi != nil {
		failed = errors.Join(failed, e.korifi.remove())
	}
	return errors.Join(failed, sweep(), e.cloud.stop(), os.RemoveAll(e.dir))
}

// alone reports an error if another broker offers the same in this cluster:
// Service Catalog lets one class have one broker, and the examples have fixed
// names.
func alone() error {
	const class, instance = "clusterserviceclass/rds-997b8372-8dac-40ac-ae65-758b4a5075a5", "serviceinstance/rds-mysql-1"
	found, err := run("", "kubectl", "get", "--ignore-not-found", "-o", "name", "-n", "default", class, instance)
	if err != nil {
		return fmt.Errorf("the cluster must be there, with Service Catalog: %w", err)
	}
	if found != "" {
		return fmt.Errorf("the cluster has a broker or an instance already, which would meet those of these tests: %s", found)
	}
	return nil
}
