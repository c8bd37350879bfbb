package engine

import (
	"sync"
	"time"

	"github.com/golang/glog"
	"github.com/prometheus/client_golang/prometheus"

	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/lifecycle"
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/store"
)

// A memory holds what a term remembers of records between passes, behind one
// lock. All of it can be lost: the next term learns it again.
type memory struct {
	now         func() time.Time
	quarantined prometheus.Gauge

	mu       sync.Mutex
	records  map[store.Key]*recordMemory
	marked   map[string]map[string]bool // by instance id: the binding ids to look at; "" is the instance itself
	failures map[string]int             // passes in a row that ended with an error, by instance id
}

// A recordMemory is what a term remembers of one record. Members are nil where
// there is nothing to remember.
type recordMemory struct {
	requeue *requeue
	fault   *fault
	hung    *hungCall
	foreign *foreignEpoch
	work    *work
}

// A requeue says that a record needs no look before a time, unless its revision
// changes. It saves calls when another record of the instance, or the engine's
// own write, triggers a pass.
type requeue struct {
	revision uint64
	after    time.Time
}

func newMemory(now func() time.Time, quarantined prometheus.Gauge) *memory {
	return &memory{
		now: now, quarantined: quarantined,
		records:  map[store.Key]*recordMemory{},
		marked:   map[string]map[string]bool{},
		failures: map[string]int{},
	}
}

// of returns what is remembered of a record. The caller holds the lock.
func (m *memory) of(k store.Key) *recordMemory {
	r := m.records[k]
	if r == nil {
		r = &recordMemory{}
		m.records[k] = r
	}
	return r
}

// prune forgets a record of which nothing is remembered. The caller holds the
// lock.
func (m *memory) prune(k store.Key) {
	if r := m.records[k]; r != nil && *r == (recordMemory{}) {
		delete(m.records, k)
	}
}

// mark adds a record to those that the next pass of its instance looks at.
func (m *memory) mark(k store.Key) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.marked[k.InstanceID] == nil {
		m.marked[k.InstanceID] = map[string]bool{}
	}
	m.marked[k.InstanceID][k.BindingID] = true
}

// takeMarked returns the marked records of an instance and unmarks them. A pass
// marks the unfinished ones again.
func (m *memory) takeMarked(instanceID string) map[string]bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	ids := m.marked[instanceID]
	delete(m.marked, instanceID)
	return ids
}

// failedPasses counts a pass of an instance that ended with an error and returns
// how many did in a row; nil starts the count again.
func (m *memory) failedPasses(instanceID string, err error) int {
	m.mu.Lock()
	defer m.mu.Unlock()
	if err == nil {
		delete(m.failures, instanceID)
		return 0
	}
	m.failures[instanceID]++
	return m.failures[instanceID]
}

// notBefore reports whether the term leaves r alone for now, and until when; the
// zero time means until an event: another request, or the return of a hung call.
func (m *memory) notBefore(r *store.Record) (after time.Time, wait bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	now, of := m.now(), m.records[r.Key]
	if of == nil {
		return time.Time{}, false
	}
	defer m.prune(r.Key)
	if after, hung := m.hungUntil(r, now); hung {
		return after, true
	}
	if f := of.fault; f != nil {
		switch {
		case f.requests != lifecycle.Requests(r): // another request, or readable again
			m.clearFault(r.Key)
		case f.quarantined:
			return time.Time{}, true
		case now.Before(f.notBefore):
			return f.notBefore, true
		}
	}
	if q := of.requeue; q != nil && q.revision == r.Revision && now.Before(q.after) {
		return q.after, true
	}
	return time.Time{}, false
}

// requeueAfter remembers that r needs no look before a time. The zero time, or a
// settled record, forgets it.
func (m *memory) requeueAfter(r *store.Record, after time.Time) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if after.IsZero() || r.Settled {
		if of := m.records[r.Key]; of != nil {
			of.requeue = nil
			m.prune(r.Key)
		}
		return
	}
	m.of(r.Key).requeue = &requeue{r.Revision, after}
}

// forgetDelays drops the faults and requeue times of an instance and its
// bindings, and returns the keys of those that had a fault.
func (m *memory) forgetDelays(instanceID string) []store.Key {
	m.mu.Lock()
	defer m.mu.Unlock()
	var faulty []store.Key
	for k, of := range m.records {
		if k.InstanceID != instanceID {
			continue
		}
		if of.fault != nil {
			faulty = append(faulty, k)
			m.clearFault(k)
		}
		of.requeue = nil
		m.prune(k)
	}
	return faulty
}

// foreignAfter is how long the lease must stay held beside a record of a greater
// epoch before that epoch counts as one of another history. It exceeds by far the
// time in which a lost lease goes unnoticed.
const foreignAfter = time.Minute

// A foreignEpoch is an epoch of a record that is greater than the term's own, and
// when the term first saw it.
type foreignEpoch struct {
	epoch uint64
	since time.Time
}

// epochNotBefore returns the time until which a record of a greater epoch than
// the term's is left alone, or zero. Either another process has the lease, and
// ours will turn out lost; or the records come from a backup, and their epochs
// belong to leases of another history.
func (m *memory) epochNotBefore(r *store.Record, ours uint64) time.Time {
	m.mu.Lock()
	defer m.mu.Unlock()
	if r.Epoch <= ours {
		if of := m.records[r.Key]; of != nil {
			of.foreign = nil
			m.prune(r.Key)
		}
		return time.Time{}
	}
	now, of := m.now(), m.of(r.Key)
	if of.foreign == nil || of.foreign.epoch != r.Epoch {
		of.foreign = &foreignEpoch{r.Epoch, now}
		glog.Warningf("record has a greater epoch than the lease: left alone in case the lease is lost %s record_epoch=%d epoch=%d wait=%s", keyValues(r.Key), r.Epoch, ours, foreignAfter)
	}
	if until := of.foreign.since.Add(foreignAfter); now.Before(until) {
		return until
	}
	return time.Time{}
}

// isForeign reports whether the greater epoch of r belongs to another history, so
// that the term may take r over.
func (m *memory) isForeign(r *store.Record) bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	of := m.records[r.Key]
	return of != nil && of.foreign != nil && of.foreign.epoch == r.Epoch && !m.now().Before(of.foreign.since.Add(foreignAfter))
}
