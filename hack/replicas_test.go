package hack_test

import (
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"math/rand/v2"
	"net/http"
	"slices"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"
)

// How long the tests of replicas go on; more is for those who measure.
var (
	kills      = flag.Int("kills", 2, "of the replica that runs the operations")           //nolint:gochecknoglobals // a flag of the test binary
	operations = flag.Int("operations", 40, "that run while replicas are killed")          //nolint:gochecknoglobals // a flag of the test binary
	stops      = flag.Int("stops", 2, "of the replica that runs the operations")           //nolint:gochecknoglobals // a flag of the test binary
	stopped    = flag.Duration("stopped", 12*time.Second, "how long a stopped replica is") //nolint:gochecknoglobals // a flag of the test binary
)

// The replica that runs the operations is killed again and again while many
// run. Another takes over, the others answer every request, and in the end
// there is one of everything.
func TestKilledReplicasLoseAndDoubleNothing(t *testing.T) {
	t.Parallel()
	c := newCluster(t, 3)
	holder := c.leader()
	var ids []string
	for i := range *operations {
		id := fmt.Sprintf("db-%d", i)
		ids = append(ids, id)
		if status, body := anyOf(c.replicas).osb(http.MethodPut, "/v2/service_instances/"+id+"?accepts_incomplete=true", provisionBody(service, plan)); status != http.StatusAccepted {
			t.Fatalf("provision answers %d %s, want 202", status, body)
		}
	}
	user := c.use()
	var took []time.Duration
	for range *kills {
		user.spare(holder)
		at := time.Now()
		holder.kill()
		next := c.leader(holder)
		took = append(took, time.Since(at))
		for range 20 { // they are answered by those who are left
			if status, body := anyOf(c.others(holder)).osb(http.MethodGet, "/v2/service_instances/"+ids[rand.N(len(ids))]+"/last_operation", ""); status != http.StatusOK {
				t.Errorf("last_operation answers %d %s", status, body)
			}
		}
		holder.start()
		holder.until("it is ready again", holder.ready)
		c.lives(1)
		holder = next
	}
	made := user.end()
	for _, id := range ids {
		c.finish(id)
	}
	instances := c.instances()
	if len(instances) != len(ids) {
		t.Errorf("the cloud has %d databases, want %d", len(instances), len(ids))
	}
	slices.Sort(took)
	t.Logf("replicas: %d kills with %d operations running: take-over after %s at most, %s in the middle; %d buckets were bound and removed meanwhile",
		*kills, *operations, took[len(took)-1].Round(time.Millisecond), took[len(took)/2].Round(time.Millisecond), made)
	c.empty(ids)
}

// The replica that runs the operations is stopped at any point, for longer
// than its lease lasts, and wakes up: it writes nothing any more, and does
// nothing in the cloud.
func TestReplicaThatSleptDoesNoHarm(t *testing.T) {
	t.Parallel()
	c := newCluster(t, 2)
	var ids []string
	for n := range *stops {
		holder := c.leader()
		user := c.use()
		for i := range 5 {
			id := fmt.Sprintf("db-%d-%d", n, i)
			ids = append(ids, id)
			c.replicas[0].osb(http.MethodPut, "/v2/service_instances/"+id+"?accepts_incomplete=true", provisionBody(service, plan))
		}
		user.spare(holder)
		<-time.After(rand.N(300 * time.Millisecond)) // at any point
		at := time.Now()
		holder.signal(syscall.SIGSTOP)
		c.leader(holder)
		took := time.Since(at)
		<-time.After(time.Until(at.Add(*stopped)))
		woken := time.Now()
		holder.signal(syscall.SIGCONT)
		holder.until("it has woken", holder.ready)
		<-time.After(time.Second)
		made := user.end()
		if len(c.writes(holder, time.Time{})) == 0 {
			t.Fatalf("the audit log knows no write of %s: it would not show the late ones", holder.name)
		}
		if late := c.writes(holder, woken); len(late) > 0 {
			t.Errorf("%s wrote after it woke up: %+v", holder.name, late)
		}
		t.Logf("replicas: stopped for %s: take-over after %s; %d buckets were bound and removed meanwhile", *stopped, took.Round(time.Millisecond), made)
	}
	for _, id := range ids {
		c.finish(id)
	}
	if n := len(c.instances()); n != len(ids) {
		t.Errorf("the cloud has %d databases, want %d", n, len(ids))
	}
	c.empty(ids)
}

func TestReplicaThatIsToldToStopHandsOver(t *testing.T) {
	t.Parallel()
	c := newCluster(t, 2)
	for range 3 {
		holder := c.leader()
		at := time.Now()
		holder.signal(syscall.SIGTERM)
		c.leader(holder)
		t.Logf("replicas: orderly hand-over after %s", time.Since(at).Round(time.Millisecond))
		if code := holder.exit(); code != 0 {
			t.Errorf("%s ended with %d", holder.name, code)
		}
		holder.start()
		holder.until("it is ready again", holder.ready)
	}
}

