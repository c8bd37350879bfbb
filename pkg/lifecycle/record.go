package lifecycle

import (
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/store"
)

// IsTombstone says that r was deleted and nothing of it is left.
func IsTombstone(r *store.Record) bool { return !r.Deleted.IsZero() }

// Exists says that r is a life that has not ended.
func Exists(r *store.Record) bool { return r.Revision != 0 && !IsTombstone(r) }

// IsBusy says that an operation of the platform is running on r.
func IsBusy(r *store.Record) bool {
	return r.Operation != nil && !r.Operation.State.Finished()
}

// IsReady says that r was made, is not being changed, and is to stay.
func IsReady(r *store.Record) bool { return StageOf(r) == Ready }

// IsFree says that the id of r may be used for a new life.
func IsFree(r *store.Record) bool {
	stage := StageOf(r)
	return stage == None || stage == CreateFailed || stage == Deleted
}

// IsCreateFailed says that a failed create of r is being removed, or was.
func IsCreateFailed(r *store.Record) bool {
	stage := StageOf(r)
	return stage == Cleaning || stage == CreateFailed
}

func hasResult(results []store.Operation, id string) bool {
	for i := range results {
		if results[i].ID == id {
			return true
		}
	}
	return false
}

// OperationOf finds an operation of this or an earlier life by its id.
func OperationOf(r *store.Record, id string) (store.Operation, bool) {
	if r.Operation != nil && r.Operation.ID == id {
		return *r.Operation, true
	}
	for i := range r.Results {
		if r.Results[i].ID == id {
			return r.Results[i], true
		}
	}
	for _, life := range r.Earlier {
		for i := range life.Results {
			if life.Results[i].ID == id {
				return life.Results[i], true
			}
		}
	}
	return store.Operation{}, false
}

// Requests is how often something was asked for of a record's incarnation, by the
// platform or an operator.
func Requests(r *store.Record) uint64 { return r.Sequence + r.Retries }
