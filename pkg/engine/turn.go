package engine

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"runtime/debug"
	"slices"
	"time"

	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/lifecycle"
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/store"
)

// Turn makes one step for each record of an instance that has something to do
// and returns when the next is due: the zero time if there is nothing more, or
// nothing that a step could help. An error means that the store failed for one
// of them, or that another process runs the operations.
func (t *Term) Turn(ctx context.Context, instanceID string) (next time.Time, err error) {
	marked := t.take(instanceID)
	if marked == nil {
		return time.Time{}, nil
	}
	w := &turn{Term: t, id: instanceID, marked: marked, left: map[string]bool{}}
	if err = w.whole(ctx); err != nil {
		w.left = marked
	}
	for id := range w.left {
		t.mark(w.key(id))
	}
	if len(w.left) == 0 {
		t.fair.forget(instanceID)
	}
	return w.due.Time, err
}

// A turn is at the records of one instance.
type turn struct {
	*Term

	id     string
	marked map[string]bool // the bindings to look at; "" is the instance itself
	left   map[string]bool // those that are not done with
	due    earliest
}

func (w *turn) key(bindingID string) store.Key {
	return store.Key{InstanceID: w.id, BindingID: bindingID}
}

// whole is run that survives a panic outside of the steps of records.
func (w *turn) whole(ctx context.Context) (err error) {
	defer func() {
		if p := recover(); p != nil {
			w.left = w.marked
			w.due.add(w.broken(&store.Record{Key: w.key("")}, &lifecycle.PanicError{Value: p, Stack: debug.Stack()}))
		}
	}()
	return w.run(ctx)
}

func (w *turn) run(ctx context.Context) error {
	inst, err := w.read(ctx, "")
	if lifecycle.IsUnrecoverable(err) { // its bindings cannot go on without it
		w.left = w.marked
		return nil
	}
	if err != nil {
		return err
	}
	if w.fair.learn(w.id, lifecycle.TenantOf(&inst)) {
		// It stood among those whose tenant was not known: now it takes its
		// place among the tenant's own.
		w.left = w.marked
		w.due.add(w.config.Now())
		return nil
	}
	goes := inst.Goal == store.Absent && !inst.Settled
	held := false
	if goes {
		if held, err = w.cascade(ctx); err != nil {
			return err
		}
	}
	open, err := w.bindings(ctx, &inst)
	open = open || held
	switch {
	case inst.Revision == 0, inst.Settled:
		w.mend(inst.Key)
		return err
	case goes && open: // its bindings first
		w.left[""] = true
		return err
	}
	return errors.Join(err, w.step(ctx, &inst, nil))
}

// read reads a record. That it cannot be read is counted.
func (w *turn) read(ctx context.Context, bindingID string) (store.Record, error) {
	k := w.key(bindingID)
	r, err := w.store.Find(ctx, k)
	if lifecycle.IsUnrecoverable(err) {
		w.due.add(w.broken(&store.Record{Key: k}, err))
		return r, err
	}
	if err == nil {
		w.legible(k)
		w.hand.see(&r)
	}
	return r, err
}

// bindings makes a step for each binding that is marked, and says whether one
// is not done with. What befalls one does not keep the others.
func (w *turn) bindings(ctx context.Context, inst *store.Record) (open bool, err error) {
	for _, id := range slices.Sorted(maps.Keys(w.marked)) {
		if id == "" {
			continue
		}
		b, failed := w.read(ctx, id)
		switch {
		case lifecycle.IsUnrecoverable(failed):
			w.left[id] = true
			open = true
			continue
		case failed == nil && (b.Revision == 0 || b.Settled):
			w.mend(b.Key)
			continue
		case failed == nil:
			failed = w.step(ctx, &b, inst)
		}
		open = open || failed != nil || !b.Settled
		err = errors.Join(err, failed)
	}
	return open, err
}

// step makes a step for a record, unless nothing new is to be begun.
func (w *turn) step(ctx context.Context, r, of *store.Record) error {
	if w.halted() {
		w.left[r.BindingID] = true
		return nil
	}
	next, err := w.safely(ctx, r, of)
	if err == nil && !r.Settled {
		w.left[r.BindingID] = true
		w.due.add(next)
	}
	return err
}

// cascade takes the bindings of an instance that is being deleted with it. It
// says whether one of them cannot be taken.
func (w *turn) cascade(ctx context.Context) (held bool, err error) {
	bindings, err := w.legibles(ctx)
	if err != nil {
		return false, fmt.Errorf("instance %q: bindings: %w", w.id, err)
	}
	for i := range bindings {
		b := &bindings[i]
		if until := w.waitsFor(b); !until.IsZero() {
			held = true
			w.due.add(until)
			continue
		}
		if b.Goal == store.Present {
			saved, err := w.write(ctx, b.Key, func(r *store.Record) error {
				if !lifecycle.Exists(r) || r.Goal != store.Present {
					return lifecycle.ErrUnchanged
				}
				lifecycle.Begin(r, store.Unbind, w.config.Now(), 0)
				return nil
			})
			switch {
			case errors.Is(err, lifecycle.ErrUnchanged): // it is gone, or goes, by now: the next turn sees
				held = true
				w.due.add(w.config.Now())
				continue
			case lifecycle.IsUnrecoverable(err): // the others go on
				held = true
				w.due.add(w.broken(b, err))
			case err != nil:
				return false, fmt.Errorf("%s: %w", b.Key, err)
			default:
				*b = saved
			}
		}
		if !b.Settled {
			w.marked[b.BindingID] = true
		}
	}
	return held, nil
}

// legibles are the bindings of the instance that can be read. The others are
// marked.
func (w *turn) legibles(ctx context.Context) ([]store.Record, error) {
	bindings, err := w.store.Bindings(ctx, w.id)
	if err != nil {
		return nil, err
	}
	var legible []store.Record
	for _, b := range bindings {
		if b.Err != nil {
			w.marked[b.Record.BindingID] = true
			continue
		}
		legible = append(legible, b.Record)
	}
	return legible, nil
}

// earliest is the earliest of the times added; zero times do not count.
type earliest struct{ time.Time }

func (t *earliest) add(other time.Time) {
	if !other.IsZero() && (t.IsZero() || other.Before(t.Time)) {
		t.Time = other
	}
}
