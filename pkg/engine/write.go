package engine

import (
	"context"
	"fmt"
	"time"

	"github.com/golang/glog"

	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/lifecycle"
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/providers"
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/store"
)

// write changes a record while the lease is held. It completes while the term is
// ending, but is cut off once another process may run the operations.
func (t *Term) write(ctx context.Context, k store.Key, change func(*store.Record) error) (store.Record, error) {
	if !t.lease.Held() {
		return store.Record{}, errDeposed
	}
	ctx, end := context.WithCancel(context.WithoutCancel(ctx))
	defer end()
	defer context.AfterFunc(t.held, end)()
	return t.engine.store.Update(ctx, k, func(r *store.Record) error {
		if !t.lease.Held() || r.Epoch > t.lease.Epoch && !t.memory.isForeign(r) {
			return errDeposed
		}
		return change(r)
	})
}

// save changes the record, provided that it still has the operation that the
// attempt read.
func (a *attempt) save(ctx context.Context, change func(*store.Record)) error {
	id, goal := a.record.Operation.ID, a.record.Goal
	saved, err := a.term.write(ctx, a.record.Key, func(r *store.Record) error {
		if r.Operation == nil || r.Operation.ID != id || r.Goal != goal || lifecycle.IsTombstone(r) {
			return errSuperseded
		}
		change(r)
		return nil
	})
	if err != nil {
		return err
	}
	*a.record = saved
	return nil
}

// end is save for a change that ends the operation: it logs and counts the end,
// and notifies waiting requests.
func (a *attempt) end(ctx context.Context, change func(*store.Record)) error {
	running := lifecycle.IsBusy(a.record)
	if err := a.save(ctx, change); err != nil {
		return err
	}
	op := a.record.Operation
	if running && op.State.Finished() {
		a.term.engine.metrics.ended(a.record.Provider, op)
		said := ""
		if op.Description != "" { // a success has none
			said = fmt.Sprintf(" description=%q", op.Description)
		}
		glog.Infof("operation ended %s operation=%s kind=%s state=%s took=%s%s", keyValues(a.record.Key), op.ID, op.Kind, op.State, op.Finished.Sub(op.Started).Round(time.Millisecond), said)
	}
	a.term.engine.watchers.notify(a.record.Key)
	return nil
}

// secrets returns the secret facts of the stored record.
func (a *attempt) secrets() map[string]string {
	s, err := lifecycle.OpenStrings(a.record.Secrets)
	if err != nil {
		return nil // unreachable: TaskOf has opened them before
	}
	return s
}

// keepFacts puts fresh facts into a record.
func keepFacts(r *store.Record, facts providers.Facts, fresh bool) {
	if !fresh {
		return
	}
	if secrets, err := lifecycle.SealStrings(facts.Secrets); err == nil {
		r.Facts, r.Secrets = facts.Open, secrets
	}
}

// showProgress writes the step and its sentence into the operation.
func showProgress(r *store.Record, step providers.Step) {
	op := r.Operation
	op.Step = step.Name
	if op.CauseKind == store.CauseQuarantined { // the quarantine has ended
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

// forgetFailures clears the failed attempts of an operation that continues, and a
// sentence that names a refusal.
func forgetFailures(op *store.Operation) {
	op.Attempt, op.NextTry = 0, time.Time{}
	switch providers.Class(op.CauseKind) { //nolint:exhaustive // the sentences of the others say that the work goes on
	case providers.Operator, providers.User, providers.Unexplained:
		if !op.State.Finished() {
			op.Description = ""
		}
	}
	if op.CauseKind != store.CauseQuarantined { // showProgress forgets the quarantine with its sentence
		op.Cause, op.CauseKind = "", ""
	}
}

// keyValues formats the ids of a record for a log line.
func keyValues(k store.Key) string {
	if k.IsBinding() {
		return fmt.Sprintf("instance=%q binding=%q", k.InstanceID, k.BindingID)
	}
	return fmt.Sprintf("instance=%q", k.InstanceID)
}
