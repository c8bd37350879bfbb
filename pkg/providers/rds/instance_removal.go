package rds

import (
	"context"

	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/providers"
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/providers/effect"
)

// The steps that remove instances.
const (
	stepUnprotect = "unprotect"
	stepDelete    = "delete"
	stepDuplicate = "delete-spare" // an instance that was ordered twice
)

type (
	// An instanceRequest is the frozen request of a step that needs the id alone.
	instanceRequest struct{ InstanceID string }
	// A deleteRequest is the frozen request of stepDelete.
	deleteRequest struct {
		InstanceID string
		KeepPolicy string `json:",omitempty"` // empty: none of the backups, or by the backup policy
	}
)

// nextForDuplicate deletes an instance that was ordered once too often.
func nextForDuplicate(s instanceState) providers.Step {
	const text = "A database server that was ordered twice is being deleted."
	switch s.duplicate.Status {
	case running:
		step := effect.Slowly(s.asked, stepDuplicate, text, instanceRequest{s.duplicate.ID})
		step.Target = s.duplicate.ID
		return step
	default:
		return providers.WaitStep(stepDuplicate, providers.Slow, text)
	}
}

func nextToDelete(t providers.Task, plan instancePlan, s instanceState) providers.Step {
	i := s.instance
	switch {
	case i == nil:
		step := providers.DoneStep(nil)
		step.Remains = remains(t, plan)
		return step
	case i.Status == deleting:
		return providers.WaitStep(stepDelete, providers.Slow, "The database server is being deleted.")
	case t.Usable && t.Deletion != providers.DeleteData:
		return providers.FailStep(providers.Policy, "The plan keeps the data of its instances: ask the operator of the broker to delete the database server.")
	case t.Usable && i.Protected:
		return providers.FailStep(providers.Policy, textProtectedByCloud)
	case i.Status == stopped: // a stopped server is not deleted (RDS API, DeleteDBInstance)
		return nextToStart(s.asked, i.ID)
	case i.Status == starting:
		return providers.WaitStep("server", providers.Slow, textStarting)
	case i.Status != running:
		return providers.WaitStep("server", providers.Slow, "The database server will be deleted as soon as the cloud has finished its present work on it.")
	}
	if step, ok := nextForBackups(t, plan, s); ok {
		return step
	}
	// There may be several, one after the other.
	text := "The database server is being deleted."
	if i.LockMode == lockedOverdue { // the cloud may refuse to delete it
		text = textOverdue
	}
	r := deleteRequest{InstanceID: i.ID}
	if policy := plan.keepPolicy(t); policy != keepNone && plan.Engine == "MySQL" && i.StorageType == localSSD {
		r.KeepPolicy = policy
	}
	step := effect.Slowly(s.asked, stepDelete, text, r)
	if i.Protected { // it was never ready, so that people cannot have meant its data
		step = effect.Once(s.asked, stepUnprotect, "The protection of the database server is being lifted.", instanceRequest{i.ID})
	}
	step.Target = i.ID
	return step
}

// doRemoval makes the call of a step that removes an instance.
func doRemoval(ctx context.Context, c client, s providers.Step) (providers.Facts, error) {
	if s.Name == stepUnprotect {
		r, err := requestOf[instanceRequest](s)
		if err != nil {
			return providers.Facts{}, err
		}
		return providers.Facts{}, c.unprotect(ctx, r, s.Token)
	}
	r, err := requestOf[deleteRequest](s)
	if err != nil {
		return providers.Facts{}, err
	}
	return providers.Facts{}, c.remove(ctx, r)
}
