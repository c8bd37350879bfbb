package lifecycle_test

import (
	"testing"
	"time"

	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/lifecycle"
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/store"
)

// A deletion works with the plan that is in force, also if it cancels an update.
func TestBegin_DeleteDuringUpdate_RestoresTheWant(t *testing.T) {
	now := time.Now()
	have, want := &store.Spec{PlanID: "have"}, &store.Spec{PlanID: "want"}
	r := &store.Record{Incarnation: lifecycle.NewIncarnation(), Have: have, Want: want}
	lifecycle.Begin(r, store.Update, now, time.Hour)
	if r.Want != want {
		t.Fatalf("the update wants the plan %s", r.Want.PlanID)
	}
	lifecycle.Begin(r, store.Deprovision, now, 0)
	if r.Want != have || r.Goal != store.Absent {
		t.Errorf("the deletion has the plan %s and the goal %s", r.Want.PlanID, r.Goal)
	}
	creating := &store.Record{Incarnation: lifecycle.NewIncarnation(), Want: want}
	lifecycle.Begin(creating, store.Provision, now, time.Hour)
	lifecycle.Begin(creating, store.Deprovision, now, 0)
	if creating.Want != want {
		t.Error("the deletion of a new instance has lost its plan")
	}
}
