package lifecycle

import (
	"crypto/rand"
	"encoding/hex"
	"fmt"
	"time"

	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/providers"
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/store"
)

// How much of a record's past is kept.
const (
	keptResults = 5
	keptHistory = 50
	keptLives   = 5
)

// IncarnationShown is how much of it the ids of operations have, in
// characters.
const IncarnationShown = 16

// Sentences that platforms show to users. The same state gives the same words.
const (
	TextCancelled   = "It was cancelled by a deletion."
	TextOverdue     = "It was not finished in time. What was made is being removed; try again, and if it goes on ask the operator of the broker."
	TextQuarantined = "The broker cannot go on with this now; its operator has been alarmed. It goes on by itself once the cause is mended."
	TextUpdateLate  = "The update was not finished in time and may have been made in part. Try it again, and if it goes on ask the operator of the broker."
	TextSettling    = "Making sure that nothing is left."
	TextNoInstance  = "The instance of this binding was deleted."
)

// NewIncarnation draws the 128 bits that name a life.
func NewIncarnation() string {
	b := make([]byte, 16)
	_, _ = rand.Read(b) // never fails: crypto/rand
	return hex.EncodeToString(b)
}

// NewLife makes r the record of a fresh incarnation. What was there before is
// remembered as an earlier life.
func NewLife(r *store.Record, incarnation string, now time.Time) {
	earlier := r.Earlier
	if r.Revision != 0 {
		results := r.Results
		if r.Operation != nil && !hasResult(results, r.Operation.ID) {
			results = append(results, *r.Operation)
		}
		earlier = append(earlier, store.Life{Incarnation: r.Incarnation, Deleted: r.Deleted, Results: results})
		earlier = earlier[max(0, len(earlier)-keptLives):]
	}
	*r = store.Record{
		Key: r.Key, Revision: r.Revision, Schema: store.SchemaVersion, Epoch: r.Epoch,
		Incarnation: incarnation, Created: now, Earlier: earlier, Unknown: r.Unknown,
	}
}

// Begin starts an operation. One that is still running is cancelled: it ends
// as failed, for those who poll it by its own name.
func Begin(r *store.Record, kind store.Kind, now time.Time, deadline time.Duration) {
	if op := r.Operation; op != nil && !op.State.Finished() {
		finish(r, store.Failed, TextCancelled, now)
	}
	r.Sequence++
	op := &store.Operation{
		ID:   fmt.Sprintf("%s-%d", r.Incarnation[:IncarnationShown], r.Sequence),
		Kind: kind, State: store.Pending, Started: now,
	}
	if deadline > 0 && !kind.Deletes() {
		op.Deadline = now.Add(deadline)
	}
	r.Operation = op
	r.Goal = store.Present
	if kind.Deletes() {
		r.Goal = store.Absent
	}
	r.Settled = false
	r.Refused, r.Frozen = nil, nil
	Note(r, now, "", "begun", "")
}

// finish ends the operation and keeps its result for later polls.
func finish(r *store.Record, state store.State, text string, now time.Time) {
	op := r.Operation
	op.State, op.Description, op.Finished = state, text, now
	op.NextTry = time.Time{}
	r.Results = append(r.Results, *op)
	r.Results = r.Results[max(0, len(r.Results)-keptResults):]
	Note(r, now, op.Step, "ended", string(state))
}

// Succeed ends an operation whose goal, something present, is reached.
func Succeed(r *store.Record, credentials store.Sealed, now time.Time) {
	r.Have, r.Usable, r.Settled = r.Want, true, true
	r.Credentials = credentials
	r.Call, r.Frozen, r.Refused, r.Unsettled, r.Unseen = nil, nil, nil, nil, time.Time{}
	finish(r, store.Succeeded, "", now)
}

