package rds

import (
	"context"
	"fmt"

	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/providers"
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/providers/effect"
)

// stepStart starts a server that people, or its own pause, have stopped.
const stepStart = "start"

// Words of DBInstanceStatus around a stop (RDS API, StopDBInstance, StartDBInstance).
// The word while a server starts is the console's (A532).
const (
	stopped  = "Stopped"
	starting = "Starting"
)

// Words of LockMode (RDS API, DescribeDBInstanceAttribute). Every other one but
// unlocked is a lock of the cloud's, such as ManualLock before a backup is put back.
const (
	unlocked       = "Unlock"
	lockedFull     = "LockByDiskQuota"
	lockedOverdue  = "LockByExpiration"
	lockedFullRead = "LockReadInstanceByDiskQuota"
)

// Sentences for users about a server that takes no work.
const (
	textStarting = "The database server was stopped; it is being started."
	textFull     = "The disk of the database server is full, so that it takes no changes. Update the instance to more storage, or delete data in it, then try again."
	textOverdue  = "The cloud has locked the database server since its account is overdue; ask the operator of the broker to pay. The broker goes on by itself."
	textLocked   = "The cloud has locked the database server; the broker goes on once it is unlocked."
)

// isLocked reports whether the cloud has locked the instance, for any reason.
func (i dbInstance) isLocked() bool { return i.LockMode != "" && i.LockMode != unlocked }

// isFull reports whether the instance is locked since its disk is full.
func (i dbInstance) isFull() bool { return i.LockMode == lockedFull || i.LockMode == lockedFullRead }

// overdue returns the operator's error for an instance that is locked until the cloud
// account is paid; nil for any other.
func (i dbInstance) overdue() error {
	if i.LockMode != lockedOverdue {
		return nil
	}
	err := fmt.Errorf("%w: DB instance %s has the LockMode %s", providers.ErrArrears, i.ID, i.LockMode)
	return providers.WithSentence(err, textOverdue)
}

// nextToStart returns the step that starts a stopped instance.
func nextToStart(asked, id string) providers.Step {
	step := effect.Slowly(asked, stepStart, textStarting, instanceRequest{id})
	step.Target = id
	return step
}

// doStart makes the call of stepStart.
func doStart(ctx context.Context, c client, s providers.Step) (providers.Facts, error) {
	r, err := requestOf[instanceRequest](s)
	if err != nil {
		return providers.Facts{}, err
	}
	return providers.Facts{}, c.start(ctx, r)
}

// nextWhileLocked returns the step of a running instance that the cloud has locked; ok
// is false where the operation may go on. An update to more storage unlocks a full one.
func nextWhileLocked(t providers.Task, plan instancePlan, i dbInstance) (step providers.Step, ok bool) {
	switch {
	case !i.isLocked():
		return providers.Step{}, false
	case i.isFull() && t.Was != nil && plan.Storage > i.Storage:
		return providers.Step{}, false
	case i.isFull() && t.Was != nil:
		return providers.FailStep(providers.Invalid, textFull), true
	}
	return providers.WaitStep("locked", providers.Slow, textOf(i)), true
}

// textOf returns the sentence about an instance that is at work, stopped or locked.
func textOf(i dbInstance) string {
	switch {
	case i.Status != running:
		return waitText(i.Status)
	case i.isFull():
		return textFull
	case i.LockMode == lockedOverdue:
		return textOverdue
	}
	return textLocked
}
