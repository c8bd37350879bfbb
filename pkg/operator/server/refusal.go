package server

import (
	"context"
	"errors"
	"net/http"

	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/broker"
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/osb"
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/store"
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/store/sealed"
)

// A refusal is how an error is answered. Without a description it is the
// error's own text, which says what to do.
type refusal struct {
	err         error
	status      int
	code        string
	description string
}

// refusals is the one table of them.
func refusals() []refusal {
	const conflict = http.StatusConflict
	return []refusal{
		{broker.ErrNothingToDo, conflict, "NothingToDo", "There is nothing to do: nothing of it is unfinished, or it is gone already."},
		{broker.ErrElsewhere, conflict, "Elsewhere", "The record cannot be read or written, so only the replica that runs the operations can try it again, and that is another one: ask that one, where the metric alibabacloud_broker_leading is 1, or restart it."},
		{broker.ErrNotDeleted, conflict, "NotDeleted", "It, or a binding of it, is not being deleted: let its platform delete it. If that can never be, purge it by force."},
		{store.ErrNewer, conflict, "Newer", "The record was written by a newer version of the broker: use that version, or purge it by force."},
		{store.ErrNotFound, http.StatusNotFound, "NotFound", "There is no record of it."},
		{sealed.ErrNoKey, http.StatusNotFound, "NoKey", ""},
		{sealed.ErrPrimary, conflict, "Primary", ""},
		{sealed.ErrTooEarly, conflict, "TooEarly", ""},
		{sealed.ErrInUse, conflict, "InUse", ""},
		{sealed.ErrReadOnly, conflict, "ReadOnly", ""},
		{sealed.ErrChanged, conflict, "Changed", ""},
		{context.Canceled, http.StatusServiceUnavailable, "Stopped", "The call was given up: the broker stops, or nobody waited any more."},
	}
}

// refusalOf is how err is answered.
func refusalOf(err error) *osb.Error {
	if known, ok := errors.AsType[*osb.Error](err); ok {
		return known
	}
	for _, r := range refusals() {
		if !errors.Is(err, r.err) {
			continue
		}
		if r.description == "" {
			r.description = err.Error()
		}
		return &osb.Error{Status: r.status, Code: r.code, Description: r.description, Cause: err}
	}
	return &osb.Error{Status: http.StatusInternalServerError, Code: "Failed", Description: err.Error()}
}
