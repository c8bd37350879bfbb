package processes_test

import (
	"encoding/json"
	"flag"
	"fmt"
	"maps"
	"math/rand/v2"
	"net/http"
	"slices"
	"syscall"
	"testing"
	"time"
)

// The duration of the tests of replicas; longer runs are for measurements.
var (
	kills      = flag.Int("kills", 2, "of the replica that runs the operations")           //nolint:gochecknoglobals // a flag of the test binary
	operations = flag.Int("operations", 40, "that run while replicas are killed")          //nolint:gochecknoglobals // a flag of the test binary
	stops      = flag.Int("stops", 2, "of the replica that runs the operations")           //nolint:gochecknoglobals // a flag of the test binary
	stopped    = flag.Duration("stopped", 12*time.Second, "how long a stopped replica is") //nolint:gochecknoglobals // a flag of the test binary
)

// The replica that runs the operations is killed again and again while many
// run. After each kill the other replicas answer every poll until another one
// takes over. In the end everything was created once.
func TestReplicas_Killed_LoseAndDoubleNothing(t *testing.T) {
	t.Parallel()
	c := newCluster(t, 3)
	calls := c.follow()
	work := &load{cluster: c}
	work.fill(*operations / 2)
	c.emulator.until("there are databases to bind", func() bool {
		c.lives(1)
		return work.running(c.replicas) <= *operations/4
	})
	user := c.use()
	var took, slowest []time.Duration
	var running []int
	polls := 0
	for range *kills {
		holder := c.leader()
		user.spare(holder)
		work.spare(holder)
		work.fill(*operations)
		at := time.Now()
		holder.kill()
		polling := work.poll(c.others(holder))
		c.leader(holder)
		took = append(took, time.Since(at))
		seen := polling.end()
		running, slowest, polls = append(running, seen.running), append(slowest, seen.slowest), polls+seen.polls
		if seen.running < *operations/2 {
			t.Errorf("at a kill %d operations were running, want about %d", seen.running, *operations)
		}
		holder.start()
		holder.until("it is ready again", holder.ready)
		c.lives(1 + rand.N(3))
		calls.read()
	}
	made := user.end()
	work.finish()
	calls.read()
	again := calls.onceEach(work, int(made))
	if again > 2**kills { // the user binds two buckets at once
		t.Errorf("%d access keys were made again, after %d kills", again, *kills)
	}
	slices.Sort(took)
	t.Logf("replicas: %d kills with %v operations running: take-over after %s at most, %s in the middle; meanwhile %d polls, all answered, in %s at most; "+
		"in all %d databases, %d accounts and %d buckets with a key each, each made once; %d keys were made again, since their secret died with a replica",
		*kills, running, took[len(took)-1].Round(time.Millisecond), took[len(took)/2].Round(time.Millisecond), polls, slices.Max(slowest).Round(time.Millisecond),
		len(work.databases), len(work.bindings), made, again)
	c.empty(work.databases)
	calls.read()
	calls.goneOnceEach(work)
}

// The replica that runs the operations is suspended at any point, for longer
// than its lease lasts, and resumed: its late writes and calls of the cloud are
// refused or absent.
func TestReplica_Suspended_DoesNoHarm(t *testing.T) {
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
		c.called(rand.N(50)) // at any point
		at := time.Now()
		holder.signal(syscall.SIGSTOP)
		c.leader(holder)
		took := time.Since(at)
		<-time.After(time.Until(at.Add(*stopped))) // real time is the subject: the clock of the lease is fixed
		woken := time.Now()
		holder.signal(syscall.SIGCONT)
		holder.until("it has woken", holder.ready)
		holder.until("all that it was at has come to its end", func() bool { return !holder.leads() })
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

// The replica that runs the operations is told to stop: another goes on at
// once, or once the calls of the cloud that are on their way are answered.
func TestReplica_ToldToStop_HandsOver(t *testing.T) {
	t.Parallel()
	c := newCluster(t, 2)
	calls := c.follow()
	work := &load{cluster: c}
	stop := func() time.Duration {
		holder := c.leader()
		work.spare(holder)
		at := time.Now()
		holder.signal(syscall.SIGTERM)
		c.leader(holder)
		took := time.Since(at)
		if code := holder.exit(); code != 0 {
			t.Errorf("%s ended with %d", holder.name, code)
		}
		holder.start()
		holder.until("it is ready again", holder.ready)
		return took.Round(time.Millisecond)
	}
	t.Logf("replicas: orderly hand-over after %s and %s with nothing to do", stop(), stop())

	slow := map[string]string{"*": "100ms", "CreateDBInstance": "1s", "ModifySecurityIps": "300ms", "CreateDatabase": "500ms", "CreateAccount": "500ms"}
	for _, action := range slices.Backward(slices.Sorted(maps.Keys(slow))) { // "*" last
		c.ask(http.MethodPost, "/faults", fmt.Sprintf(`{"action": %q, "effect": "delay", "delay": %q}`, action, slow[action]))
	}
	for range 2 {
		work.spare(c.leader())
		work.fill(busy)
		running := work.running(work.left())
		c.called(1)
		t.Logf("replicas: orderly hand-over after %s with %d operations whose calls take 100 ms to 1 s", stop(), running)
		c.lives(6)
	}
	work.finish()
	calls.read()
	calls.onceEach(work, 0)
}

// busy is how many operations run when a replica hands over.
const busy = 50

// A deletion is accepted by one replica and polled at another. Once it was
// accepted, or another poll has told of it, every poll is about the deletion
// and not about the success before it.
func TestReplicas_PollElsewhere_NeverShowsEarlierSuccess(t *testing.T) {
	t.Parallel()
	c := newCluster(t, 2)
	during := 0
	for n := range 20 {
		id := fmt.Sprintf("bucket-%d", n)
		path := "/v2/service_instances/" + id
		c.replicas[n%2].osb(http.MethodPut, path+"?accepts_incomplete=true", provisionBody(ossService, ossPlan))
		c.finish(id)
		deleted := make(chan struct{})
		go func() {
			defer close(deleted)
			c.replicas[0].osb(http.MethodDelete, path+deleteQuery(ossService, ossPlan), "")
		}()
		if n%2 == 0 { // else polls and the DELETE are on their way at once
			<-deleted
		}
		for told, gone := false, false; !gone; {
			select {
			case <-deleted:
				told = true
			default:
				during++
			}
			status, body := c.replicas[1].osb(http.MethodGet, path+"/last_operation", "")
			gone = status == http.StatusGone
			switch {
			case told && state(body) == "succeeded":
				t.Errorf("a poll after the DELETE answers %s", body)
				gone = true
			case !gone && status != http.StatusOK:
				t.Fatalf("a poll answers %d %s", status, body)
			}
			told = told || state(body) == "in progress"
		}
		<-deleted
	}
	t.Logf("replicas: %d polls while a DELETE was on its way", during)
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

// called waits until the cloud has had so many more calls.
func (c *cluster) called(more int) {
	c.t.Helper()
	before := len(c.calls())
	c.emulator.until("the cloud is called", func() bool { return len(c.calls()) >= before+more })
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

// empty deletes the databases and checks that the cloud is empty.
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
