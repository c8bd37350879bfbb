package engine

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"maps"
	"runtime/debug"
	"slices"
	"strings"
	"time"

	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/lifecycle"
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/store"
)

// Reconcile makes one attempt for each marked record of an instance that has work,
// and returns the time of the next pass, or zero if the instance waits for an event. An error means that the store failed for one of the
// records, or that another process runs the operations.
func (t *Term) Reconcile(ctx context.Context, instanceID string) (next time.Time, err error) {
	marked := t.memory.takeMarked(instanceID)
	if marked == nil {
		return time.Time{}, nil
	}
	p := &pass{term: t, instanceID: instanceID, marked: marked, unfinished: map[string]bool{}}
	if err = p.runSafely(ctx); err != nil {
		p.unfinished = marked
	}
	for id := range p.unfinished {
		t.memory.mark(p.key(id))
	}
	if len(p.unfinished) == 0 {
		t.fair.forget(instanceID)
	}
	return p.due.Time, err
}

// A pass goes over the marked records of one instance. Records are named by
// binding id; "" is the instance itself.
type pass struct {
	term       *Term
	instanceID string
	marked     map[string]bool
	unfinished map[string]bool // marked again at the end
	due        earliest
	// waitsFor is the description of the first open binding, in the order of their
	// ids, that has one.
	waitsFor string
}

func (p *pass) key(bindingID string) store.Key {
	return store.Key{InstanceID: p.instanceID, BindingID: bindingID}
}

// runSafely is run that survives a panic outside of attempts.
func (p *pass) runSafely(ctx context.Context) (err error) {
	defer func() {
		if panicked := recover(); panicked != nil {
			p.unfinished = p.marked
			p.due.add(p.term.memory.recordFault(&store.Record{Key: p.key("")}, &lifecycle.PanicError{Value: panicked, Stack: debug.Stack()}))
		}
	}()
	return p.run(ctx)
}

func (p *pass) run(ctx context.Context) error {
	instance, err := p.read(ctx, "")
	if lifecycle.IsUnrecoverable(err) { // its bindings need it
		p.unfinished = p.marked
		return nil
	}
	if err != nil {
		return err
	}
	if p.term.fair.learn(p.instanceID, lifecycle.TenantOf(&instance)) {
		// The instance waited in the queue of unknown tenants: now it waits in the
		// queue of its tenant.
		p.unfinished = p.marked
		p.due.add(p.term.config().Now())
		return nil
	}
	deleting := instance.Goal == store.Absent && !instance.Settled
	blocked := false
	if deleting {
		if blocked, err = p.cascade(ctx); err != nil {
			return err
		}
	}
	open, err := p.bindings(ctx, &instance)
	open = open || blocked
	if deleting && err == nil {
		err = p.describeWait(ctx, &instance, open)
	}
	switch {
	case instance.Revision == 0, instance.Settled:
		p.term.memory.settle(instance.Key)
		return err
	case deleting && open: // its bindings first
		p.unfinished[""] = true
		return err
	}
	return errors.Join(err, p.attempt(ctx, &instance, nil))
}

// read reads a record and counts a fault if it is unreadable.
func (p *pass) read(ctx context.Context, bindingID string) (store.Record, error) {
	k := p.key(bindingID)
	r, err := p.term.engine.store.Find(ctx, k)
	if lifecycle.IsUnrecoverable(err) {
		p.due.add(p.term.memory.recordFault(&store.Record{Key: k}, err))
		return r, err
	}
	if err == nil {
		p.term.memory.readWorked(k)
		p.term.memory.track(&r)
	}
	return r, err
}

// bindings makes an attempt for each marked binding, and reports whether one is
// still open. A failure of one binding leaves the others alone.
func (p *pass) bindings(ctx context.Context, instance *store.Record) (open bool, err error) {
	for _, id := range slices.Sorted(maps.Keys(p.marked)) {
		if id == "" {
			continue
		}
		b, failed := p.read(ctx, id)
		switch {
		case lifecycle.IsUnrecoverable(failed):
			p.unfinished[id] = true
			open = true
			p.waitsFor = cmp.Or(p.waitsFor, lifecycle.TextQuarantined) // as its own poll says
			continue
		case failed == nil && (b.Revision == 0 || b.Settled):
			p.term.memory.settle(b.Key)
			continue
		case failed == nil:
			failed = p.attempt(ctx, &b, instance)
		}
		open = open || failed != nil || !b.Settled
		if !b.Settled && b.Operation != nil {
			p.waitsFor = cmp.Or(p.waitsFor, b.Operation.Description)
		}
		err = errors.Join(err, failed)
	}
	return open, err
}

