package lifecycle

import (
	"fmt"
	"slices"

	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/store"
)

// A Transition is a legal change of stage.
type Transition struct {
	From, To Stage
	By       string // its cause
}

// ByPurge is the cause of transitions that only operators make.
const ByPurge = "an operator purges it"

// Transitions returns all legal changes of stage. A CheckedStore refuses a write
// that makes another one.
func Transitions() []Transition {
	const (
		creates = "provision or bind"
		again   = "provision or bind: a new incarnation"
		other   = "provision or bind with other attributes: a new incarnation"
		deletes = "deprovision or unbind"
		failure = "failure, a passed deadline, or a deleted instance"
		updated = "success, or failure, which restores the state before"
		removed = "all resources are removed"
	)
	return []Transition{
		{None, Creating, creates},
		{Creating, Ready, "success"},
		{Creating, Cleaning, failure},
		{Creating, Deleting, deletes},
		{Ready, Updating, "update"},
		{Ready, Deleting, deletes},
		{Updating, Ready, updated},
		{Updating, Deleting, deletes},
		{Ready, Expiring, "the lifetime of a binding is over"},
		{Expiring, Expired, "its login is refused"},
		{Expiring, Deleting, deletes},
		{Expired, Deleting, deletes},
		{Cleaning, CreateFailed, removed},
		{Cleaning, Deleting, deletes},
		{CreateFailed, Creating, other},
		{CreateFailed, Deleted, deletes},
		{Deleting, Deleted, removed},
		{Deleting, DeleteFailed, "refusal"},
		{DeleteFailed, Deleting, deletes},
		{DeleteFailed, Deleted, removed},
		{Deleted, Creating, again},
		{Inconsistent, Deleting, deletes},

		{Creating, Deleted, ByPurge},
		{Ready, Deleted, ByPurge},
		{Updating, Deleted, ByPurge},
		{Expiring, Deleted, ByPurge},
		{Expired, Deleted, ByPurge},
		{Cleaning, Deleted, ByPurge},
		{Inconsistent, Deleted, ByPurge},
	}
}

// A state is the part of a record that only transitions change.
type state struct {
	stage                  Stage
	incarnation, operation string
}

func currentState(r *store.Record) state {
	s := state{stage: StageOf(r), incarnation: r.Incarnation}
	if r.Operation != nil {
		s.operation = r.Operation.ID
	}
	return s
}

// allows returns an error unless one write may take a record from s to next. The
// operation changes only with a transition, and a new incarnation begins at
// Creating.
func (s state) allows(next state) error {
	if s == next {
		return nil
	}
	known := slices.ContainsFunc(Transitions(), func(t Transition) bool { return t.From == s.stage && t.To == next.stage })
	if !known || s.incarnation != next.incarnation && next.stage != Creating {
		return fmt.Errorf("%w: a write from %s (operation %q) to %s (operation %q) is not a transition",
			ErrUnrecoverable, s.stage, s.operation, next.stage, next.operation)
	}
	return nil
}