// A deletion is accepted by one replica and polled at another: that never
// hears of the success of what was before.
func TestPollAtAnotherReplicaNeverHearsOfTheEarlierSuccess(t *testing.T) {
	t.Parallel()
	c := newCluster(t, 2)
	for n := range 20 {
		path := fmt.Sprintf("/v2/service_instances/bucket-%d", n)
		c.replicas[n%2].osb(http.MethodPut, path+"?accepts_incomplete=true", provisionBody(ossService, ossPlan))
		c.finish(fmt.Sprintf("bucket-%d", n))
		deleted := make(chan struct{})
		go func() {
			defer close(deleted)
			c.replicas[0].osb(http.MethodDelete, path+deleteQuery(ossService, ossPlan), "")
		}()
		if n%2 == 0 {
			<-deleted
		}
		_, body := c.replicas[1].osb(http.MethodGet, path+"/last_operation", "")
		select {
		case <-deleted: // before the poll's answer came, perhaps after the poll
			if n%2 == 0 && state(body) == "succeeded" {
				t.Errorf("the poll after a DELETE answers %s", body)
			}
		default:
		}
		<-deleted
		c.gone(fmt.Sprintf("bucket-%d", n))
	}
}

func provisionBody(service, plan string) string {
	return `{"service_id": "` + service + `", "plan_id": "` + plan + `", "organization_guid": "o", "space_guid": "s"}`
}

func deleteQuery(service, plan string) string {
	return "?accepts_incomplete=true&service_id=" + service + "&plan_id=" + plan
}

func state(body []byte) string {
	var operation struct {
		State string `json:"state"`
	}
	_ = json.Unmarshal(body, &operation)
	return operation.State
}

// finish polls an operation, in turn at every replica, until it has succeeded.
func (c *cluster) finish(id string) {
	c.t.Helper()
	n := 0
	c.emulator.until(id+" has succeeded", func() bool {
		n++
		status, body := c.replicas[n%len(c.replicas)].osb(http.MethodGet, "/v2/service_instances/"+id+"/last_operation", "")
		if state(body) == "failed" {
			c.t.Fatalf("%s has failed: %s", id, body)
		}
		if status == http.StatusOK && state(body) == "in progress" {
			c.lives(1)
		}
		return status == http.StatusGone || state(body) == "succeeded"
	})
}

// gone polls a deletion until it is done.
func (c *cluster) gone(id string) {
	c.t.Helper()
	c.emulator.until(id+" is gone", func() bool {
		status, body := anyOf(c.replicas).osb(http.MethodGet, "/v2/service_instances/"+id+"/last_operation", "")
		if state(body) == "in progress" {
			c.lives(1)
		}
		return status == http.StatusGone
	})
}

// empty deletes the databases; nothing is left.
func (c *cluster) empty(ids []string) {
	c.t.Helper()
	for _, id := range ids {
		if status, body := anyOf(c.replicas).osb(http.MethodDelete, "/v2/service_instances/"+id+deleteQuery(service, plan), ""); status != http.StatusAccepted {
			c.t.Errorf("deprovision answers %d %s, want 202", status, body)
		}
	}
	for _, id := range ids {
		c.gone(id)
	}
	left := decode[map[string]json.RawMessage](c.t, c.ask(http.MethodGet, "/state", ""))
	for what, items := range left {
		if string(items) != "[]" && string(items) != "null" {
			c.t.Errorf("the cloud still has %s: %s", what, items)
		}
	}
}

// A user makes, binds and removes buckets for as long as it is let.
type bucketUser struct {
	cluster *cluster
	stop    context.CancelFunc
	done    sync.WaitGroup
	made    atomic.Int64

	mu     sync.RWMutex // held for reading during a request
	spared *replica
}

// use starts a user.
func (c *cluster) use() *bucketUser {
	ctx, stop := context.WithCancel(c.t.Context())
	u := &bucketUser{cluster: c, stop: stop}
	start := time.Now().UnixNano()
	for worker := range 2 {
		u.done.Go(func() {
			for n := 0; ctx.Err() == nil; n++ {
				u.once(fmt.Sprintf("bucket-%d-%d-%d", start, worker, n))
			}
		})
	}
	return u
}

// spare keeps its requests from a replica from now on; those that it has are
// answered when spare returns.
func (u *bucketUser) spare(r *replica) {
	u.mu.Lock()
	defer u.mu.Unlock()
	u.spared = r
}

func (u *bucketUser) osb(method, path, body string) (int, []byte) {
	u.mu.RLock()
	defer u.mu.RUnlock()
	return anyOf(u.cluster.others(u.spared)).osb(method, path, body)
}

// once makes a bucket and a binding and removes both.
func (u *bucketUser) once(id string) {
	instance := "/v2/service_instances/" + id
	binding := instance + "/service_bindings/b"
	for _, step := range []struct{ method, path, query, body string }{
		{http.MethodPut, instance, "?accepts_incomplete=true", provisionBody(ossService, ossPlan)},
		{http.MethodPut, binding, "?accepts_incomplete=true", `{"service_id": "` + ossService + `", "plan_id": "` + ossPlan + `"}`},
		{http.MethodDelete, binding, deleteQuery(ossService, ossPlan), ""},
		{http.MethodDelete, instance, deleteQuery(ossService, ossPlan), ""},
	} {
		status, body := u.osb(step.method, step.path+step.query, step.body)
		for status == http.StatusAccepted || status == http.StatusOK && state(body) == "in progress" {
			<-time.After(often)
			status, body = u.osb(http.MethodGet, step.path+"/last_operation", "")
		}
		if state(body) == "failed" || status >= 300 && status != http.StatusGone {
			u.cluster.t.Errorf("%s %s ended with %d %s", step.method, step.path, status, body)
			return
		}
	}
	u.made.Add(1)
}

// end lets it finish and says how many buckets it had.
func (u *bucketUser) end() int64 {
	u.stop()
	u.done.Wait()
	return u.made.Load()
}
