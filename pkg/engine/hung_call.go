package engine

import (
	"fmt"
	"time"

	"github.com/golang/glog"

	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/lifecycle"
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/providers"
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/store"
)

// errHung: the provider exceeded its deadline and the grace after it.
var errHung = fmt.Errorf("the provider call has exceeded its deadline: %w", providers.ErrOutcomeUnknown)

// A hungCall is a provider call that exceeded its deadline and still runs. Its
// record is quarantined until the call returns. Another request of the
// platform or an operator ends the quarantine at once after a look, and after the
// settle time after a mutating call.
type hungCall struct {
	returned <-chan struct{}
	requests uint64    // lifecycle.Requests when the call hung
	until    time.Time // another request waits until then
}

// quarantineHung quarantines a record until its provider call returns.
func (t *Term) quarantineHung(r *store.Record, returned <-chan struct{}, readOnly bool) {
	glog.Errorf("quarantined until the provider call returns: it exceeded its deadline %s", keyValues(r.Key))
	until := t.config().Now()
	if !readOnly {
		until = until.Add(t.config().Settle)
	}
	m := t.memory
	m.mu.Lock()
	defer m.mu.Unlock()
	entry := m.entry(r.Key)
	if entry.hung == nil {
		m.quarantined.Inc()
	}
	entry.hung = &hungCall{returned, lifecycle.Requests(r), until}
}

// hungUntil reports whether a call of r hangs, and the time until which r waits; the
// zero time means until the call returns. The caller holds the lock.
func (m *memory) hungUntil(r *store.Record, now time.Time) (until time.Time, hung bool) {
	entry := m.records[r.Key]
	if entry == nil || entry.hung == nil {
		return time.Time{}, false
	}
	select {
	case <-entry.hung.returned: // takeOver continues the record
		return time.Time{}, false
	default:
	}
	if entry.hung.requests == lifecycle.Requests(r) {
		return time.Time{}, true
	}
	if now.Before(entry.hung.until) {
		return entry.hung.until, true
	}
	entry.hung = nil
	m.quarantined.Dec()
	return time.Time{}, false
}

// takeReturned reports, once, that the hung call of a record has returned.
func (m *memory) takeReturned(k store.Key) bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	entry := m.records[k]
	if entry == nil || entry.hung == nil {
		return false
	}
	entry.hung = nil
	m.prune(k)
	m.quarantined.Dec()
	return true
}

// clearReturned forgets the hung call of a record once it has returned. The caller
// holds the lock.
func (m *memory) clearReturned(entry *recordMemory) {
	if entry.hung == nil {
		return
	}
	select {
	case <-entry.hung.returned:
		entry.hung = nil
		m.quarantined.Dec()
	default:
	}
}

// returnedLate wakes the record of a hung call that has returned now. It reports
// whether the result of the call is lost for its record: the quarantine ended
// before the call did, or another process has the record.
func (t *Term) returnedLate(k store.Key, returned <-chan struct{}) (lost bool) {
	m := t.memory
	m.mu.Lock()
	entry := m.records[k]
	known := entry != nil && entry.hung != nil && entry.hung.returned == returned
	m.mu.Unlock()
	if !known {
		return true
	}
	t.wake(k, "")
	return !t.lease.Held()
}
