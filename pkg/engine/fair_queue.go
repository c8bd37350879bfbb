package engine

import (
	"sync"
)

// knownEvery: while instances of unknown tenants wait, one pop in knownEvery takes
// an instance of a known tenant. A pass of an unknown one only reads the tenant, so
// that after a start with many records of one tenant the others are soon found.
const knownEvery = 8

// A fairQueue orders the instances that wait for a worker: round robin between
// tenants, first come first served within one. Instances of unknown tenants wait
// apart. It implements workqueue.Queue; its methods are safe for concurrent use.
type fairQueue struct {
	mu      sync.Mutex
	tenants map[string]string   // by instance id
	waiting map[string][]string // instance ids, by tenant; "" is unknown
	order   []string            // known tenants with waiting instances, the next first
	popped  int
	size    int
}

func newFairQueue() *fairQueue {
	return &fairQueue{tenants: map[string]string{}, waiting: map[string][]string{}}
}

// learn remembers the tenant of an instance, and reports whether it was new.
func (q *fairQueue) learn(instanceID, tenant string) bool {
	q.mu.Lock()
	defer q.mu.Unlock()
	_, known := q.tenants[instanceID]
	q.tenants[instanceID] = tenant
	return !known
}

// tenantOf returns the tenant of an instance, or "" if it is unknown.
func (q *fairQueue) tenantOf(instanceID string) string {
	q.mu.Lock()
	defer q.mu.Unlock()
	return q.tenants[instanceID]
}

func (q *fairQueue) forget(instanceID string) {
	q.mu.Lock()
	defer q.mu.Unlock()
	delete(q.tenants, instanceID)
}

// Touch implements workqueue.Queue.
func (q *fairQueue) Touch(string) {}

// Push implements workqueue.Queue.
func (q *fairQueue) Push(instanceID string) {
	q.mu.Lock()
	defer q.mu.Unlock()
	tenant := q.tenants[instanceID]
	if tenant != "" && len(q.waiting[tenant]) == 0 {
		q.order = append(q.order, tenant)
	}
	q.waiting[tenant] = append(q.waiting[tenant], instanceID)
	q.size++
}

// Len implements workqueue.Queue.
func (q *fairQueue) Len() int {
	q.mu.Lock()
	defer q.mu.Unlock()
	return q.size
}

// Pop implements workqueue.Queue.
func (q *fairQueue) Pop() string {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.size--
	q.popped++
	if unknown := q.waiting[""]; len(unknown) > 0 && (len(q.order) == 0 || q.popped%knownEvery != 0) {
		q.waiting[""] = unknown[1:]
		return unknown[0]
	}
	tenant := q.order[0]
	q.order = q.order[1:]
	ids := q.waiting[tenant]
	if len(ids) > 1 {
		q.waiting[tenant] = ids[1:]
		q.order = append(q.order, tenant)
	} else {
		delete(q.waiting, tenant)
	}
	return ids[0]
}