// Fail ends an operation in failure. What a create or bind made is removed, at
// once; a failed update leaves the instance as it was; a failed delete, or such
// a removal, goes on at a slow pace.
func Fail(r *store.Record, text string, now time.Time) {
	op := r.Operation
	if !op.State.Finished() {
		finish(r, store.Failed, text, now)
	}
	r.Frozen, r.Refused = nil, nil
	op.Attempt = 0
	switch {
	case r.Goal == store.Absent:
		op.NextTry = now.Add(SlowRetry)
	case op.Kind == store.Update:
		r.Want, r.Settled = r.Have, true
		r.Call, r.Unsettled, r.Unseen = nil, nil, time.Time{}
	default:
		r.Goal, r.Settled = store.Absent, false
	}
}

// EndLife ends the life of r: nothing of it is left in the cloud. Where the
// platform asked for that it becomes a tombstone; a create that failed keeps
// its result until the platform deletes it. Secrets are forgotten.
func EndLife(r *store.Record, now time.Time) {
	r.Settled = true
	r.Call, r.Frozen, r.Refused, r.Unsettled = nil, nil, nil, nil
	r.MissingSince, r.Unseen = time.Time{}, time.Time{}
	r.Secrets, r.Credentials = store.Sealed{}, store.Sealed{}
	r.Facts, r.Bodies = nil, nil
	if !r.Operation.Kind.Deletes() {
		Note(r, now, "", "cleaned", "")
		return
	}
	r.Deleted = now
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

// Note adds a line to the bounded history. An error that comes again takes the
// place of the one before.
func Note(r *store.Record, now time.Time, step, what, kind string) {
	e := store.Event{Time: now, Step: step, Outcome: what, Kind: kind}
	if r.Operation != nil {
		e.Op, e.Attempt = r.Operation.Kind, r.Operation.Attempt
	}
	events := r.History.Events()
	if last := len(events) - 1; kind != "" && last >= 0 {
		if was := &events[last]; was.Op == e.Op && was.Step == step && was.Outcome == what && was.Kind == kind {
			was.Time, was.Attempt = now, e.Attempt
			r.History = store.NewHistory(events...)
			return
		}
	}
	events = append(events, e)
	r.History = store.NewHistory(events[max(0, len(events)-keptHistory):]...)
}

// AddFacts merges what a call or a look returned; it says whether anything was new.
func AddFacts(r *store.Record, secrets map[string]string, f providers.Facts) (providers.Facts, bool) {
	have := providers.Facts{Open: r.Facts, Secrets: secrets}
	changed := false
	for k, v := range f.Open {
		changed = changed || have.Open[k] != v
	}
	for k, v := range f.Secrets {
		changed = changed || have.Secrets[k] != v
	}
	if !changed {
		return have, false
	}
	return have.Merge(f), true
}

// repeatedLately is how long ago calls that were made again count anew: longer
// than they take to settle, by as much as clocks may differ.
const repeatedLately = 10 * time.Minute

// RestartClocks counts anew, by this process's clock, what was counted by another's:
// clocks differ, and what was lost settles later rather than too early. Whatever
// their times say, the calls of before are over.
func RestartClocks(r *store.Record, now time.Time) {
	for step := range r.Unsettled {
		r.Unsettled[step] = now
	}
	if !r.Unseen.IsZero() {
		r.Unseen = now
	}
	if r.Repeated.Add(repeatedLately).After(now) {
		r.Repeated = now
	}
	r.MissingSince = time.Time{}
	if op := r.Operation; op.NextTry.After(now.Add(SlowRetry)) {
		op.NextTry = now.Add(SlowRetry)
	}
}

// Unsettle remembers that a call of the step may have its effect until then.
func Unsettle(r *store.Record, step string, until time.Time) {
	if r.Unsettled == nil {
		r.Unsettled = map[string]time.Time{}
	}
	if until.After(r.Unsettled[step]) {
		r.Unsettled[step] = until
	}
}

// SlowRetry is how often a delete that was refused is tried again.
const SlowRetry = 10 * time.Minute
