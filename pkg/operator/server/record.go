package server

import (
	"encoding/json"
	"errors"
	"maps"
	"slices"

	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/broker"
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/operator"
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/osb"
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/store"
)

// isLive says whether something of r exists in the cloud, or may.
func isLive(r *store.Record) bool { return !r.Settled || r.Goal != store.Absent }

// isUnfinished says whether the engine has something to do for r.
func isUnfinished(r *store.Record) bool { return !r.Settled }

// hasFailed says whether the last operation on r failed.
func hasFailed(r *store.Record) bool {
	return r.Deleted.IsZero() && r.Operation != nil && r.Operation.State == store.Failed
}

func isQuarantined(r *store.Record) bool {
	return !r.Settled && r.Operation != nil && r.Operation.CauseKind == store.CauseSetAside
}

func stateOf(r *store.Record) string {
	switch broker.StageOf(r) {
	case broker.Ready:
		return operator.StateReady
	case broker.Creating, broker.Updating, broker.Deleting:
		return operator.StateInProgress
	case broker.Cleaning, broker.DeleteFailed:
		return operator.StateCleaning
	case broker.CreateFailed:
		return operator.StateFailed
	case broker.Deleted:
		return operator.StateDeleted
	case broker.None, broker.Broken:
	}
	return operator.StateBroken
}

// lineOf is what the list says of an instance.
func lineOf(r *store.Record, of *tally) operator.Line {
	l := operator.Line{
		InstanceID: r.InstanceID, Offering: r.Offering, State: stateOf(r), Created: r.Created,
		Quarantined: isQuarantined(r), Operation: operationOf(r.Operation),
	}
	if spec := specOf(r); spec != nil {
		l.Plan = spec.PlanName
	}
	if of != nil {
		l.Bindings, l.Unfinished, l.Failed, l.Unreadable = of.live, of.unfinished, of.failed, of.unreadable
		l.Quarantined = l.Quarantined || of.quarantined
	}
	return l
}

// specOf is what r is, or is to be.
func specOf(r *store.Record) *store.Spec {
	if r.Have != nil {
		return r.Have
	}
	return r.Want
}

// recordOf is all that may be told of r. Its members are chosen one by one: what
// is added to the record is not told before somebody has decided that it may.
func recordOf(r *store.Record) operator.Record {
	var from osb.Context
	_ = json.Unmarshal(r.Context, &from) // one of another shape says nothing to us
	told := operator.Record{
		InstanceID: r.InstanceID, BindingID: r.BindingID, State: stateOf(r), Quarantined: isQuarantined(r),
		Offering: r.Offering, ServiceID: r.ServiceID, Provider: r.Provider,
		Platform: from.Platform, Namespace: from.Namespace, Organization: r.Organization,
		Account: r.Account, Region: r.Region,
		Incarnation: r.Incarnation, Created: r.Created, Deleted: r.Deleted,
		Predecessor: r.Predecessor, Expires: r.Expires, Renew: r.Renew,
		Want: planOf(r.Want), Have: planOf(r.Have), Goal: string(r.Goal), Usable: r.Usable, Facts: maps.Clone(r.Facts),
		Operation: operationOf(r.Operation),
		Begun:     slices.Sorted(maps.Keys(r.Frozen)), Refused: slices.Clone(r.Refused),
		Unsettled: maps.Clone(r.Unsettled), Repeated: r.Repeated, Unseen: r.Unseen, MissingSince: r.MissingSince,
		Results: operationsOf(r.Results),
		Epoch:   r.Epoch, Schema: r.Schema, Revision: r.Revision,
	}
	if c := r.Call; c != nil {
		told.Call = &operator.Call{Step: c.Step, Epoch: c.Epoch, Until: c.Until}
	}
	for _, e := range r.History.Events() {
		told.History = append(told.History, operator.Event{Time: e.Time, Op: string(e.Op), Step: e.Step, What: e.What, Kind: e.Kind, Attempt: e.Attempt})
	}
	for i := range r.Earlier {
		life := &r.Earlier[i]
		told.Earlier = append(told.Earlier, operator.Life{Incarnation: life.Incarnation, Deleted: life.Deleted, Results: operationsOf(life.Results)})
	}
	return told
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
	told := make([]operator.Operation, 0, len(ops))
	for i := range ops {
		told = append(told, *operationOf(&ops[i]))
	}
	return told
}

// unreadable is what may be told of a record that cannot be read: the text of
// the decoder may quote what it stumbled over.
func unreadable(k store.Key, err error) operator.Record {
	why := "it cannot be read; see the broker's log"
	for _, known := range []error{store.ErrCorrupt, store.ErrNewer, store.ErrSeal} {
		if errors.Is(err, known) {
			why = known.Error()
		}
	}
	return operator.Record{InstanceID: k.InstanceID, BindingID: k.BindingID, State: operator.StateUnreadable, Unreadable: why}
}

// isUnreadable says whether err is of one record that cannot be read.
func isUnreadable(err error) bool {
	return errors.Is(err, store.ErrCorrupt) || errors.Is(err, store.ErrNewer)
}
