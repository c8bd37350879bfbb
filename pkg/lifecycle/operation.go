package lifecycle

import (
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/store"
)

// Descriptions of operations, shown to users. They are constant, because Service
// Catalog reconciles again whenever a description changes.
const (
	TextCancelled   = "It was cancelled by a deletion."
	TextOverdue     = "It was not finished in time. Its resources are being removed; delete it and make it again, and if that fails too ask the operator of the broker."
	TextQuarantined = "The broker cannot continue with this now; its operator has been alarmed. It continues by itself once the cause is removed."
	TextUpdateLate  = "The update was not finished in time and may have been made in part. Try it again, and if it fails again ask the operator of the broker."
	TextSettling    = "Making sure that nothing is left."
	TextNoInstance  = "The instance of this binding was deleted."
	// TextBindingFirst begins the description of a deprovision that waits for the
	// deletion of a binding; the binding's own description follows.
	TextBindingFirst = "A binding of it has to be removed first: "
)

// SlowRetry is the time between attempts of a refused delete.
const SlowRetry = 10 * time.Minute

// UnexplainedFor is the time for which a call is retried that the cloud refuses
// with an unknown code; then a create, bind or update fails. A shorter deadline
// ends it earlier.
const UnexplainedFor = 10 * time.Minute

// keptResults is the number of finished operations that a record keeps.
const keptResults = 5

// Begin starts an operation and its goal. A running operation ends as failed: it
// was cancelled, and its id answers polls so. A deletion that cancels an update
// works with the plan of before, which is the proven one.
func Begin(r *store.Record, kind store.Kind, now time.Time, deadline time.Duration) {
	if op := r.Operation; op != nil && !op.State.Finished() {
		finish(r, store.Failed, TextCancelled, now)
		if op.Kind == store.Update && kind.Deletes() && r.Have != nil {
			r.Want = r.Have // a cancelled update restores the state before, as a failed one
		}
	}
	r.Sequence++
	op := &store.Operation{
		ID:   fmt.Sprintf("%s-%d", r.Incarnation[:IncarnationShown], r.Sequence),
		Kind: kind, State: store.Pending, Started: now,
	}
	if deadline > 0 && !kind.Deletes() && kind != store.Expire {
		op.Deadline = now.Add(deadline)
	}
	r.Operation = op
	r.Goal = GoalOf(kind)
	r.Settled = false
	r.Refused, r.Frozen = nil, nil
	Note(r, now, "", "begun", "")
}

// GoalOf returns the goal of operations of a kind.
func GoalOf(kind store.Kind) store.Goal {
	switch {
	case kind.Deletes():
		return store.Absent
	case kind == store.Expire:
		return store.Expired
	}
	return store.Present
}

// Delete begins a deprovision or unbind. After a failed create without leftovers it
// is done at once, and r is a tombstone: the platform knows of the failure, and its
// next create is a new life.
func Delete(r *store.Record, kind store.Kind, now time.Time) {
	clean := StageOf(r) == CreateFailed
	Begin(r, kind, now, 0)
	if clean {
		EndLife(r, now)
	}
}

// finish ends the operation and keeps its result for later polls.
func finish(r *store.Record, state store.State, text string, now time.Time) {
	op := r.Operation
	op.State, op.Description, op.Finished = state, text, now
	op.NextTry, op.Unexplained = time.Time{}, nil
	r.Results = append(r.Results, *op)
	r.Results = r.Results[max(0, len(r.Results)-keptResults):]
	Note(r, now, op.Step, "ended", string(state))
}

// Succeed ends an operation that reached the goal Present.
func Succeed(r *store.Record, credentials store.Sealed, now time.Time) {
	r.Have, r.Usable, r.Settled = r.Want, true, true
	r.Credentials = credentials
	r.Call, r.Frozen, r.Refused, r.Unsettled, r.Unseen = nil, nil, nil, nil, time.Time{}
	NameBodies(r, nil)
	finish(r, store.Succeeded, "", now)
}

// Fail ends an operation in failure. After a failed create or bind the goal is
// Absent, so that its resources are removed at once. A failed update restores
// Want. A failed delete or expire, or the removal after a failed create, continues at
// SlowRetry.
func Fail(r *store.Record, text string, now time.Time) {
	op := r.Operation
	if !op.State.Finished() {
		finish(r, store.Failed, text, now)
	}
	r.Frozen, r.Refused = nil, nil
	op.Attempt = 0
	switch {
	case r.Goal != store.Present:
		op.NextTry = now.Add(SlowRetry)
	case op.Kind == store.Update:
		r.Want, r.Settled = r.Have, true
		r.Call, r.Unsettled, r.Unseen = nil, nil, time.Time{}
		NameBodies(r, nil)
	default:
		r.Goal, r.Settled = store.Absent, false
	}
}

// IsRefusedTooLong notes at now that the cloud refused a step of op with an unknown
// code. It reports whether the step has been refused so for UnexplainedFor: the
// stored time of its first refusal survives restarts.
func IsRefusedTooLong(op *store.Operation, step string, now time.Time) bool {
	since, again := op.Unexplained[step]
	if !again || since.After(now) { // a later time comes from a clock that has been set back
		since = now
		op.Unexplained = maps.Clone(op.Unexplained)
		if op.Unexplained == nil {
			op.Unexplained = map[string]time.Time{}
		}
		op.Unexplained[step] = since
	}
	return now.Sub(since) >= UnexplainedFor
}

// EndLife ends the life of r after the removal of its last resource, and drops
// its secrets and its context. A delete of the platform makes r a tombstone; after a failed create
// r keeps the result until the platform deletes it.
func EndLife(r *store.Record, now time.Time) {
	r.Settled = true
	r.Call, r.Frozen, r.Refused, r.Unsettled = nil, nil, nil, nil
	r.MissingSince, r.Unseen = time.Time{}, time.Time{}
	r.Secrets, r.Credentials = store.Sealed{}, store.Sealed{}
	r.Facts, r.Locked = nil, nil
	forgetBodies(r)
	if !r.Operation.Kind.Deletes() {
		Note(r, now, "", "cleaned", "")
		return
	}
	r.Deleted = now
	r.Context = platformContext(r.Context)
	for _, s := range []*store.Spec{r.Want, r.Have} {
		if s != nil {
			s.Parameters, s.Prepared = store.Sealed{}, store.Sealed{}
		}
	}
	if r.Operation.State.Finished() {
		Note(r, now, "", "cleaned", "")
		return
	}
	finish(r, store.Succeeded, "", now)
}

// factKept names, among the facts of a tombstone, the resource that the deletion left
// to its owner.
const factKept = "retained"

// NoteKept records in the ended life of r that its resource exists on, without the
// broker.
func NoteKept(r *store.Record, now time.Time, resource string) {
	r.Facts = map[string]string{factKept: resource}
	Note(r, now, "", "left to its owner", "")
}

// factRemains tells, among the facts of a tombstone, what the cloud keeps for some time.
const factRemains = "remains"

// NoteRemains records in the ended life of r what the cloud keeps of it for some time.
func NoteRemains(r *store.Record, text string) {
	if r.Facts == nil {
		r.Facts = map[string]string{}
	}
	r.Facts[factRemains] = text
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

func hasResult(results []store.Operation, id string) bool {
	return slices.ContainsFunc(results, func(op store.Operation) bool { return op.ID == id })
}

// Requests counts the operations that platforms and operators requested for the
// incarnation of r.
func Requests(r *store.Record) uint64 { return r.Sequence + r.Retries }
