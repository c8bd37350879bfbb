package client

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/operator"
)

// record adds every member of a record that has a value.
func (t *table) record(r *operator.Record) {
	if r.BindingID != "" {
		t.row("binding " + plain(r.BindingID))
	} else {
		t.row("instance " + plain(r.InstanceID))
	}
	t.field("state", stateText(r.State, r.Quarantined))
	t.field("unreadable", r.Unreadable)
	t.field("refused", r.Altered)
	t.field("service", r.Offering)
	t.field("plan", planText(r.Have))
	if r.Want != nil && (r.Have == nil || *r.Want != *r.Have) {
		t.field("wanted plan", planText(r.Want))
	}
	t.field("goal", r.Goal)
	t.field("platform", r.Platform)
	t.field("namespace", r.Namespace)
	t.field("organization", r.Organization)
	t.field("profile", r.Profile)
	t.field("account", r.Account)
	t.field("region", r.Region)
	t.field("incarnation", r.Incarnation)
	t.field("predecessor", r.Predecessor)
	t.timeField("created", r.Created)
	t.timeField("deleted", r.Deleted)
	t.timeField("expires", r.Expires)
	t.timeField("renew before", r.Renew)
	for _, name := range slices.Sorted(maps.Keys(r.Facts)) {
		t.field("fact "+name, plainOrEmpty(r.Facts[name]))
	}
	for i := range r.Locked {
		t.field("locked account "+plain(r.Locked[i].Name), lockedText(&r.Locked[i]))
	}
	if r.Operation != nil {
		t.operation("operation", r.Operation)
		t.failure(r)
	}
	t.progress(r)
	for i := range r.Results {
		if op := &r.Results[i]; r.Operation == nil || op.ID != r.Operation.ID {
			t.operation("earlier operation", op)
		}
	}
	if len(r.History) > 0 {
		t.row("  history")
		for _, e := range r.History {
			t.event(e)
		}
	}
	for _, life := range r.Earlier {
		t.field("earlier life", life.Incarnation+", deleted "+timeText(life.Deleted))
	}
}

// lockedText returns what has become of an account that outlived its binding.
func lockedText(a *operator.LockedAccount) string {
	switch by := " by the end of binding " + plain(a.BindingID); {
	case !a.Removed.IsZero():
		return "removed " + timeText(a.Removed) + " to make room, locked " + timeText(a.Locked) + by
	case a.InUse:
		return "in use again by binding " + plain(a.BindingID)
	default:
		return "locked " + timeText(a.Locked) + by
	}
}

// progress adds the open call and the steps of the operation.
func (t *table) progress(r *operator.Record) {
	if c := r.Call; c != nil {
		t.field("open call", fmt.Sprintf("%s, given up at %s", c.Step, timeText(c.Until)))
	}
	t.field("begun steps", strings.Join(r.Begun, ", "))
	t.field("refused steps", strings.Join(r.Refused, ", "))
	for _, step := range slices.Sorted(maps.Keys(r.Unsettled)) {
		t.field("unknown outcome", fmt.Sprintf("%s, may have its effect until %s", step, timeText(r.Unsettled[step])))
	}
	t.timeField("lost and repeated", r.Repeated)
	t.timeField("made, unseen since", r.Unseen)
	t.timeField("missing since", r.MissingSince)
}

// failure adds the cause of a failed operation that the clean-up after it has
// replaced or removed.
func (t *table) failure(r *operator.Record) {
	for i := range r.Results {
		if op := &r.Results[i]; op.ID == r.Operation.ID && op.Cause != r.Operation.Cause {
			t.field("  failed because of", plainOrEmpty(op.Cause))
		}
	}
}

func (t *table) operation(name string, op *operator.Operation) {
	t.field(name, op.Kind+" "+op.State+", id "+op.ID)
	t.timeField("  started", op.Started)
	t.timeField("  finished", op.Finished)
	if op.Finished.IsZero() {
		t.field("  step", op.Step)
		t.timeField("  deadline", op.Deadline)
	}
	if op.Attempt > 0 {
		t.field("  failed attempts", strconv.Itoa(op.Attempt))
	}
	t.timeField("  next attempt", op.NextTry)
	t.field("  description", plainOrEmpty(op.Description))
	t.field("  cause", plainOrEmpty(op.Cause))
	t.field("  error class", op.CauseKind)
}

func (t *table) event(e operator.Event) {
	what := e.What
	if e.Kind != "" {
		what += " (" + e.Kind + ")"
	}
	if e.Attempt > 0 {
		what += fmt.Sprintf(", failed attempts before: %d", e.Attempt)
	}
	t.row("    "+timeText(e.Time), strings.TrimSpace(e.Op+" "+e.Step), what)
}

func planText(p *operator.Plan) string {
	if p == nil {
		return ""
	}
	return p.Name + " (" + p.ID + ")"
}

func stateText(state string, quarantined bool) string {
	if quarantined {
		state += ", quarantined"
	}
	return state
}

// lineStateText returns the state of an instance with the trouble of its bindings.
func lineStateText(l *operator.Line) string {
	text := stateText(l.State, l.Quarantined)
	if l.Unreadable > 0 {
		text += fmt.Sprintf(", unreadable bindings: %d", l.Unreadable)
	}
	return text
}

// operationText returns the kind and state of an operation, with its failed
// attempts.
func operationText(op *operator.Operation) string {
	if op == nil {
		return "-"
	}
	text := op.Kind + " " + op.State
	if op.Attempt == 0 || op.NextTry.IsZero() {
		return text
	}
	text += fmt.Sprintf(", attempt %d", op.Attempt+1)
	if op.CauseKind != "" {
		text += " (" + op.CauseKind + ")"
	}
	return text
}
