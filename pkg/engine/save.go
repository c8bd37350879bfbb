package engine

import (
	"context"
	"time"

	"github.com/golang/glog"

	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/lifecycle"
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/providers"
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/store"
)

// progress shows a running operation where it is.
func (m *move) progress(r *store.Record, step providers.Step) {
	op := r.Operation
	op.Step = step.Name
	if op.CauseKind == store.CauseQuarantined { // it goes on
		op.CauseKind = ""
		if !op.State.Finished() {
			op.Description = ""
		}
	}
	if !op.State.Finished() {
		op.State = store.Running
		if step.Text != "" {
			op.Description = step.Text
		}
	}
}

// recovered forgets the failures of an operation that goes on.
func recovered(op *store.Operation) {
	op.Attempt, op.NextTry = 0, time.Time{}
	if op.CauseKind != store.CauseQuarantined { // progress forgets that one, with its sentence
		op.Cause, op.CauseKind = "", ""
	}
}

// keep puts facts into the record.
func (m *move) keep(r *store.Record, facts providers.Facts, fresh bool) {
	if !fresh {
		return
	}
	if secrets, err := lifecycle.SealStrings(facts.Secrets); err == nil {
		r.Facts, r.Secrets = facts.Open, secrets
	}
}

// secrets are the secret facts as read with the record, without what the last
// look added.
func (m *move) secrets() map[string]string {
	s, err := lifecycle.OpenStrings(m.r.Secrets)
	if err != nil {
		return nil // taskOf has opened them before
	}
	return s
}

// write changes a record while this term lasts. What has been seen or done is
// stored also while we are stopping, but not once another process may run the
// operations.
func (t *Term) write(ctx context.Context, k store.Key, change func(*store.Record) error) (store.Record, error) {
	if !t.lease.Held() {
		return store.Record{}, errDeposed
	}
	ctx, end := context.WithCancel(context.WithoutCancel(ctx))
	defer end()
	defer context.AfterFunc(t.held, end)()
	return t.store.Update(ctx, k, func(r *store.Record) error {
		if !t.lease.Held() || r.Epoch > t.lease.Epoch && !t.isForeign(r) {
			return errDeposed
		}
		return change(r)
	})
}

// save changes the record, provided that it is still at the operation that was
// read.
func (m *move) save(ctx context.Context, change func(*store.Record)) error {
	id, goal := m.r.Operation.ID, m.r.Goal
	saved, err := m.write(ctx, m.r.Key, func(r *store.Record) error {
		if r.Operation == nil || r.Operation.ID != id || r.Goal != goal || lifecycle.IsTombstone(r) {
			return errMoved
		}
		change(r)
		return nil
	})
	if err != nil {
		return err
	}
	*m.r = saved
	return nil
}

// end is save for a change that ends the operation: it is logged, counted and
// told to those who wait.
func (m *move) end(ctx context.Context, change func(*store.Record)) error {
	running := lifecycle.IsBusy(m.r)
	if err := m.save(ctx, change); err != nil {
		return err
	}
	op := m.r.Operation
	if running && op.State.Finished() {
		m.metrics.ended(m.r.Provider, op)
		glog.Infof("%s operation %s (%s) %s after %s: %s", m.r.Key, op.ID, op.Kind, op.State, op.Finished.Sub(op.Started).Round(time.Millisecond), op.Description)
	}
	m.watchers.tell(m.r.Key)
	return nil
}
