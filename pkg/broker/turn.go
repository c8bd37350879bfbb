package broker

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/store"
)

// Turn makes one step for each record of an instance that has something to do
// and returns when the next is due: the zero time if there is nothing more, or
// nothing that a step could help. An error means that the store failed, or that
// another process runs the operations.
func (t *Term) Turn(ctx context.Context, instanceID string) (next time.Time, err error) {
	marked := t.take(instanceID)
	if marked == nil {
		return time.Time{}, nil
	}
	w := &turn{Term: t, id: instanceID, marked: marked, left: map[string]bool{}}
	if err = w.run(ctx); err != nil {
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

func (w *turn) run(ctx context.Context) error {
	inst, err := get(ctx, w.store, w.key(""))
	if isBroken(err) {
		w.left = w.marked
		w.due.add(w.broken(w.key(""), 0, err))
		return nil
	}
	if err != nil {
		return err
	}
	if w.fair.learn(w.id, tenantOf(&inst)) {
		// It stood among those whose tenant was not known: now it takes its
		// place among the tenant's own.
		w.left = w.marked
		w.due.add(w.config.Now())
		return nil
	}
	w.hand.see(&inst)
	goes := inst.Goal == store.Absent && !inst.Settled
	open := false // a binding is not done with
	if goes {
		if open, err = w.cascade(ctx); err != nil {
			return err
		}
	}
	for _, id := range slices.Sorted(maps.Keys(w.marked)) {
		if id == "" {
			continue
		}
		ended, err := w.binding(ctx, id, &inst)
		if err != nil {
			return err
		}
		open = open || !ended
	}
	switch {
	case inst.Revision == 0, inst.Settled:
		return nil
	case goes && open: // its bindings first
		w.left[""] = true
		return nil
	}
	next, err := w.safely(ctx, &inst, nil)
	if err == nil && !inst.Settled {
		w.left[""] = true
		w.due.add(next)
	}
	return err
}

// binding makes a step for one binding and says whether it is done with.
func (w *turn) binding(ctx context.Context, id string, inst *store.Record) (ended bool, err error) {
	b, err := get(ctx, w.store, w.key(id))
	if isBroken(err) { // the others go on
		w.left[id] = true
		w.due.add(w.broken(w.key(id), 0, err))
		return false, nil
	}
	if err != nil {
		return false, err
	}
	w.hand.see(&b)
	if b.Revision == 0 || b.Settled {
		return true, nil
	}
	next, err := w.safely(ctx, &b, inst)
	if err != nil {
		return false, err
	}
	if b.Settled {
		return true, nil
	}
	w.left[id] = true
	w.due.add(next)
	return false, nil
}

// cascade takes the bindings of an instance that is being deleted with it. It
// says whether one of them cannot be read.
func (w *turn) cascade(ctx context.Context) (hidden bool, err error) {
	bindings, err := w.store.Bindings(ctx, w.id)
	switch {
	case isBroken(err):
		w.left[""] = true
		w.due.add(w.broken(w.key(""), 0, err))
		return true, nil
	case err != nil:
		return false, fmt.Errorf("instance %q: bindings: %w", w.id, err)
	}
	for i := range bindings {
		b := &bindings[i]
		if b.Goal == store.Present {
			saved, err := w.store.Update(ctx, b.Key, func(r *store.Record) error {
				if exists(r) && r.Goal == store.Present {
					begin(r, store.Unbind, w.config.Now(), 0)
				}
				return nil
			})
			if err != nil {
				return false, fmt.Errorf("%s: %w", b.Key, err)
			}
			*b = saved
		}
		if !b.Settled {
			w.marked[b.BindingID] = true
		}
	}
	return false, nil
}

// earliest is the earliest of the times added; zero times do not count.
type earliest struct{ time.Time }

func (t *earliest) add(other time.Time) {
	if !other.IsZero() && (t.IsZero() || other.Before(t.Time)) {
		t.Time = other
	}
}
