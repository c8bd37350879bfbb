package server

import (
	"context"
	"errors"
	"net/url"
	"strconv"

	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/operator"
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/osb"
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/store"
)

// A filter selects the instances of the list.
type filter struct{ unfinished, failed, deleted bool }

func filterOf(q url.Values) (filter, error) {
	var f filter
	for name, on := range map[string]*bool{"unfinished": &f.unfinished, "failed": &f.failed, "deleted": &f.deleted} {
		text := q.Get(name)
		if text == "" {
			continue
		}
		var err error
		if *on, err = strconv.ParseBool(text); err != nil {
			return f, osb.ErrBadRequest("%s is true or false.", name)
		}
	}
	return f, nil
}

// selects reports whether the list has an instance, given the tally of its bindings.
func (f filter) selects(r *store.Record, bindings *tally) bool {
	switch {
	case f.unfinished && !isUnfinished(r) && bindings.unfinished+bindings.unreadable == 0:
		return false
	case f.failed && !hasFailed(r) && bindings.failed == 0:
		return false
	}
	return f.deleted || r.Deleted.IsZero() || bindings.live+bindings.unreadable > 0
}

// A tally counts the bindings of one instance by state.
type tally struct {
	live, unfinished, failed, unreadable int
	quarantined                          bool
}

func (t *tally) add(r *store.Record) {
	if isLive(r) {
		t.live++
	}
	if isUnfinished(r) {
		t.unfinished++
	}
	if hasFailed(r) {
		t.failed++
	}
	t.quarantined = t.quarantined || isQuarantined(r)
}

// list writes a line for each instance. It reads all records twice: holding the
// instances until the bindings are counted would take memory for all of them.
// Unfinished instances come from the store's index instead.
func (h *Handler) list(ctx context.Context, x *exchange) error {
	f, err := filterOf(x.request.URL.Query())
	if err != nil {
		return err
	}
	x.beginLines()
	if f.unfinished {
		return h.listUnfinished(ctx, x, f)
	}
	tallies, err := h.tallyBindings(ctx)
	if err != nil {
		return err
	}
	for r, err := range h.config.Store.All(ctx) {
		damaged, unreadable := errors.AsType[*store.RecordError](err)
		switch {
		case unreadable && damaged.Key.IsBinding(): // counted by tallyBindings
			continue
		case unreadable:
			err = x.write(operator.Line{InstanceID: damaged.Key.InstanceID, State: operator.StateUnreadable})
		case err == nil && !r.IsBinding():
			err = writeLine(x, f, &r, tallies[r.InstanceID])
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// tallyBindings counts the bindings of every instance by its id.
func (h *Handler) tallyBindings(ctx context.Context) (map[string]*tally, error) {
	tallies := map[string]*tally{}
	for r, err := range h.config.Store.All(ctx) {
		damaged, unreadable := errors.AsType[*store.RecordError](err)
		switch {
		case unreadable:
			r.Key = damaged.Key
		case err != nil:
			return nil, err
		}
		if !r.IsBinding() {
			continue
		}
		t := tallies[r.InstanceID]
		if t == nil {
			t = &tally{}
			tallies[r.InstanceID] = t
		}
		if unreadable {
			t.unreadable++
		} else {
			t.add(&r)
		}
	}
	return tallies, nil
}

// listUnfinished writes a line for each instance with an unfinished record, its
// own or a binding's.
func (h *Handler) listUnfinished(ctx context.Context, x *exchange, f filter) error {
	keys, err := h.config.Store.Unfinished(ctx)
	if err != nil {
		return err
	}
	last := ""
	for _, k := range keys { // in order, so the keys of an instance are together
		if k.InstanceID == last {
			continue
		}
		last = k.InstanceID
		if err := h.listOne(ctx, x, f, k.Instance()); err != nil {
			return err
		}
	}
	return nil
}

// listOne writes the line of one instance. The record may be missing while its
// bindings exist.
func (h *Handler) listOne(ctx context.Context, x *exchange, f filter, k store.Key) error {
	r, err := h.config.Store.Get(ctx, k)
	if isUnreadable(err) {
		return x.write(operator.Line{InstanceID: k.InstanceID, State: operator.StateUnreadable})
	}
	if err != nil && !errors.Is(err, store.ErrNotFound) {
		return err
	}
	r.Key = k
	bindings, err := h.config.Store.Bindings(ctx, k.InstanceID)
	if err != nil {
		return err
	}
	t := &tally{}
	for i := range bindings {
		if bindings[i].Err != nil {
			t.unreadable++
		} else {
			t.add(&bindings[i].Record)
		}
	}
	return writeLine(x, f, &r, t)
}

// writeLine writes the line of an instance that the filter selects. A nil tally
// counts zero bindings.
func writeLine(x *exchange, f filter, r *store.Record, bindings *tally) error {
	if bindings == nil {
		bindings = &tally{}
	}
	if !f.selects(r, bindings) {
		return nil
	}
	return x.write(lineOf(r, bindings))
}
