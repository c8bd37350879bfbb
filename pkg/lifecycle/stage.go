// Package lifecycle says how the record of a service instance or service binding
// moves through its life: its stages, the transitions between them, the edits
// that make them, and the reading of a record into a provider's Task. All of it
// is pure.
package lifecycle

import (
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/store"
)

// A Stage is where an instance or binding is in its life. It is read from the
// record and stored nowhere, so that no record can say two things.
type Stage string

// The stages.
const (
	None         Stage = "never seen"                      // there is no record of it
	Creating     Stage = "creating"                        // its provision or bind runs
	Ready        Stage = "ready"                           // it is as the platform wants it, or as it was before an update that failed
	Updating     Stage = "updating"                        // an update runs
	Cleaning     Stage = "create failed, clean-up goes on" // what its provision or bind made is being removed
	CreateFailed Stage = "create failed"                   // and nothing of it is left in the cloud
	Deleting     Stage = "deleting"                        // its deprovision or unbind runs
	DeleteFailed Stage = "delete failed"                   // that was refused, and goes on at a slow pace
	Deleted      Stage = "deleted"                         // nothing is left; the record is a tombstone
	Inconsistent Stage = "broken"                          // the record makes no sense: no broker has written it so
)

// StageOf a record.
func StageOf(r *store.Record) Stage {
	op := r.Operation
	switch {
	case op == nil && r.Incarnation == "":
		return None
	case op == nil:
		return Inconsistent
	case r.Goal == store.Present && !op.Kind.Deletes() && !IsTombstone(r):
		return stagePresent(r)
	case r.Goal == store.Absent && !op.Kind.Deletes() && !IsTombstone(r):
		return stageLeft(r)
	case r.Goal == store.Absent && op.Kind.Deletes():
		return stageGoing(r)
	}
	return Inconsistent
}

// stagePresent is the stage of what is to stay.
func stagePresent(r *store.Record) Stage {
	switch busy := IsBusy(r); {
	case busy && !r.Settled && r.Have == nil:
		return Creating
	case busy && !r.Settled:
		return Updating
	case !busy && r.Settled && r.Have != nil:
		return Ready
	}
	return Inconsistent
}

// stageLeft is the stage of what could not be made.
func stageLeft(r *store.Record) Stage {
	switch {
	case IsBusy(r):
		return Inconsistent
	case r.Settled:
		return CreateFailed
	}
	return Cleaning
}

// stageGoing is the stage of what the platform does not want any more.
func stageGoing(r *store.Record) Stage {
	switch busy := IsBusy(r); {
	case IsTombstone(r) && r.Settled && !busy:
		return Deleted
	case IsTombstone(r), r.Settled:
		return Inconsistent
	case busy:
		return Deleting
	}
	return DeleteFailed
}
