package server

import (
	"encoding/json"
	"errors"
	"maps"
	"slices"

	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/lifecycle"
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/operator"
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/osb"
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/store"
)

// isLive reports whether r has, or may have, a resource in the cloud.
func isLive(r *store.Record) bool { return lifecycle.MayHaveResources(r) }

// isUnfinished reports whether the engine has work on r.
func isUnfinished(r *store.Record) bool { return !r.Settled }

// hasFailed reports whether the last operation on r failed.
func hasFailed(r *store.Record) bool {
	return r.Deleted.IsZero() && r.Operation != nil && r.Operation.State == store.Failed
}

// isQuarantined reports whether the engine leaves r alone until an operator
// retries it.
func isQuarantined(r *store.Record) bool {
	return !r.Settled && r.Operation != nil && r.Operation.CauseKind == store.CauseQuarantined
}

// stateOf returns the state that operators see.
func stateOf(r *store.Record) string {
	switch lifecycle.StageOf(r) {
	case lifecycle.Ready:
		return operator.StateReady
	case lifecycle.Expired:
		return operator.StateExpired
	case lifecycle.Creating, lifecycle.Updating, lifecycle.Expiring, lifecycle.Deleting:
		return operator.StateInProgress
	case lifecycle.Cleaning, lifecycle.DeleteFailed:
		return operator.StateCleaning
	case lifecycle.CreateFailed:
		return operator.StateFailed
	case lifecycle.Deleted:
		return operator.StateDeleted
	case lifecycle.None, lifecycle.Inconsistent:
	}
	return operator.StateInconsistent
}

// lineOf returns the line of an instance with the tally of its bindings.
func lineOf(r *store.Record, bindings *tally) operator.Line {
	l := operator.Line{
		InstanceID: r.InstanceID, Offering: r.Offering, Profile: r.Profile, State: stateOf(r), Created: r.Created,
		Quarantined: isQuarantined(r), Operation: operationOf(r.Operation),
	}
	if spec := specOf(r); spec != nil {
		l.Plan = spec.PlanName
	}
	l.Bindings, l.Unfinished, l.Failed, l.Unreadable = bindings.live, bindings.unfinished, bindings.failed, bindings.unreadable
	l.Quarantined = l.Quarantined || bindings.quarantined
	return l
}

// specOf returns the spec that is in force, or else the wanted one.
func specOf(r *store.Record) *store.Spec {
	if r.Have != nil {
		return r.Have
	}
	return r.Want
}

// viewOf returns the members of r that operators may see. They are copied one by
// one, so that a new member of the record stays hidden until it is added here.
func viewOf(r *store.Record) operator.Record {
	var from osb.Context
	_ = json.Unmarshal(r.Context, &from) // a context of another shape has nothing to show
	view := operator.Record{
		InstanceID: r.InstanceID, BindingID: r.BindingID, State: stateOf(r), Quarantined: isQuarantined(r),
		Offering: r.Offering, ServiceID: r.ServiceID, Provider: r.Provider,
		Platform: from.Platform, Namespace: from.Namespace, Organization: r.Organization,
		Profile: r.Profile, Account: r.Account, Region: r.Region,
		Incarnation: r.Incarnation, Created: r.Created, Deleted: r.Deleted,
		Predecessor: r.Predecessor, Expires: r.Expires, Renew: r.Renew,
		Want: planOf(r.Want), Have: planOf(r.Have), Goal: string(r.Goal), Usable: r.Usable, Facts: maps.Clone(r.Facts),
		Operation: operationOf(r.Operation),
		Begun:     slices.Sorted(maps.Keys(r.Frozen)), Refused: slices.Clone(r.Refused),
		Unsettled: maps.Clone(r.Unsettled), Repeated: r.Repeated, Unseen: r.Unseen, MissingSince: r.MissingSince,
		Results: operationsOf(r.Results),
		Epoch:   r.Epoch, Schema: r.Schema, Revision: r.Revision,
	}
	for i := range r.Locked {
		a := &r.Locked[i]
		view.Locked = append(view.Locked, operator.LockedAccount{
			Name: a.Name, BindingID: a.Binding, Locked: a.Locked, InUse: a.Holder != "", Removed: a.Removed,
		})
	}
	if c := r.Call; c != nil {
		view.Call = &operator.Call{Step: c.Step, Epoch: c.Epoch, Until: c.Until}
	}
	for _, e := range r.History.Events() {
		view.History = append(view.History, operator.Event{Time: e.Time, Op: string(e.Op), Step: e.Step, What: e.Outcome, Kind: e.Kind, Attempt: e.Attempt})
	}
	for i := range r.Earlier {
		life := &r.Earlier[i]
		view.Earlier = append(view.Earlier, operator.Life{Incarnation: life.Incarnation, Deleted: life.Deleted, Results: operationsOf(life.Results)})
	}
	return view
}

func planOf(s *store.Spec) *operator.Plan {
	if s == nil {
		return nil
	}
	return &operator.Plan{ID: s.PlanID, Name: s.PlanName}
}

func operationOf(op *store.Operation) *operator.Operation {
	if op == nil {
		return nil
	}
	return &operator.Operation{
		ID: op.ID, Kind: string(op.Kind), State: string(op.State), Step: op.Step,
		Attempt: op.Attempt, NextTry: op.NextTry, Started: op.Started, Deadline: op.Deadline, Finished: op.Finished,
		Description: op.Description, Cause: op.Cause, CauseKind: op.CauseKind,
	}
}

func operationsOf(ops []store.Operation) []operator.Operation {
	views := make([]operator.Operation, 0, len(ops))
	for i := range ops {
		views = append(views, *operationOf(&ops[i]))
	}
	return views
}

// viewOfUnreadable returns the view of a damaged record. The error's own text may
// quote sealed data, so only known errors are shown.
func viewOfUnreadable(k store.Key, err error) operator.Record {
	why := "reading the record failed; see the broker's log"
	for _, known := range []error{store.ErrCorrupt, store.ErrNewer, store.ErrSeal} {
		if errors.Is(err, known) {
			why = known.Error()
		}
	}
	return operator.Record{InstanceID: k.InstanceID, BindingID: k.BindingID, State: operator.StateUnreadable, Unreadable: why}
}

// isUnreadable reports whether err is about one damaged or newer record.
func isUnreadable(err error) bool {
	return errors.Is(err, store.ErrCorrupt) || errors.Is(err, store.ErrNewer)
}
