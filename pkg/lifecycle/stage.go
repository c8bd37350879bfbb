// Package lifecycle describes the life of a service instance or service binding:
// its stages, the transitions between them, the edits of a record that make the
// transitions, and the provider's Task that a record describes. The package is
// pure, apart from drawing incarnations.
package lifecycle

import (
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/store"
)

// A Stage is the place of an instance or binding in its life. StageOf derives it
// from the record, so that the stored members are the only source of truth.
type Stage string

// The stages.
const (
	None         Stage = "never seen"                      // a record does not exist
	Creating     Stage = "creating"                        // the provision or bind runs
	Ready        Stage = "ready"                           // the platform's last request holds, or the state before a failed update
	Updating     Stage = "updating"                        // an update runs
	Cleaning     Stage = "create failed, clean-up goes on" // resources of a failed provision or bind are being removed
	CreateFailed Stage = "create failed"                   // resources of a failed provision or bind are removed
	Expiring     Stage = "expiring"                        // the expire of a binding runs, or was refused and is retried slowly
	Expired      Stage = "expired"                         // the login of a binding is refused; the rest exists on
	Deleting     Stage = "deleting"                        // the deprovision or unbind runs
	DeleteFailed Stage = "delete failed"                   // the deprovision or unbind was refused, and is retried slowly
	Deleted      Stage = "deleted"                         // all resources are removed; the record is a tombstone
	Inconsistent Stage = "inconsistent"                    // the record contradicts itself
)

// StageOf returns the stage of a record.
func StageOf(r *store.Record) Stage {
	op := r.Operation
	switch {
	case op == nil && r.Incarnation == "":
		return None
	case op == nil:
		return Inconsistent
	case r.Goal == store.Expired && op.Kind == store.Expire && !IsTombstone(r):
		return expiryStage(r)
	case op.Kind == store.Expire:
		return Inconsistent
	case r.Goal == store.Present && !op.Kind.Deletes() && !IsTombstone(r):
		return presentStage(r)
	case r.Goal == store.Absent && !op.Kind.Deletes() && !IsTombstone(r):
		return cleanUpStage(r)
	case r.Goal == store.Absent && op.Kind.Deletes():
		return deletionStage(r)
	}
	return Inconsistent
}

// presentStage returns the stage of a record with the goal Present.
func presentStage(r *store.Record) Stage {
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

// expiryStage returns the stage of a binding with an expire.
func expiryStage(r *store.Record) Stage {
	switch {
	case r.Have == nil, r.Settled && IsBusy(r):
		return Inconsistent
	case r.Settled:
		return Expired
	}
	return Expiring
}

// cleanUpStage returns the stage of a record after a failed provision or bind.
func cleanUpStage(r *store.Record) Stage {
	switch {
	case IsBusy(r):
		return Inconsistent
	case r.Settled:
		return CreateFailed
	}
	return Cleaning
}

// deletionStage returns the stage of a record with a deprovision or unbind.
func deletionStage(r *store.Record) Stage {
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

// IsTombstone reports whether r was deleted and its resources are removed.
func IsTombstone(r *store.Record) bool { return !r.Deleted.IsZero() }

// Exists reports whether r is a life in progress: stored, and before its end.
func Exists(r *store.Record) bool { return r.Revision != 0 && !IsTombstone(r) }

// MayHaveResources reports whether r has, or may still have, resources in the
// cloud.
func MayHaveResources(r *store.Record) bool { return !r.Settled || r.Goal != store.Absent }

// IsBusy reports whether an operation runs on r.
func IsBusy(r *store.Record) bool {
	return r.Operation != nil && !r.Operation.State.Finished()
}

// IsReady reports whether r is made and its last operation has ended.
func IsReady(r *store.Record) bool { return StageOf(r) == Ready }

// IsFree reports whether any provision or bind may use the id of r for a new life.
// After a failed create only one with other attributes may, or any one once the
// platform deleted r or an operator purged it.
func IsFree(r *store.Record) bool {
	stage := StageOf(r)
	return stage == None || stage == Deleted
}

// IsCreateFailed reports whether the create of r failed, with its resources
// removed or being removed.
func IsCreateFailed(r *store.Record) bool {
	stage := StageOf(r)
	return stage == Cleaning || stage == CreateFailed
}