// describeWait writes the binding's description into the deprovision that waits
// for it, and removes it once the bindings are gone. The text changes only when
// the binding's does.
func (p *pass) describeWait(ctx context.Context, instance *store.Record, open bool) error {
	text := ""
	if open && p.waitsFor != "" {
		text = lifecycle.TextBindingFirst + p.waitsFor
	}
	isCurrent := func(r *store.Record) bool {
		op := r.Operation
		return op == nil || op.State.Finished() || op.Description == text ||
			text == "" && !strings.HasPrefix(op.Description, lifecycle.TextBindingFirst)
	}
	if isCurrent(instance) || !p.term.memory.epochNotBefore(instance, p.term.lease.Epoch).IsZero() {
		return nil
	}
	saved, err := p.term.write(ctx, instance.Key, func(r *store.Record) error {
		if r.Operation == nil || r.Operation.ID != instance.Operation.ID || isCurrent(r) {
			return lifecycle.ErrUnchanged
		}
		r.Operation.Description = text
		return nil
	})
	if errors.Is(err, lifecycle.ErrUnchanged) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("%s: %w", instance.Key, err)
	}
	*instance = saved
	return nil
}

// attempt makes an attempt for a record, unless the term is ending.
func (p *pass) attempt(ctx context.Context, r, instance *store.Record) error {
	if p.term.isEnding() {
		p.unfinished[r.BindingID] = true
		return nil
	}
	next, err := p.term.attemptSafely(ctx, r, instance)
	if err == nil && !r.Settled {
		p.unfinished[r.BindingID] = true
		p.due.add(next)
	}
	return err
}

// cascade begins the deletion of the bindings of an instance that is being
// deleted. It reports whether the deletion of one of them must wait.
func (p *pass) cascade(ctx context.Context) (blocked bool, err error) {
	bindings, err := p.readableBindings(ctx)
	if err != nil {
		return false, fmt.Errorf("instance %q: bindings: %w", p.instanceID, err)
	}
	for i := range bindings {
		b := &bindings[i]
		if until := p.term.memory.epochNotBefore(b, p.term.lease.Epoch); !until.IsZero() {
			blocked = true
			p.due.add(until)
			continue
		}
		if isUndeleted(b) {
			saved, err := p.term.write(ctx, b.Key, func(r *store.Record) error {
				if !isUndeleted(r) {
					return lifecycle.ErrUnchanged
				}
				lifecycle.Delete(r, store.Unbind, p.term.config().Now())
				return nil
			})
			switch {
			case errors.Is(err, lifecycle.ErrUnchanged): // deleted meanwhile, or being deleted: the next pass reads it
				blocked = true
				p.due.add(p.term.config().Now())
				continue
			case lifecycle.IsUnrecoverable(err): // the other bindings continue
				blocked = true
				p.due.add(p.term.memory.recordFault(b, err))
			case err != nil:
				return false, fmt.Errorf("%s: %w", b.Key, err)
			default:
				*b = saved
			}
		}
		if !b.Settled {
			p.marked[b.BindingID] = true
		}
	}
	return blocked, nil
}

// isUndeleted reports whether r exists and its deletion was never begun.
func isUndeleted(r *store.Record) bool {
	return lifecycle.Exists(r) && (r.Operation == nil || !r.Operation.Kind.Deletes())
}

// readableBindings returns the readable bindings of the instance, and marks the
// unreadable ones.
func (p *pass) readableBindings(ctx context.Context) ([]store.Record, error) {
	bindings, err := p.term.engine.store.Bindings(ctx, p.instanceID)
	if err != nil {
		return nil, err
	}
	var readable []store.Record
	for _, b := range bindings {
		if b.Err != nil {
			p.marked[b.Record.BindingID] = true
			continue
		}
		readable = append(readable, b.Record)
	}
	return readable, nil
}

// earliest is the earliest of the nonzero times added.
type earliest struct{ time.Time }

func (t *earliest) add(other time.Time) {
	if !other.IsZero() && (t.IsZero() || other.Before(t.Time)) {
		t.Time = other
	}
}
