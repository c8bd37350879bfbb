package broker

import (
	"context"
	"fmt"
	"slices"

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
	Broken       Stage = "broken"                          // the record makes no sense: no broker has written it so
)

// StageOf a record.
func StageOf(r *store.Record) Stage {
	op := r.Operation
	switch {
	case op == nil && r.Incarnation == "":
		return None
	case op == nil:
		return Broken
	case r.Goal == store.Present && !op.Kind.Deletes() && !isTombstone(r):
		return stagePresent(r)
	case r.Goal == store.Absent && !op.Kind.Deletes() && !isTombstone(r):
		return stageLeft(r)
	case r.Goal == store.Absent && op.Kind.Deletes():
		return stageGoing(r)
	}
	return Broken
}

// stagePresent is the stage of what is to stay.
func stagePresent(r *store.Record) Stage {
	switch busy := isBusy(r); {
	case busy && !r.Settled && r.Have == nil:
		return Creating
	case busy && !r.Settled:
		return Updating
	case !busy && r.Settled && r.Have != nil:
		return Ready
	}
	return Broken
}

// stageLeft is the stage of what could not be made.
func stageLeft(r *store.Record) Stage {
	switch {
	case isBusy(r):
		return Broken
	case r.Settled:
		return CreateFailed
	}
	return Cleaning
}

// stageGoing is the stage of what the platform does not want any more.
func stageGoing(r *store.Record) Stage {
	switch busy := isBusy(r); {
	case isTombstone(r) && r.Settled && !busy:
		return Deleted
	case isTombstone(r), r.Settled:
		return Broken
	case busy:
		return Deleting
	}
	return DeleteFailed
}

// A Move is a change of stage.
type Move struct {
	From, To Stage
	By       string // what makes it
}

// ByPurge is what makes moves that are an operator's alone.
const ByPurge = "an operator purges it"

// Moves are all that there are: the state machine of operations. A write that
// would make another is refused, whoever asks for it.
func Moves() []Move {
	const (
		asked    = "provision or bind"
		again    = "provision or bind: a new incarnation"
		deletes  = "deprovision or unbind"
		failure  = "failure, also for want of time or of its instance"
		asBefore = "success, or failure, which leaves what was"
		removed  = "nothing is left in the cloud"
	)
	return []Move{
		{None, Creating, asked},
		{Creating, Ready, "success"},
		{Creating, Cleaning, failure},
		{Creating, Deleting, deletes},
		{Ready, Updating, "update"},
		{Ready, Deleting, deletes},
		{Updating, Ready, asBefore},
		{Updating, Deleting, deletes},
		{Cleaning, CreateFailed, removed},
		{Cleaning, Deleting, deletes},
		{CreateFailed, Creating, again},
		{CreateFailed, Deleted, deletes},
		{Deleting, Deleted, removed},
		{Deleting, DeleteFailed, "refusal"},
		{DeleteFailed, Deleting, deletes},
		{DeleteFailed, Deleted, removed},
		{Deleted, Creating, again},
		{Broken, Deleting, deletes},

		{Creating, Deleted, ByPurge},
		{Ready, Deleted, ByPurge},
		{Updating, Deleted, ByPurge},
		{Cleaning, Deleted, ByPurge},
		{Broken, Deleted, ByPurge},
	}
}

// An orderly store refuses a write that is no move of a record's life.
type orderly struct{ store.Store }

// Update implements store.Store.
func (o orderly) Update(ctx context.Context, k store.Key, change func(*store.Record) error) (store.Record, error) {
	return o.Store.Update(ctx, k, func(r *store.Record) error {
		was := standing(r)
		if err := change(r); err != nil {
			return err
		}
		return was.leadsTo(standing(r))
	})
}

// A stand is what only a move changes.
type stand struct {
	stage                  Stage
	incarnation, operation string
}

func standing(r *store.Record) stand {
	s := stand{stage: StageOf(r), incarnation: r.Incarnation}
	if r.Operation != nil {
		s.operation = r.Operation.ID
	}
	return s
}

// leadsTo says why a record that is at s cannot be at next after one write; nil:
// it can. Without a move it stays at its operation; a new incarnation is one
// that is made.
func (s stand) leadsTo(next stand) error {
	if s == next {
		return nil
	}
	known := slices.ContainsFunc(Moves(), func(m Move) bool { return m.From == s.stage && m.To == next.stage })
	if !known || s.incarnation != next.incarnation && next.stage != Creating {
		return fmt.Errorf("%w: from %s (operation %q) it would be %s (operation %q), which is no move of a record",
			errBroken, s.stage, s.operation, next.stage, next.operation)
	}
	return nil
}
