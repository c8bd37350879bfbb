package kubetest

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"testing"
	"time"

	"k8s.io/client-go/rest"
)

// startTimeout is how long a program may take to start.
const startTimeout = time.Minute

// token authenticates the one user, who has all permissions. Tests act as
// others by impersonation.
const token = "kubetest"

// A Server is an API server with an etcd of its own.
type Server struct {
	dir, etcd, apiserver string // a folder, and programs
	address              string // of the API server
	etcdURL              string
	flags                []string // more of them for the API server
	programs             *launcher
	store, api           *process
	config               *rest.Config
	client               *http.Client
}

// Start starts a server of the test's own, with more flags for the API server.
// Most tests share that of a Cluster.
func Start(flags ...string) (*Server, error) {
	apiserver, err := find("kube-apiserver", "KUBE_APISERVER_BIN")
	if err != nil {
		return nil, err
	}
	etcd, err := find("etcd", "ETCD_BIN")
	if err != nil {
		return nil, err
	}
	dir, err := os.MkdirTemp("", "kubetest")
	if err != nil {
		return nil, err
	}
	s := &Server{dir: dir, etcd: etcd, apiserver: apiserver, flags: flags, programs: newLauncher()}
	if err := s.start(); err != nil {
		s.Stop()
		return nil, err
	}
	return s, nil
}

func (s *Server) start() error {
	if err := writeKeys(s.dir); err != nil {
		return err
	}
	ports, err := freePorts(3)
	if err != nil {
		return err
	}
	s.etcdURL, s.address = "http://"+ports[0], ports[2]
	s.config = &rest.Config{Host: "https://" + s.address, BearerToken: token, TLSClientConfig: rest.TLSClientConfig{
		CAFile: filepath.Join(s.dir, certificateFile), ServerName: "127.0.0.1",
	}}
	if s.client, err = rest.HTTPClientFor(s.config); err != nil {
		return err
	}
	if err := s.writeKubeconfig(); err != nil {
		return err
	}
	peer := "http://" + ports[1]
	s.store, err = s.programs.start(s.dir, "etcd", s.etcd,
		"--data-dir", filepath.Join(s.dir, "etcd"), "--unsafe-no-fsync",
		"--listen-client-urls", s.etcdURL, "--advertise-client-urls", s.etcdURL,
		"--listen-peer-urls", peer, "--initial-advertise-peer-urls", peer, "--initial-cluster", "default="+peer)
	if err != nil {
		return err
	}
	return s.startAPI()
}

func (s *Server) startAPI() (err error) {
	_, port, err := net.SplitHostPort(s.address)
	if err != nil {
		return err
	}
	file := func(name string) string { return filepath.Join(s.dir, name) }
	s.api, err = s.programs.start(s.dir, "kube-apiserver", s.apiserver, append([]string{
		"--etcd-servers", s.etcdURL, "--bind-address", "127.0.0.1", "--secure-port", port,
		"--tls-cert-file", file(certificateFile), "--tls-private-key-file", file(keyFile),
		"--token-auth-file", file(tokensFile), "--authorization-mode", "RBAC",
		"--service-account-issuer", "https://kubernetes.default.svc",
		"--service-account-key-file", file(keyFile), "--service-account-signing-key-file", file(keyFile),
		"--service-cluster-ip-range", "10.0.0.0/24", "--endpoint-reconciler-type", "none",
	}, s.flags...)...)
	if err != nil {
		return err
	}
	return s.ready()
}

// ready waits until the API server reports readiness.
func (s *Server) ready() error {
	ctx, end := context.WithTimeout(context.Background(), startTimeout)
	defer end()
	for {
		_, err := ask(ctx, s.client, http.MethodGet, s.config.Host+"/readyz", nil)
		if err == nil {
			return nil
		}
		select {
		case <-time.After(50 * time.Millisecond):
		case <-s.store.exited:
			return fmt.Errorf("etcd ended:\n%s", s.store.log())
		case <-s.api.exited:
			return fmt.Errorf("kube-apiserver ended:\n%s", s.api.log())
		case <-ctx.Done():
			return fmt.Errorf("kube-apiserver is not ready: %w\n%s", err, s.api.log())
		}
	}
}

