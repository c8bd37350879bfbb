package engine

import (
	"context"
	"errors"
	"time"

	"github.com/golang/glog"

	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/lifecycle"
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/store"
)

// quarantineAfter is the number of broken attempts in a row after which a record is
// quarantined.
const quarantineAfter = 3

// A fault counts the attempts that a record broke in this term.
type fault struct {
	count       int
	notBefore   time.Time // next attempt
	requests    uint64    // lifecycle.Requests at the last attempt; another request clears the fault
	quarantined bool
	unreadable  bool
}

// recordFault counts an attempt that a record broke, and returns when the next is
// due: the zero time where the record is quarantined. An unreadable record has
// only its key.
func (m *memory) recordFault(r *store.Record, err error) time.Time {
	m.mu.Lock()
	defer m.mu.Unlock()
	now, entry := m.now(), m.entry(r.Key)
	if entry.fault == nil {
		entry.fault = &fault{}
	}
	f := entry.fault
	f.requests, f.unreadable = lifecycle.Requests(r), r.Revision == 0
	switch {
	case f.quarantined:
		return time.Time{}
	case now.Before(f.notBefore): // a pass for another record of the instance
		return f.notBefore
	}
	f.count++
	if p, ok := errors.AsType[*lifecycle.PanicError](err); ok {
		glog.Errorf("panic in an attempt %s err=%q\n%s", keyValues(r.Key), p, p.Stack)
	}
	if f.count < quarantineAfter {
		f.notBefore = now.Add(backoff(f.count, time.Second, time.Minute))
		glog.Errorf("attempt broken by its record %s attempt=%d err=%q", keyValues(r.Key), f.count, err)
		return f.notBefore
	}
	f.quarantined = true
	m.quarantined.Inc()
	glog.Errorf("quarantined: remove the cause, then run the operator's command retry or restart the broker %s attempts=%d err=%q", keyValues(r.Key), f.count, err)
	return time.Time{}
}

// attemptWorked forgets the fault of a record.
func (m *memory) attemptWorked(k store.Key) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.clearFault(k)
	m.prune(k)
}

// readWorked forgets the fault of a record that was unreadable.
func (m *memory) readWorked(k store.Key) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if entry := m.records[k]; entry != nil && entry.fault != nil && entry.fault.unreadable {
		m.clearFault(k)
		m.prune(k)
	}
}

// clearFault forgets a fault. The caller holds the lock.
func (m *memory) clearFault(k store.Key) {
	entry := m.records[k]
	if entry == nil || entry.fault == nil {
		return
	}
	if entry.fault.quarantined {
		m.quarantined.Dec()
	}
	entry.fault = nil
}

func (m *memory) isQuarantined(k store.Key) bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	entry := m.records[k]
	return entry != nil && entry.fault != nil && entry.fault.quarantined
}

// describeQuarantine writes the quarantine into its record, if the record is
// writable.
func (t *Term) describeQuarantine(ctx context.Context, r *store.Record) {
	if !t.memory.isQuarantined(r.Key) || r.Operation == nil {
		return
	}
	id := r.Operation.ID
	saved, err := t.write(ctx, r.Key, func(r *store.Record) error {
		op := r.Operation
		if op == nil || op.ID != id || r.Settled {
			return lifecycle.ErrUnchanged
		}
		op.CauseKind = store.CauseQuarantined
		if !op.State.Finished() {
			op.Description = lifecycle.TextQuarantined
		}
		lifecycle.Note(r, t.config().Now(), r.Operation.Step, "set aside", "")
		return nil
	})
	if err == nil {
		*r = saved
		return
	}
	if !errors.Is(err, lifecycle.ErrUnchanged) && t.lease.Held() {
		glog.Errorf("quarantine not written into its record %s err=%q", keyValues(r.Key), err)
	}
}
