package engine

import (
	"sync"
	"time"

	"github.com/golang/glog"
	"github.com/prometheus/client_golang/prometheus"

	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/lifecycle"
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/store"
)

// A memory holds the knowledge of a term about records between passes, behind one
// lock. The next term learns it anew.
type memory struct {
	now         func() time.Time
	quarantined prometheus.Gauge

	mu       sync.Mutex
	records  map[store.Key]*recordMemory
	marked   map[string]map[string]bool // by instance id: the binding ids to look at; "" is the instance itself
	failures map[string]int             // passes in a row that ended with an error, by instance id
}

// A recordMemory is the part of a memory about one record; nil members are empty.
type recordMemory struct {
	requeue *requeue
	fault   *fault
	hung    *hungCall
	foreign *foreignEpoch
	work    *work
	waits   *waits
	made    *madeSteps
}

// A requeue postpones the next look at a record to a time, unless the record's
// revision changes. It saves calls when another record of the instance, or the engine's
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

// entry returns the memory of a record, and makes it if necessary. The caller
// holds the lock.
func (m *memory) entry(k store.Key) *recordMemory {
	r := m.records[k]
	if r == nil {
		r = &recordMemory{}
		m.records[k] = r
	}
	return r
}

// prune deletes the entry of a record if it is empty. The caller holds the lock.
func (m *memory) prune(k store.Key) {
	if r := m.records[k]; r != nil && *r == (recordMemory{}) {
		delete(m.records, k)
	}
}

// mark makes the next pass of an instance look at one of its records.
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

// failedPasses counts a pass of an instance that ended with an error, and returns
// the count of failures in a row; nil restarts it.
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

// notBefore reports whether r waits, and returns the time of its next attempt; the
// zero time means an event: another request, or the return of a hung call.
func (m *memory) notBefore(r *store.Record) (after time.Time, wait bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	now, entry := m.now(), m.records[r.Key]
	if entry == nil {
		return time.Time{}, false
	}
	defer m.prune(r.Key)
	if after, hung := m.hungUntil(r, now); hung {
		return after, true
	}
	if f := entry.fault; f != nil {
		switch {
		case f.requests != lifecycle.Requests(r): // another request, or readable again
			m.clearFault(r.Key)
		case f.quarantined:
			return time.Time{}, true
		case now.Before(f.notBefore):
			return f.notBefore, true
		}
	}
	if q := entry.requeue; q != nil && q.revision == r.Revision && now.Before(q.after) {
		return q.after, true
	}
	return time.Time{}, false
}

// requeueAfter postpones the next look at r to a time. The zero time, or a settled
// record, removes the delay.
func (m *memory) requeueAfter(r *store.Record, after time.Time) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if after.IsZero() || r.Settled {
		if entry := m.records[r.Key]; entry != nil {
			entry.requeue, entry.waits, entry.made = nil, nil, nil
			m.prune(r.Key)
		}
		return
	}
	m.entry(r.Key).requeue = &requeue{r.Revision, after}
}

// settle drops the delays of a record without work. Its hung call counts until it
// returns.
func (m *memory) settle(k store.Key) {
	m.mu.Lock()
	defer m.mu.Unlock()
	entry := m.records[k]
	if entry == nil {
		return
	}
	m.clearFault(k)
	m.clearReturned(entry)
	entry.requeue, entry.waits, entry.made = nil, nil, nil
	m.prune(k)
}

// forgetDelays drops the faults and requeue times of an instance and its bindings,
// and returns the keys of the faulty records.
func (m *memory) forgetDelays(instanceID string) []store.Key {
	m.mu.Lock()
	defer m.mu.Unlock()
	var faulty []store.Key
	for k, entry := range m.records {
		if k.InstanceID != instanceID {
			continue
		}
		if entry.fault != nil {
			faulty = append(faulty, k)
			m.clearFault(k)
		}
		entry.requeue, entry.made = nil, nil
		m.prune(k)
	}
	return faulty
}

// foreignAfter is the time that the lease must stay held beside a record of a
// greater epoch before that epoch counts as one of another history. It far exceeds
// the time until a lost lease is noticed.
const foreignAfter = time.Minute

// A foreignEpoch is a record's epoch greater than the term's own, with the time at
// which the term first saw it.
type foreignEpoch struct {
	epoch uint64
	since time.Time
}

// epochNotBefore returns the time until which a record of a greater epoch than the
// term's waits, or zero. Either another process has the lease, and this process
// has lost it; or the records come from a backup, and their epochs
// belong to leases of another history.
func (m *memory) epochNotBefore(r *store.Record, ours uint64) time.Time {
	m.mu.Lock()
	defer m.mu.Unlock()
	if r.Epoch <= ours {
		if entry := m.records[r.Key]; entry != nil {
			entry.foreign = nil
			m.prune(r.Key)
		}
		return time.Time{}
	}
	now, entry := m.now(), m.entry(r.Key)
	if entry.foreign == nil || entry.foreign.epoch != r.Epoch {
		entry.foreign = &foreignEpoch{r.Epoch, now}
		glog.Warningf("record has a greater epoch than the lease: left alone in case the lease is lost %s record_epoch=%d epoch=%d wait=%s", keyValues(r.Key), r.Epoch, ours, foreignAfter)
	}
	if until := entry.foreign.since.Add(foreignAfter); now.Before(until) {
		return until
	}
	return time.Time{}
}

// isForeign reports whether the greater epoch of r belongs to another history, so
// that the term may take r over.
func (m *memory) isForeign(r *store.Record) bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	entry := m.records[r.Key]
	return entry != nil && entry.foreign != nil && entry.foreign.epoch == r.Epoch && !m.now().Before(entry.foreign.since.Add(foreignAfter))
}