// Config returns a client configuration for a user with all permissions.
func (s *Server) Config() *rest.Config { return rest.CopyConfig(s.config) }

// Kubeconfig returns the path of a file with the same configuration.
func (s *Server) Kubeconfig() string { return filepath.Join(s.dir, kubeconfigFile) }

// Address returns the server's host and port, for proxies.
func (s *Server) Address() string { return s.address }

// Namespace creates a namespace for the test and returns its name.
func (s *Server) Namespace(t testing.TB) string {
	t.Helper()
	answer := s.Request(t, http.MethodPost, "/api/v1/namespaces", map[string]any{
		"apiVersion": "v1", "kind": "Namespace", "metadata": map[string]any{"generateName": "test-"},
	})
	var made struct {
		Metadata struct{ Name string }
	}
	if err := json.Unmarshal(answer, &made); err != nil {
		t.Fatal(err)
	}
	return made.Metadata.Name
}

// Request sends a request, with an object unless that is nil, and returns the
// answer. It must succeed. PATCH sends a merge patch.
func (s *Server) Request(t testing.TB, method, path string, object any) []byte {
	t.Helper()
	var body []byte
	if object != nil {
		var err error
		if body, err = json.Marshal(object); err != nil {
			t.Fatal(err)
		}
	}
	answer, err := ask(t.Context(), s.client, method, s.config.Host+path, body)
	if err != nil {
		t.Fatal(err)
	}
	return answer
}

// Compact makes etcd drop its history.
func (s *Server) Compact(t testing.TB) {
	t.Helper()
	answer, err := ask(t.Context(), http.DefaultClient, http.MethodPost, s.etcdURL+"/v3/kv/range", []byte(`{"key":"AA=="}`))
	if err != nil {
		t.Fatal(err)
	}
	var now struct{ Header struct{ Revision string } }
	if err := json.Unmarshal(answer, &now); err != nil {
		t.Fatal(err)
	}
	if _, err := strconv.ParseUint(now.Header.Revision, 10, 64); err != nil {
		t.Fatal(err)
	}
	_, err = ask(t.Context(), http.DefaultClient, http.MethodPost, s.etcdURL+"/v3/kv/compaction", []byte(`{"revision":"`+now.Header.Revision+`","physical":true}`))
	if err != nil {
		t.Fatal(err)
	}
}

// Restart kills the API server and starts it again, without its watch cache and
// the history in it.
func (s *Server) Restart(t testing.TB) {
	t.Helper()
	s.Kill()
	if err := s.startAPI(); err != nil {
		t.Fatal(err)
	}
}

// Kill kills the API server.
func (s *Server) Kill() { s.api.kill() }

// Stop ends the programs and removes their folder.
func (s *Server) Stop() {
	for _, p := range []*process{s.api, s.store} {
		if p != nil {
			p.kill()
		}
	}
	s.programs.close()
	_ = os.RemoveAll(s.dir)
}

// ask sends a request, which must succeed.
func ask(ctx context.Context, client *http.Client, method, url string, body []byte) (_ []byte, err error) {
	request, err := http.NewRequestWithContext(ctx, method, url, bytes.NewReader(body))
	if err != nil {
		return nil, err
	}
	request.Header.Set("Content-Type", "application/json")
	if method == http.MethodPatch {
		request.Header.Set("Content-Type", "application/merge-patch+json")
	}
	response, err := client.Do(request)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, response.Body.Close()) }()
	answer, err := io.ReadAll(response.Body)
	if err == nil && response.StatusCode/100 != 2 {
		err = fmt.Errorf("%s %s: %s: %s", method, url, response.Status, answer)
	}
	return answer, err
}

// freePorts returns addresses that are free now.
func freePorts(n int) ([]string, error) {
	var addresses []string
	for range n {
		l, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			return nil, err
		}
		defer func() { _ = l.Close() }()
		addresses = append(addresses, l.Addr().String())
	}
	return addresses, nil
}
