package lifecycle_test

import (
	"testing"
	"time"

	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/lifecycle"
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/store"
)

// stages returns all stages in the order of a life.
func stages() []lifecycle.Stage {
	return []lifecycle.Stage{
		lifecycle.None, lifecycle.Creating, lifecycle.Ready, lifecycle.Updating, lifecycle.Expiring, lifecycle.Expired, lifecycle.Cleaning, lifecycle.CreateFailed,
		lifecycle.Deleting, lifecycle.DeleteFailed, lifecycle.Deleted, lifecycle.Inconsistent,
	}
}

// at returns a record of an instance at a stage.
func at(stage lifecycle.Stage) store.Record {
	r := store.Record{Incarnation: "0123456789abcdef0123456789abcdef"}
	operation := func(kind store.Kind, state store.State) {
		r.Operation = &store.Operation{ID: "1", Kind: kind, State: state}
		r.Goal = lifecycle.GoalOf(kind)
	}
	switch stage {
	case lifecycle.None:
		r = store.Record{}
	case lifecycle.Creating:
		operation(store.Provision, store.Running)
	case lifecycle.Ready:
		operation(store.Provision, store.Succeeded)
		r.Have, r.Settled = &store.Spec{}, true
	case lifecycle.Updating:
		operation(store.Update, store.Pending)
		r.Have = &store.Spec{}
	case lifecycle.Expiring:
		operation(store.Expire, store.Failed)
		r.Have = &store.Spec{}
	case lifecycle.Expired:
		operation(store.Expire, store.Succeeded)
		r.Have, r.Settled = &store.Spec{}, true
	case lifecycle.Cleaning, lifecycle.CreateFailed:
		operation(store.Provision, store.Failed)
		r.Goal, r.Settled = store.Absent, stage == lifecycle.CreateFailed
	case lifecycle.Deleting:
		operation(store.Deprovision, store.Running)
	case lifecycle.DeleteFailed:
		operation(store.Deprovision, store.Failed)
	case lifecycle.Deleted:
		operation(store.Deprovision, store.Succeeded)
		r.Settled, r.Deleted = true, time.Unix(1, 0)
	case lifecycle.Inconsistent:
	}
	return r
}

func TestStageOf_AnyRecord_ReturnsOneStage(t *testing.T) {
	for _, stage := range stages() {
		r := at(stage)
		if got := lifecycle.StageOf(&r); got != stage {
			t.Errorf("StageOf(%s) = %s", stage, got)
		}
	}
	contradictions := map[string]func(r *store.Record){
		"ready, but never made":            func(r *store.Record) { r.Have = nil },
		"ready, with work to do":           func(r *store.Record) { r.Settled = false },
		"settled, while an operation runs": func(r *store.Record) { r.Operation.State = store.Running },
		"present, after a deprovision":     func(r *store.Record) { r.Operation.Kind = store.Deprovision },
		"deleted, and to be present":       func(r *store.Record) { r.Deleted = time.Unix(1, 0) },
		"without a goal":                   func(r *store.Record) { r.Goal = "" },
		"absent, while its create runs":    func(r *store.Record) { r.Goal, r.Operation.State = store.Absent, store.Running },
		"deleted, while its delete runs":   func(r *store.Record) { *r = at(lifecycle.Deleting); r.Deleted = time.Unix(1, 0) },
		"settled, while its delete runs":   func(r *store.Record) { *r = at(lifecycle.Deleting); r.Settled = true },
		"deleted, by a create that failed": func(r *store.Record) { *r = at(lifecycle.CreateFailed); r.Deleted = time.Unix(1, 0) },
		"expired, and never made":          func(r *store.Record) { *r = at(lifecycle.Expired); r.Have = nil },
		"expired, while its expire runs":   func(r *store.Record) { *r = at(lifecycle.Expired); r.Operation.State = store.Running },
		"present, after an expire":         func(r *store.Record) { r.Operation.Kind = store.Expire },
		"of a life without an operation":   func(r *store.Record) { r.Operation = nil },
	}
	for name, change := range contradictions {
		r := at(lifecycle.Ready)
		change(&r)
		if got := lifecycle.StageOf(&r); got != lifecycle.Inconsistent {
			t.Errorf("%s: StageOf = %s", name, got)
		}
	}
}
