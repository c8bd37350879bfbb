package server

import (
	"context"
	"encoding/hex"
	"errors"
	"net/http"
	"strings"

	"github.com/golang/glog"

	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/engine"
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/operator"
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/osb"
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/store"
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/store/sealed"
)

// altered answers with the records of an instance, its own and its bindings', that
// were changed outside of the broker.
func (h *Handler) altered(ctx context.Context, x *exchange) error {
	records, err := h.alteredOf(ctx, x.route.key)
	if err != nil {
		return err
	}
	return x.send(http.StatusOK, operator.Altered{Records: records})
}

// accept makes one altered record of an instance authentic as it is stored. The
// query names it by the digest of the bytes that the operator has looked at.
func (h *Handler) accept(ctx context.Context, x *exchange) error {
	confirm := x.request.URL.Query().Get("confirm")
	digest, err := hex.DecodeString(confirm)
	if err != nil || confirm == "" {
		return osb.ErrBadRequest("The broker works on, and deletes, what an accepted record names: look at the record first, and confirm it with its digest as confirm.")
	}
	records, err := h.alteredOf(ctx, x.route.key)
	switch {
	case err != nil:
		return err
	case len(records) == 0:
		return sealed.ErrAuthentic
	}
	for i := range records {
		r := &records[i]
		if r.Digest != strings.ToLower(confirm) {
			continue
		}
		x.route.key.BindingID = r.BindingID // for the audit line
		accepted, err := h.config.Keys.Accept(ctx, h.config.Store, x.route.key, digest)
		if err != nil {
			return err
		}
		h.resume(ctx, x.route.key.InstanceID)
		left := h.leftOf(&accepted)
		x.change = "accepted digest " + r.Digest + ", was refused (" + r.Altered + "): " + leftText(&left)
		r.Altered, r.Record = "", viewOf(&accepted)
		return x.send(http.StatusOK, r)
	}
	return sealed.ErrOtherDigest
}

// resume retries the unfinished work of an instance. Its deletion waits for an
// altered binding, and stores announce only changes of unfinished records.
func (h *Handler) resume(ctx context.Context, instanceID string) {
	if _, err := h.config.Engine.Retry(ctx, instanceID); err != nil && !errors.Is(err, engine.ErrNothingToDo) {
		glog.Warningf("work not resumed after the acceptance of a record: run instances retry instance=%q err=%q", instanceID, err)
	}
}

// alteredOf returns the altered records of an instance.
func (h *Handler) alteredOf(ctx context.Context, k store.Key) ([]operator.AlteredRecord, error) {
	bindings, err := h.config.Store.Bindings(ctx, k.InstanceID)
	if err != nil {
		return nil, err
	}
	r, err := h.config.Store.Get(ctx, k)
	items := append([]store.Item{{Record: r, Err: err}}, bindings...)
	found := []operator.AlteredRecord{}
	var unreadable error
	for i := range items {
		r, err := &items[i].Record, items[i].Err
		switch {
		case errors.Is(err, store.ErrNotFound) && len(items) > 1:
			continue
		case isUnreadable(err): // the others can still be accepted
			unreadable = err
			continue
		case err != nil:
			return nil, err
		}
		inspection := h.config.Keys.Inspect(r)
		if inspection.Problem == nil {
			continue
		}
		view := viewOf(r)
		view.Altered = inspection.Problem.Error()
		found = append(found, operator.AlteredRecord{
			Record: view, Digest: hex.EncodeToString(inspection.Digest), Unopened: inspection.Unopened,
		})
	}
	if len(found) == 0 {
		return found, unreadable
	}
	return found, nil
}
