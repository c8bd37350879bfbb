package processes_test

import (
	"fmt"
	"net/http"
	"sync"
	"time"
)

// A load keeps creating databases, and binds the ready ones.
type load struct {
	cluster   *cluster
	databases []string // ids of instances
	bindings  []string // ids of the instances that were bound, each once

	operations []*operation
	requests   sync.WaitGroup // the binds that wait for their answer

	mu     sync.Mutex
	spared *replica
}

// An operation of a platform on the path of an instance or a binding.
type operation struct {
	path     string
	database string // that it makes; empty for a binding
	done     bool
	bound    bool
}

// spare sends new requests elsewhere, before the replica is killed.
func (l *load) spare(r *replica) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.spared = r
}

// left returns the replicas that are spared from the next kill.
func (l *load) left() []*replica {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.cluster.others(l.spared)
}

// fill begins operations until n are running: databases that are there are
// bound first.
func (l *load) fill(n int) {
	c := l.cluster
	c.t.Helper()
	running := l.running(l.left())
	for _, o := range l.operations {
		if running < n && o.done && o.database != "" && !o.bound {
			o.bound = true
			l.bind(o.database)
			running++
		}
	}
	for ; running < n; running++ {
		id := fmt.Sprintf("db-%d", len(l.databases))
		o := &operation{path: "/v2/service_instances/" + id, database: id}
		if status, body := anyOf(l.left()).osb(http.MethodPut, o.path+"?accepts_incomplete=true", provisionBody(service, plan)); status != http.StatusAccepted {
			c.t.Fatalf("provision answers %d %s, want 202", status, body)
		}
		l.databases, l.operations = append(l.databases, id), append(l.operations, o)
	}
}

// bind asks for a binding. The request waits for its own operation; where its
// replica dies meanwhile it is made again, as platforms do.
func (l *load) bind(database string) {
	c := l.cluster
	o := &operation{path: "/v2/service_instances/" + database + "/service_bindings/b"}
	l.requests.Go(func() {
		for {
			r := anyOf(l.left())
			status, body, err := c.send(http.MethodPut, "http://"+r.broker+o.path+"?accepts_incomplete=true", `{"service_id": "`+service+`", "plan_id": "`+plan+`"}`, password)
			if err == nil && (status == http.StatusAccepted || status == http.StatusCreated || status == http.StatusOK) {
				return
			}
			l.mu.Lock()
			killed := r == l.spared
			l.mu.Unlock()
			if err == nil || !killed {
				c.t.Errorf("PUT %s to %s answers %d %s, %v", o.path, r.name, status, body, err)
				return
			}
		}
	})
	c.emulator.until("the request to bind "+database+" is stored", func() bool {
		status, _ := anyOf(l.left()).osb(http.MethodGet, o.path+"/last_operation", "")
		return status == http.StatusOK
	})
	l.bindings, l.operations = append(l.bindings, database), append(l.operations, o)
}

// look polls an operation and reports whether it runs. The operation must be
// known, must succeed in the end, and must stay succeeded.
func (l *load) look(o *operation, r *replica) (running bool) {
	status, body := r.osb(http.MethodGet, o.path+"/last_operation", "")
	is := state(body)
	switch {
	case status == http.StatusOK && is == "succeeded":
		o.done = true
	case status == http.StatusOK && is == "in progress" && !o.done:
		return true
	default:
		l.cluster.t.Errorf("the poll of %s answers %d %s; it had succeeded before: %t", o.path, status, body, o.done)
	}
	return false
}

// running polls all operations, in turn at each of the replicas, and counts the
// running ones.
func (l *load) running(at []*replica) int {
	n := 0
	for i, o := range l.operations {
		if l.look(o, at[i%len(at)]) {
			n++
		}
	}
	return n
}

// finish lets time pass in the cloud until all operations have succeeded.
func (l *load) finish() {
	c := l.cluster
	c.t.Helper()
	c.emulator.until("all operations have succeeded", func() bool {
		c.lives(1)
		return l.running(c.replicas) == 0
	})
	l.requests.Wait()
}

// A polling polls all operations again and again, for as long as it is let.
type polling struct {
	stop chan struct{}
	done chan polled
}

// polled is the answer to a poll.
type polled struct {
	running int           // operations, the first time
	polls   int           // all of them were answered, or the test has failed
	slowest time.Duration // of them
}

func (l *load) poll(at []*replica) *polling {
	p := &polling{stop: make(chan struct{}), done: make(chan polled, 1)}
	go func() {
		var seen polled
		for round := 0; ; round++ {
			for i, o := range l.operations {
				begin := time.Now()
				running := l.look(o, at[(i+round)%len(at)])
				seen.slowest = max(seen.slowest, time.Since(begin))
				seen.polls++
				if running && round == 0 {
					seen.running++
				}
			}
			select {
			case <-p.stop:
				p.done <- seen
				return
			default:
			}
		}
	}()
	return p
}

// end lets it come to the end of its round.
func (p *polling) end() polled {
	close(p.stop)
	return <-p.done
}
