package processes_test

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"sync"
	"syscall"
	"testing"
	"time"

	"k8s.io/client-go/tools/clientcmd"

	"github.com/AliyunContainerService/open-service-broker-alibabacloud/test/kubetest"
)

// A cluster is an environment with several replicas of the broker on one store in
// Kubernetes.
type cluster struct {
	*environment

	api      *kubetest.Server
	emulator *process
	replicas []*replica
}

// auditPolicy logs every write of a Secret with its writer and result.
const auditPolicy = `apiVersion: audit.k8s.io/v1
kind: Policy
omitStages: [RequestReceived]
rules:
- level: Metadata
  verbs: [create, update, patch, delete]
  resources:
  - resources: [secrets]
- level: None
`

// shared is the API server of all tests of this package; its audit log names
// the writer of each write.
var shared apiServer //nolint:gochecknoglobals // belongs to TestMain

type apiServer struct {
	kubetest.Cluster

	once  sync.Once
	dir   string
	audit string
}

func (s *apiServer) server(t *testing.T) *kubetest.Server {
	t.Helper()
	s.once.Do(func() {
		dir, err := os.MkdirTemp("", "osb-audit-") //nolint:usetesting // it is there for all tests
		if err != nil {
			t.Fatal(err)
		}
		policy := filepath.Join(dir, "audit.yaml")
		if err := os.WriteFile(policy, []byte(auditPolicy), 0o600); err != nil {
			t.Fatal(err)
		}
		s.dir, s.audit = dir, filepath.Join(dir, "audit.log")
		s.Flags = []string{"--audit-policy-file", policy, "--audit-log-path", s.audit, "--audit-log-mode", "blocking"}
	})
	return s.Server(t)
}

func (s *apiServer) stop() {
	s.Stop()
	if s.dir != "" {
		_ = os.RemoveAll(s.dir)
	}
}

// A replica is one process of the broker, or its place while it is dead.
type replica struct {
	*process

	cluster *cluster
	name    string
	broker  string // address
	ops     string
	metrics string
	env     []string
}

// newCluster starts a cloud in which time passes when the test says so, and n
// replicas.
func newCluster(t *testing.T, n int) *cluster {
	t.Helper()
	w := newEnvironment(t)
	c := &cluster{environment: w, api: shared.server(t)}
	namespace := c.api.Namespace(t)

	c.emulator = w.start("emulator", cloudEnv(), program("alibabacloud-emulator"), "--engines", "none", "--profile", "realistic")
	c.emulator.until("the emulator serves", w.cloudReady)
	ports := freePorts(t, 3*n)
	for i := range n {
		r := &replica{cluster: c, name: fmt.Sprintf("%s-replica-%d", namespace, i), broker: ports[3*i], ops: ports[3*i+1], metrics: ports[3*i+2]}
		r.env = append(w.brokerEnv(),
			"LISTEN="+r.broker, "OPS_LISTEN="+r.ops, "METRICS_LISTEN="+r.metrics, "STORE=kubernetes", "NAMESPACE="+namespace,
			"KUBECONFIG="+c.kubeconfig(r.name), "KEYSET_FILE="+filepath.Join(w.dir, "keyset.json"), "POLL_INTERVAL=1s")
		c.replicas = append(c.replicas, r)
		r.start()
	}
	for _, r := range c.replicas {
		r.until("it is ready", r.ready)
	}
	return c
}

// kubeconfig is a way to the API server under a name of its own, by which the
// audit log tells the replicas from each other.
func (c *cluster) kubeconfig(name string) string {
	c.t.Helper()
	config, err := clientcmd.LoadFromFile(c.api.Kubeconfig())
	if err != nil {
		c.t.Fatal(err)
	}
	for _, user := range config.AuthInfos {
		user.Impersonate, user.ImpersonateGroups = name, []string{"system:masters"}
	}
	path := filepath.Join(c.dir, name+".kubeconfig")
	if err := clientcmd.WriteToFile(*config, path); err != nil {
		c.t.Fatal(err)
	}
	return path
}

func (r *replica) start() {
	r.process = r.cluster.start(r.name, r.env, program("alibabacloud-servicebroker"))
}

func (r *replica) ready() bool {
	status, _, err := r.cluster.get("http://" + r.ops + "/readyz")
	return err == nil && status == http.StatusOK
}

// kill ends it at once.
func (r *replica) kill() {
	r.cluster.t.Helper()
	r.signal(syscall.SIGKILL)
	r.exit()
}

var leads = regexp.MustCompile(`(?m)^alibabacloud_broker_leader 1$`)

// leads says whether it runs the operations.
func (r *replica) leads() bool {
	_, body, err := r.cluster.get("http://" + r.metrics + "/metrics")
	return err == nil && leads.Match(body)
}

// leader waits until a replica outside apart runs the operations.
func (c *cluster) leader(apart ...*replica) *replica {
	c.t.Helper()
	deadline := time.Now().Add(waitLimit)
	for time.Now().Before(deadline) {
		for _, r := range c.others(apart...) {
			if r.leads() {
				return r
			}
		}
		<-time.After(10 * time.Millisecond)
	}
	c.t.Fatal("no replica runs the operations")
	return nil
}

// others returns the replicas outside apart.
func (c *cluster) others(apart ...*replica) []*replica {
	var found []*replica
	for _, r := range c.replicas {
		out := false
		for _, a := range apart {
			out = out || a == r
		}
		if !out {
			found = append(found, r)
		}
	}
	return found
}

// osb makes a request to one of the replicas, which must answer it.
func (r *replica) osb(method, path, body string) (int, []byte) {
	r.cluster.t.Helper()
	status, answer, err := r.cluster.send(method, "http://"+r.broker+path, body, password)
	if err != nil {
		r.cluster.t.Errorf("%s %s to %s: %v", method, path, r.name, err)
	}
	if status >= http.StatusInternalServerError {
		r.cluster.t.Errorf("%s %s to %s answers %d %s", method, path, r.name, status, answer)
	}
	return status, answer
}

// anyOf them, at random.
func anyOf(replicas []*replica) *replica { return replicas[rand.N(len(replicas))] }

// lives lets minutes pass in the cloud.
func (c *cluster) lives(minutes int) {
	c.t.Helper()
	for range minutes {
		c.ask(http.MethodPost, "/advance?d=1m", "")
	}
}

// A write to the API server, as its audit log tells.
type write struct {
	Verb string `json:"verb"`
	As   struct {
		Username string `json:"username"`
	} `json:"impersonatedUser"`
	Object struct {
		Name string `json:"name"`
	} `json:"objectRef"`
	Status struct {
		Code int `json:"code"`
	} `json:"responseStatus"`
	Received time.Time `json:"requestReceivedTimestamp"`
}

// writes of Secrets that a replica has had done since then.
func (c *cluster) writes(by *replica, since time.Time) []write {
	c.t.Helper()
	b, err := os.ReadFile(shared.audit)
	if err != nil {
		c.t.Fatal(err)
	}
	var found []write
	lines := bufio.NewScanner(bytes.NewReader(b))
	lines.Buffer(nil, 1<<20)
	for lines.Scan() {
		var w write
		if err := json.Unmarshal(lines.Bytes(), &w); err != nil {
			c.t.Fatalf("audit log: %v: %s", err, lines.Bytes())
		}
		if w.As.Username == by.name && w.Status.Code < 300 && w.Received.After(since) {
			found = append(found, w)
		}
	}
	if lines.Err() != nil {
		c.t.Fatal(lines.Err())
	}
	return found
}
