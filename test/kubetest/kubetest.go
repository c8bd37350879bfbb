// Package kubetest runs a Kubernetes API server and its etcd for tests: the
// real programs, on free ports of the loopback interface. Other parts of a
// cluster are absent, so the tests alone create and change objects.
//
// It looks for the programs in the environment (KUBE_APISERVER_BIN and
// ETCD_BIN), in ~/.cache/kube-e2e/bin, and in PATH. If they are missing, tests
// are skipped, or fail if REQUIRE_KUBERNETES is set.
package kubetest

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"testing"
)

// A Cluster starts its server at the first call of Server. The zero value is
// ready.
type Cluster struct {
	// Flags are more flags for the API server.
	Flags  []string
	once   sync.Once
	server *Server
	err    error
}

// Run runs the tests of a package and stops the server afterwards. It is for
// TestMain, and returns the exit code.
func (c *Cluster) Run(m *testing.M) int {
	defer c.Stop()
	return m.Run()
}

// errMissing says how to get the missing programs.
var errMissing = errors.New("THE KUBERNETES STORE WAS NOT TESTED: there is no kube-apiserver and etcd here; " +
	"name them in KUBE_APISERVER_BIN and ETCD_BIN, or put them into PATH (REQUIRE_KUBERNETES=1 makes this a failure)")

// Stop stops the server, for callers that do without Run.
func (c *Cluster) Stop() {
	if c.server != nil {
		c.server.Stop()
	}
}

// Server returns the server that the tests of a package share. It skips the
// test if the programs are missing.
func (c *Cluster) Server(t testing.TB) *Server {
	t.Helper()
	c.once.Do(func() { c.server, c.err = Start(c.Flags...) })
	switch {
	case errors.Is(c.err, errMissing) && os.Getenv("REQUIRE_KUBERNETES") == "": //nolint:forbidigo // a switch of tests, read where they run
		t.Skip(c.err)
	case c.err != nil:
		t.Fatal(c.err)
	}
	return c.server
}

// find returns the path of a program.
func find(name, variable string) (string, error) {
	if path := os.Getenv(variable); path != "" { //nolint:forbidigo // as above
		return path, nil
	}
	if home, err := os.UserHomeDir(); err == nil {
		path := filepath.Join(home, ".cache", "kube-e2e", "bin", name)
		if _, err := os.Stat(path); err == nil {
			return path, nil
		}
	}
	path, err := exec.LookPath(name)
	if err != nil {
		return "", fmt.Errorf("%w (%w)", errMissing, err)
	}
	return path, nil
}
