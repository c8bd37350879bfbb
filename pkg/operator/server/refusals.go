package server

import (
	"context"
	"errors"
	"net/http"

	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/engine"
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/osb"
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/store"
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/store/sealed"
)

// A refusal is the answer to an error. An empty description stands for the text
// of the error.
type refusal struct {
	err         error
	status      int
	code        string
	description string
}

// refusals is the table of all refusals.
func refusals() []refusal {
	const conflict = http.StatusConflict
	return []refusal{
		{engine.ErrNothingToDo, conflict, "NothingToDo", "Every record of it is finished or gone already, so a retry has nothing to do."},
		{engine.ErrElsewhere, conflict, "Elsewhere", "The record is unreadable or unwritable, so only the replica that runs the operations can retry it: call the replica whose metric alibabacloud_broker_leader is 1, or restart it."},
		{engine.ErrNotDeleted, conflict, "NotDeleted", "The instance or one of its bindings is not being deleted: delete it through its platform. If the platform cannot, purge it by force."},
		{store.ErrNewer, conflict, "Newer", "The record was written by a newer version of the broker: use that version, or purge it by force."},
		{store.ErrAltered, conflict, "Altered", "The record was changed outside of the broker: find out by whom; instances accept shows it and takes it as it is."},
		{store.ErrCorrupt, conflict, "Damaged", "The record is damaged: restore it from a backup, or purge it."},
		{store.ErrNotFound, http.StatusNotFound, "NotFound", "There is no record of it."},
		{sealed.ErrAuthentic, conflict, "NothingToAccept", "Every record of it is as the broker wrote it."},
		{sealed.ErrOtherDigest, conflict, "OtherDigest", "No altered record of it has this digest: it may have changed by now, so look at it again."},
		{sealed.ErrNoKey, http.StatusNotFound, "NoKey", ""},
		{sealed.ErrPrimary, conflict, "Primary", ""},
		{sealed.ErrTooEarly, conflict, "TooEarly", ""},
		{sealed.ErrInUse, conflict, "InUse", ""},
		{sealed.ErrReadOnly, conflict, "ReadOnly", ""},
		{sealed.ErrChanged, conflict, "Changed", ""},
		{context.Canceled, http.StatusServiceUnavailable, "Stopped", "The call was cancelled: the broker stops, or the client has gone."},
	}
}

// refusalOf returns the answer to err.
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
