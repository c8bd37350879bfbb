package engine

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/lifecycle"
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/store"
)

// Errors of operators' requests.
var (
	// ErrElsewhere: only the process that runs the operations can serve the request.
	ErrElsewhere = errors.New("another process runs the operations")
	// ErrNothingToDo: the record is already in the requested state.
	ErrNothingToDo = errors.New("there is nothing to do for it")
	// ErrNotDeleted: the record is not being deleted, so a purge needs force.
	ErrNotDeleted = errors.New("it is not being deleted")
)

// Retry makes the unfinished records of an instance and its bindings due at once,
// quarantined ones too, in whichever process runs the operations. It returns
// their keys. The errors are store.ErrNotFound, ErrNothingToDo, and ErrElsewhere
// for unwritable records, which only the process that runs the operations can
// retry.
func (e *Engine) Retry(ctx context.Context, instanceID string) ([]store.Key, error) {
	items, err := e.recordsOf(ctx, instanceID)
	if err != nil {
		return nil, err
	}
	if len(items) == 0 {
		return nil, &store.RecordError{Key: store.Key{InstanceID: instanceID}, Err: store.ErrNotFound}
	}
	var tried, unwritten []store.Key
	for _, item := range items {
		err := item.Err
		if err == nil {
			_, err = e.store.Update(ctx, item.Record.Key, func(r *store.Record) error {
				if r.Revision == 0 || r.Settled || r.Operation == nil {
					return lifecycle.ErrUnchanged
				}
				r.Retries++
				op := r.Operation
				op.Attempt, op.NextTry = 0, time.Time{}
				if op.CauseKind == store.CauseQuarantined {
					op.CauseKind = ""
				}
				lifecycle.Note(r, e.config.Now(), op.Step, "asked for again", "")
				return nil
			})
		}
		switch {
		case err == nil:
			tried = append(tried, item.Record.Key)
		case errors.Is(err, lifecycle.ErrUnchanged):
		case lifecycle.IsUnrecoverable(err):
			unwritten = append(unwritten, item.Record.Key)
		default:
			return tried, fmt.Errorf("%s: %w", item.Record.Key, err)
		}
	}
	if t := e.current(); t != nil {
		tried, unwritten = append(tried, unwritten...), nil
		t.forgetDelays(instanceID)
	}
	for _, k := range tried {
		e.Wake(k, "")
	}
	switch {
	case len(tried) > 0:
		return tried, nil
	case len(unwritten) > 0:
		return nil, &store.RecordError{Key: unwritten[0], Err: ErrElsewhere}
	}
	return nil, ErrNothingToDo
}

// recordsOf returns an instance, if it exists, and its bindings.
func (e *Engine) recordsOf(ctx context.Context, instanceID string) ([]store.Item, error) {
	k := store.Key{InstanceID: instanceID}
	var items []store.Item
	r, err := e.store.Get(ctx, k)
	switch {
	case err == nil:
		items = append(items, store.Item{Record: r})
	case lifecycle.IsUnrecoverable(err):
		items = append(items, store.Item{Record: store.Record{Key: k}, Err: err})
	case !errors.Is(err, store.ErrNotFound):
		return nil, fmt.Errorf("%s: %w", k, err)
	}
	bindings, err := e.store.Bindings(ctx, instanceID)
	if err != nil {
		return nil, fmt.Errorf("%s: bindings: %w", k, err)
	}
	return append(items, bindings...), nil
}
