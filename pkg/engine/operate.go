package engine

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/lifecycle"
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/store"
)

// Errors of what operators ask for.
var (
	// ErrElsewhere: it needs the process that runs the operations, and that is
	// another one.
	ErrElsewhere = errors.New("another process runs the operations")
	// ErrNothingToDo: the record is as it would be then.
	ErrNothingToDo = errors.New("there is nothing to do for it")
	// ErrNotDeleted: it is not being deleted, so that purging it takes force.
	ErrNotDeleted = errors.New("it is not being deleted")
)

// Retry lets what is unfinished of an instance and its bindings be tried again
// at once, also what was set aside, by whichever process runs the operations. It
// returns the keys of what will be tried. The errors are store.ErrNotFound,
// ErrNothingToDo, and ErrElsewhere where records cannot be written, so that only
// the process that runs the operations could be told.
func (e *Engine) Retry(ctx context.Context, instanceID string) ([]store.Key, error) {
	of, err := e.recordsOf(ctx, instanceID)
	if err != nil {
		return nil, err
	}
	if len(of) == 0 {
		return nil, &store.RecordError{Key: store.Key{InstanceID: instanceID}, Err: store.ErrNotFound}
	}
	var tried, unwritten []store.Key
	for _, item := range of {
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
		t.forgetFaults(instanceID)
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

// Purge lets go of an instance with its bindings, or of one binding, without a
// word to the cloud: what exists there stays, and is nobody's. The records
// become tombstones that keep the facts; those that cannot be read are deleted.
// It is for what can never be deleted; what is not being deleted is purged by
// force only: otherwise the error is ErrNotDeleted, or store.ErrNewer where a
// newer broker could. The others are store.ErrNotFound and ErrNothingToDo. It returns the records
// as they were, of those that cannot be read the key alone.
func (e *Engine) Purge(ctx context.Context, k store.Key, force bool) (purged []store.Record, err error) {
	found, err := e.purgeable(ctx, k)
	if err != nil {
		return nil, err
	}
	if len(found) == 0 {
		return nil, &store.RecordError{Key: k, Err: store.ErrNotFound}
	}
	if !force {
		if err := mayPurge(k, found); err != nil {
			return nil, err
		}
	}
	if purged, err = e.purgeAll(ctx, found); err != nil {
		return purged, err
	}
	if !k.IsBinding() {
		// Bindings that came meanwhile have no instance any more.
		late, err := e.purgeable(ctx, k)
		if err != nil {
			return purged, err
		}
		of := found[0].Record // the instance, where there is one
		late = slices.DeleteFunc(late, func(b store.Item) bool {
			return !b.Record.IsBinding() || b.Record.Parent != "" && b.Record.Parent != of.Incarnation && of.Incarnation != ""
		})
		more, err := e.purgeAll(ctx, late)
		if purged = append(purged, more...); err != nil {
			return purged, err
		}
	}
	if len(purged) == 0 {
		return nil, ErrNothingToDo
	}
	return purged, nil
}

// purgeable are the records that a purge of k is about.
func (e *Engine) purgeable(ctx context.Context, k store.Key) (found []store.Item, err error) {
	of, err := e.recordsOf(ctx, k.InstanceID)
	for _, item := range of {
		if k == item.Record.Key || !k.IsBinding() && item.Record.IsBinding() {
			found = append(found, item)
		}
	}
	return found, err
}

// purgeAll purges records, the last first: an instance after its bindings. It
// returns those that were not purged before.
func (e *Engine) purgeAll(ctx context.Context, found []store.Item) (purged []store.Record, err error) {
	for _, item := range slices.Backward(found) {
		was := item.Record
		switch err := e.purgeOne(ctx, item); {
		case errors.Is(err, lifecycle.ErrUnchanged):
		case err != nil:
			return purged, fmt.Errorf("%s: purging it: %w", was.Key, err)
		default:
			purged = append(purged, was)
		}
		e.Wake(was.Key, "")
		e.watchers.tell(was.Key)
	}
	return purged, nil
}

// mayPurge says why records are purged by force only, or nil.
func mayPurge(k store.Key, found []store.Item) error {
	goes := false // with its bindings
	for _, item := range found {
		if !item.Record.IsBinding() {
			goes = item.Err == nil && item.Record.Goal == store.Absent
		}
	}
	for _, item := range found {
		r := &item.Record
		switch {
		case errors.Is(item.Err, store.ErrNewer):
			return item.Err
		case item.Err != nil, !lifecycle.Exists(r), r.Goal == store.Absent, goes && r.IsBinding() && !k.IsBinding():
		default:
			return &store.RecordError{Key: r.Key, Err: ErrNotDeleted}
		}
	}
	return nil
}

// purgeOne makes a tombstone of a record.
func (e *Engine) purgeOne(ctx context.Context, of store.Item) error {
	err := of.Err
	if err == nil && len(of.Record.Incarnation) < lifecycle.IncarnationShown {
		err = store.ErrCorrupt
	}
	if err == nil {
		_, err = e.store.Update(ctx, of.Record.Key, func(r *store.Record) error {
			if !lifecycle.Exists(r) || r.Incarnation != of.Record.Incarnation {
				return lifecycle.ErrUnchanged
			}
			kind := store.Deprovision
			if r.IsBinding() {
				kind = store.Unbind
			}
			now := e.config.Now()
			if !lifecycle.IsBusy(r) || r.Operation.Kind != kind {
				lifecycle.Begin(r, kind, now, 0)
			}
			lifecycle.Note(r, now, r.Operation.Step, "purged", "")
			facts := r.Facts
			lifecycle.EndLife(r, now)
			r.Facts = facts
			return nil
		})
	}
	if !lifecycle.IsUnrecoverable(err) {
		return err
	}
	// Unless it has been mended, or is another by now.
	err = e.store.Delete(ctx, of.Record.Key, func(r *store.Record) error {
		if of.Err != nil || r.Incarnation != of.Record.Incarnation {
			return lifecycle.ErrUnchanged
		}
		return nil
	})
	if lifecycle.IsUnrecoverable(err) { // it cannot be read
		err = e.store.Delete(ctx, of.Record.Key, nil)
	}
	return err
}

// recordsOf returns an instance, where there is one, and its bindings.
func (e *Engine) recordsOf(ctx context.Context, instanceID string) ([]store.Item, error) {
	k := store.Key{InstanceID: instanceID}
	var of []store.Item
	r, err := e.store.Get(ctx, k)
	switch {
	case err == nil:
		of = append(of, store.Item{Record: r})
	case lifecycle.IsUnrecoverable(err):
		of = append(of, store.Item{Record: store.Record{Key: k}, Err: err})
	case !errors.Is(err, store.ErrNotFound):
		return nil, fmt.Errorf("%s: %w", k, err)
	}
	bindings, err := e.store.Bindings(ctx, instanceID)
	if err != nil {
		return nil, fmt.Errorf("%s: bindings: %w", k, err)
	}
	return append(of, bindings...), nil
}
