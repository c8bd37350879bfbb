package processes_test

import (
	"context"
	"fmt"
	"net/http"
	"sync"
	"sync/atomic"
	"time"
)

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

// spare keeps new requests from a replica; the open ones are answered when
// spare returns.
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
			<-time.After(often) // as platforms do between polls
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
