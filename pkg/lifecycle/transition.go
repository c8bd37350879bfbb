package lifecycle

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/store"
)

// A Transition is a change of stage.
type Transition struct {
	From, To Stage
	By       string // what makes it
}

// ByPurge is what makes moves that are an operator's alone.
const ByPurge = "an operator purges it"

// Transitions are all that there are: the state machine of operations. A write that
// would make another is refused, whoever asks for it.
func Transitions() []Transition {
	const (
		asked    = "provision or bind"
		again    = "provision or bind: a new incarnation"
		deletes  = "deprovision or unbind"
		failure  = "failure, also for want of time or of its instance"
		asBefore = "success, or failure, which leaves what was"
		removed  = "nothing is left in the cloud"
	)
	return []Transition{
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
		{Inconsistent, Deleting, deletes},

		{Creating, Deleted, ByPurge},
		{Ready, Deleted, ByPurge},
		{Updating, Deleted, ByPurge},
		{Cleaning, Deleted, ByPurge},
		{Inconsistent, Deleted, ByPurge},
	}
}

// A CheckedStore is a store that refuses each write that is no Transition. The
// business logic and the engine accept this type alone, so that every write of
// theirs is checked.
type CheckedStore struct{ store.Store }

// Checked returns st with its writes checked.
func Checked(st store.Store) *CheckedStore { return &CheckedStore{st} }

// Find returns the record of k: Get that returns an empty record, with Revision
// 0, where there is none.
func (s *CheckedStore) Find(ctx context.Context, k store.Key) (store.Record, error) {
	r, err := s.Get(ctx, k)
	if errors.Is(err, store.ErrNotFound) {
		return store.Record{Key: k}, nil
	}
	if err != nil {
		return store.Record{}, fmt.Errorf("%s: %w", k, err)
	}
	return r, nil
}

// Update implements store.Store.
func (s *CheckedStore) Update(ctx context.Context, k store.Key, change func(*store.Record) error) (store.Record, error) {
	return s.Store.Update(ctx, k, func(r *store.Record) error {
		was := currentState(r)
		if err := change(r); err != nil {
			return err
		}
		return was.allows(currentState(r))
	})
}

// A state is the part of a record that only a transition changes.
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

// allows returns why one write cannot take a record from s to next, or nil. The
// operation changes only with a transition, and a new incarnation begins at
// Creating.
func (s state) allows(next state) error {
	if s == next {
		return nil
	}
	known := slices.ContainsFunc(Transitions(), func(m Transition) bool { return m.From == s.stage && m.To == next.stage })
	if !known || s.incarnation != next.incarnation && next.stage != Creating {
		return fmt.Errorf("%w: from %s (operation %q) it would be %s (operation %q), which is no transition of a record",
			ErrUnrecoverable, s.stage, s.operation, next.stage, next.operation)
	}
	return nil
}
