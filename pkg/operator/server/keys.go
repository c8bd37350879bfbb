package server

import (
	"context"
	"fmt"
	"net/http"
	"strconv"

	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/operator"
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/osb"
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/store"
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/store/sealed"
)

// Keys manages the keys that seal records; see sealed.Keys.
type Keys interface { //nolint:interfacebloat // the part of sealed.Keys that operators use
	List(ctx context.Context) ([]sealed.Key, error)
	Uses(ctx context.Context, st store.Store) (sealed.Uses, error)
	Add(ctx context.Context) (sealed.Key, error)
	Promote(ctx context.Context, id uint32) error
	Drop(ctx context.Context, st store.Store, id uint32) error
	Inspect(r *store.Record) sealed.Inspection
	Accept(ctx context.Context, st store.Store, key store.Key, digest []byte) (store.Record, error)
	RequiresBoxes() bool
	Reseal(ctx context.Context, st store.Store, progress func(sealed.Resealed)) (sealed.Resealed, error)
}

func (h *Handler) listKeys(ctx context.Context, x *exchange) error {
	list := operator.KeyList{Keys: []operator.KeyUse{}}
	keys, err := h.config.Keys.List(ctx)
	if err != nil {
		list.Problem = err.Error()
	}
	uses, err := h.config.Keys.Uses(ctx, h.config.Store)
	if err != nil {
		return err
	}
	list.Records, list.Unknown = uses.Records, uses.Unknown
	list.Boxless, list.BoxesRequired, list.Altered = uses.Boxless, h.config.Keys.RequiresBoxes(), uses.Altered
	for i := range uses.First {
		list.FirstAltered = append(list.FirstAltered, operator.Unresealed{Name: nameOf(uses.First[i].Key), Why: uses.First[i].Err.Error()})
	}
	for _, key := range keys {
		list.Keys = append(list.Keys, operator.KeyUse{Key: key, Records: uses.Keys[key.ID]})
	}
	return x.send(http.StatusOK, list)
}

func (h *Handler) addKey(ctx context.Context, x *exchange) error {
	key, err := h.config.Keys.Add(ctx)
	if err != nil {
		return err
	}
	x.change = fmt.Sprintf("added key %d", key.ID)
	return x.send(http.StatusCreated, key)
}

func (h *Handler) promoteKey(ctx context.Context, x *exchange) error {
	return x.changeKey(func(id uint32) error { return h.config.Keys.Promote(ctx, id) })
}

func (h *Handler) dropKey(ctx context.Context, x *exchange) error {
	return x.changeKey(func(id uint32) error { return h.config.Keys.Drop(ctx, h.config.Store, id) })
}

// changeKey applies a change to the key of the path and answers with an empty
// object.
func (x *exchange) changeKey(change func(id uint32) error) error {
	id, err := strconv.ParseUint(x.route.keyID, 10, 32)
	if err != nil {
		return osb.ErrBadRequest("A key's id is a number; the list of keys has them.")
	}
	if err := change(uint32(id)); err != nil {
		return err
	}
	return x.send(http.StatusOK, struct{}{})
}

// reseal seals all records with the primary key and writes a line of progress
// now and then.
func (h *Handler) reseal(ctx context.Context, x *exchange) error {
	type result struct {
		total sealed.Resealed
		err   error
	}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	progress, ended := make(chan sealed.Resealed, 1), make(chan result, 1)
	go func() {
		total, err := h.config.Keys.Reseal(ctx, h.config.Store, func(now sealed.Resealed) {
			select {
			case progress <- now:
			default: // a slow client gets a later one
			}
		})
		ended <- result{total, err}
	}()
	x.beginLines()
	for {
		select {
		case now := <-progress:
			if err := x.writeNow(operator.Progress{Resealed: now}); err != nil {
				cancel()
				<-ended
				return err
			}
		case r := <-ended:
			x.change = fmt.Sprintf("resealed %d of %d records, %d failed", r.total.Resealed, r.total.Records, r.total.Failed)
			if r.err != nil {
				return r.err
			}
			last := operator.Progress{Resealed: r.total, Done: true}
			for i := range r.total.Failures {
				left := &r.total.Failures[i]
				last.Left = append(last.Left, operator.Unresealed{Name: nameOf(left.Key), Why: left.Err.Error()})
			}
			return x.writeNow(last)
		}
	}
}
