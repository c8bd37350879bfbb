package server

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"strconv"

	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/operator"
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/osb"
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/store"
)

// firstIDs is how many ids Counts has.
const firstIDs = 5

// count reads all records.
func (h *Handler) count(ctx context.Context, x *exchange) error {
	counts, err := h.counts(ctx)
	if err != nil {
		return err
	}
	return x.send(http.StatusOK, counts)
}

func (h *Handler) counts(ctx context.Context) (operator.Counts, error) {
	var c operator.Counts
	for r, err := range h.config.Store.All(ctx) {
		_, broken := errors.AsType[*store.RecordError](err)
		switch {
		case broken:
			c.Unreadable++
		case err != nil:
			return c, err
		case !isLive(&r):
			c.Gone++
		case r.IsBinding():
			c.Bindings++
		default:
			c.Instances++
			if len(c.First) < firstIDs {
				c.First = append(c.First, r.InstanceID)
			}
		}
	}
	return c, nil
}

// A filter says which instances are listed.
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

// A tally is what the list needs to know of the bindings of one instance.
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

// shows says whether an instance is in the list.
func (f filter) shows(r *store.Record, of *tally) bool {
	if of == nil {
		of = &tally{}
	}
	switch {
	case f.unfinished && !isUnfinished(r) && of.unfinished+of.unreadable == 0:
		return false
	case f.failed && !hasFailed(r) && of.failed == 0:
		return false
	}
	return f.deleted || r.Deleted.IsZero() || of.live+of.unreadable > 0
}

// list gives a line for each instance. It reads all records twice, so that it
// need not hold them; of unfinished ones it reads no others.
func (h *Handler) list(ctx context.Context, x *exchange) error {
	f, err := filterOf(x.request.URL.Query())
	if err != nil {
		return err
	}
	x.lines()
	if f.unfinished {
		return h.listUnfinished(ctx, x, f)
	}
	tallies := map[string]*tally{}
	for r, err := range h.config.Store.All(ctx) {
		broken, torn := errors.AsType[*store.RecordError](err)
		switch {
		case torn:
			r.Key = broken.Key
		case err != nil:
			return err
		}
		if !r.IsBinding() {
			continue
		}
		t := tallies[r.InstanceID]
		if t == nil {
			t = &tally{}
			tallies[r.InstanceID] = t
		}
		if torn {
			t.unreadable++
		} else {
			t.add(&r)
		}
	}
	for r, err := range h.config.Store.All(ctx) {
		broken, torn := errors.AsType[*store.RecordError](err)
		switch {
		case torn && !broken.Key.IsBinding():
			err = x.write(operator.Line{InstanceID: broken.Key.InstanceID, State: operator.StateUnreadable})
		case torn:
			err = nil
		case err != nil || r.IsBinding():
		case f.shows(&r, tallies[r.InstanceID]):
			err = x.write(lineOf(&r, tallies[r.InstanceID]))
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// listUnfinished gives a line for each instance that has something unfinished.
func (h *Handler) listUnfinished(ctx context.Context, x *exchange, f filter) error {
	keys, err := h.config.Store.Unfinished(ctx)
	if err != nil {
		return err
	}
	last := ""
	for _, k := range keys { // in order: those of an instance follow each other
		if k.InstanceID == last {
			continue
		}
		last = k.InstanceID
		r, err := h.config.Store.Get(ctx, k.Instance())
		if isUnreadable(err) {
			if err := x.write(operator.Line{InstanceID: k.InstanceID, State: operator.StateUnreadable}); err != nil {
				return err
			}
			continue
		}
		if err != nil && !errors.Is(err, store.ErrNotFound) {
			return err
		}
		bindings, err := h.config.Store.Bindings(ctx, k.InstanceID)
		if err != nil {
			return err
		}
		of := &tally{}
		for i := range bindings {
			if bindings[i].Err != nil {
				of.unreadable++
			} else {
				of.add(&bindings[i].Record)
			}
		}
		if r.Key = k.Instance(); f.shows(&r, of) {
			if err := x.write(lineOf(&r, of)); err != nil {
				return err
			}
		}
	}
	return nil
}

// show tells all of an instance and its bindings.
func (h *Handler) show(ctx context.Context, x *exchange) error {
	f, err := filterOf(x.request.URL.Query())
	if err != nil {
		return err
	}
	k := x.route.key
	told := operator.Instance{Bindings: []operator.Record{}}
	bindings, err := h.config.Store.Bindings(ctx, k.InstanceID)
	if err != nil {
		return err
	}
	for i := range bindings {
		switch b := &bindings[i]; {
		case b.Err != nil:
			told.Bindings = append(told.Bindings, unreadable(b.Record.Key, b.Err))
		case f.deleted || b.Record.Deleted.IsZero():
			told.Bindings = append(told.Bindings, recordOf(&b.Record))
		}
	}
	r, err := h.config.Store.Get(ctx, k)
	switch {
	case err == nil:
		told.Record = recordOf(&r)
	case isUnreadable(err):
		told.Record = unreadable(k, err)
	case errors.Is(err, store.ErrNotFound) && len(told.Bindings) > 0:
		told.Record = operator.Record{InstanceID: k.InstanceID, State: operator.StateMissing}
	case errors.Is(err, store.ErrNotFound):
		return osb.ErrNotFound("This instance")
	default:
		return err
	}
	return x.send(http.StatusOK, told)
}
