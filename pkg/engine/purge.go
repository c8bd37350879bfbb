package engine

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/lifecycle"
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/store"
)

// Purge drops an instance with its bindings, or one binding, without calling the
// cloud; resources that exist there are kept and no longer tracked. The records
// become tombstones that keep the facts; unreadable ones are deleted. Purge is for
// stuck deletions; any other record needs force. Without force the error is ErrNotDeleted, or store.ErrNewer where a newer broker could delete. The
// other errors are store.ErrNotFound and ErrNothingToDo. Purge returns the records
// as they were, unreadable ones as a key alone.
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
		// Bindings made meanwhile have lost their instance.
		late, err := e.purgeable(ctx, k)
		if err != nil {
			return purged, err
		}
		instance := found[0].Record // or an empty record
		late = slices.DeleteFunc(late, func(b store.Item) bool {
			return !b.Record.IsBinding() || b.Record.Parent != "" && b.Record.Parent != instance.Incarnation && instance.Incarnation != ""
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

// purgeable returns the records that a purge of k covers.
func (e *Engine) purgeable(ctx context.Context, k store.Key) (found []store.Item, err error) {
	items, err := e.recordsOf(ctx, k.InstanceID)
	for _, item := range items {
		if k == item.Record.Key || !k.IsBinding() && item.Record.IsBinding() {
			found = append(found, item)
		}
	}
	return found, err
}

// purgeAll purges records, the last first: an instance after its bindings. It
// returns the newly purged ones.
func (e *Engine) purgeAll(ctx context.Context, found []store.Item) (purged []store.Record, err error) {
	for _, item := range slices.Backward(found) {
		before := item.Record
		switch err := e.purgeOne(ctx, item); {
		case errors.Is(err, lifecycle.ErrUnchanged):
		case err != nil:
			return purged, fmt.Errorf("%s: purging it: %w", before.Key, err)
		default:
			purged = append(purged, before)
		}
		e.Wake(before.Key, "")
		e.watchers.notify(before.Key)
	}
	return purged, nil
}

// mayPurge returns why the records need force, or nil.
func mayPurge(k store.Key, found []store.Item) error {
	deleting := false // the instance, with its bindings
	for _, item := range found {
		if !item.Record.IsBinding() {
			deleting = item.Err == nil && item.Record.Goal == store.Absent
		}
	}
	for _, item := range found {
		r := &item.Record
		switch {
		case errors.Is(item.Err, store.ErrNewer):
			return item.Err
		case item.Err != nil, !lifecycle.Exists(r), r.Goal == store.Absent, deleting && r.IsBinding() && !k.IsBinding():
		default:
			return &store.RecordError{Key: r.Key, Err: ErrNotDeleted}
		}
	}
	return nil
}

// purgeOne makes a tombstone of a record.
func (e *Engine) purgeOne(ctx context.Context, item store.Item) error {
	err := item.Err
	if err == nil && len(item.Record.Incarnation) < lifecycle.IncarnationShown {
		err = store.ErrCorrupt
	}
	if err == nil && item.Record.IsBinding() {
		err = e.forgetHolder(ctx, &item.Record)
	}
	if err == nil {
		_, err = e.store.Update(ctx, item.Record.Key, func(r *store.Record) error {
			if !lifecycle.Exists(r) || r.Incarnation != item.Record.Incarnation {
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
	// Delete it, unless it is readable or another life by now.
	err = e.store.Delete(ctx, item.Record.Key, func(r *store.Record) error {
		if item.Err != nil || r.Incarnation != item.Record.Incarnation {
			return lifecycle.ErrUnchanged
		}
		return nil
	})
	if lifecycle.IsUnrecoverable(err) { // unreadable
		err = e.store.Delete(ctx, item.Record.Key, nil)
	}
	return err
}

// forgetHolder drops the account that a purged binding has again from the list of
// its instance: like the binding, it is no longer tracked.
func (e *Engine) forgetHolder(ctx context.Context, binding *store.Record) error {
	_, err := e.store.Update(ctx, binding.Instance(), func(r *store.Record) error {
		if !lifecycle.Exists(r) || !lifecycle.ForgetHolder(r, binding.Incarnation) {
			return lifecycle.ErrUnchanged
		}
		return nil
	})
	if errors.Is(err, lifecycle.ErrUnchanged) || lifecycle.IsUnrecoverable(err) {
		return nil // an unreadable instance keeps its list
	}
	return err
}
