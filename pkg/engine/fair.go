package engine

import (
	"sync"
)

// unknownOf is of how many turns the instances whose tenants are not known get
// all but one: their turn is only to read whose they are, so that after a start
// with many records of one tenant those of others are soon found.
const unknownOf = 8

// A fairQueue orders the instances that wait for a worker: in turn between
// tenants, first come first served within one. Those of tenants not yet known
// wait apart. It is a workqueue.Queue, whose methods are called
// one at a time; learn and forget are for anybody.
type fairQueue struct {
	mu      sync.Mutex
	tenants map[string]string   // by instance id
	waiting map[string][]string // instance ids, by tenant; "" is not known
	turns   []string            // the known tenants that wait, the next first
	popped  int
	size    int
}

func newFairQueue() *fairQueue {
	return &fairQueue{tenants: map[string]string{}, waiting: map[string][]string{}}
}

// learn remembers whose an instance is, and says whether that was new.
func (q *fairQueue) learn(instanceID, tenant string) bool {
	q.mu.Lock()
	defer q.mu.Unlock()
	_, known := q.tenants[instanceID]
	q.tenants[instanceID] = tenant
	return !known
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
		q.turns = append(q.turns, tenant)
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
	if unknown := q.waiting[""]; len(unknown) > 0 && (len(q.turns) == 0 || q.popped%unknownOf != 0) {
		q.waiting[""] = unknown[1:]
		return unknown[0]
	}
	tenant := q.turns[0]
	q.turns = q.turns[1:]
	ids := q.waiting[tenant]
	if len(ids) > 1 {
		q.waiting[tenant] = ids[1:]
		q.turns = append(q.turns, tenant)
	} else {
		delete(q.waiting, tenant)
	}
	return ids[0]
}
