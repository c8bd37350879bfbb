package engine

import (
	"testing"
	"time"

	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/lifecycle"
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/providers"
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/store"
)

// theTime returns the time of decisions, with an earlier and a later one.
func theTime() (before, now, after time.Time) {
	now = time.Date(2024, 2, 29, 12, 0, 0, 0, time.UTC)
	return now.Add(-time.Minute), now, now.Add(time.Minute)
}

// running returns a record with a running provision.
func running(change ...func(*store.Record)) *store.Record {
	r := &store.Record{
		Incarnation: "1", Revision: 1, Goal: store.Present, Account: "1234567890",
		Operation: &store.Operation{ID: "1", Kind: store.Provision, State: store.Running},
	}
	for _, f := range change {
		f(r)
	}
	return r
}

func deleting(r *store.Record) { r.Goal, r.Operation.Kind = store.Absent, store.Deprovision }

func TestDecideBeforeLook_EachRecord_ChoosesAction(t *testing.T) {
	before, now, after := theTime()
	overdue := func(r *store.Record) { r.Operation.Deadline = before }
	for name, tc := range map[string]struct {
		r, instance *store.Record
		landsUntil  time.Time
		want        decision
	}{
		"it runs":                        {r: running(), want: decision{action: observeCloud}},
		"its next try is not yet":        {r: running(func(r *store.Record) { r.Operation.NextTry = after }), want: decision{action: requeueRecord, notBefore: after}},
		"its next try is now":            {r: running(func(r *store.Record) { r.Operation.NextTry = now }), want: decision{action: observeCloud}},
		"its next try is years ahead":    {r: running(func(r *store.Record) { r.Operation.NextTry = after.AddDate(1, 0, 0) }), want: decision{action: observeCloud}},
		"it is overdue":                  {r: running(overdue), want: decision{action: failOperation, text: lifecycle.TextOverdue, cause: store.CauseDeadline}},
		"it is due now":                  {r: running(func(r *store.Record) { r.Operation.Deadline = now }), want: decision{action: failOperation, text: lifecycle.TextOverdue, cause: store.CauseDeadline}},
		"it is not due yet":              {r: running(func(r *store.Record) { r.Operation.Deadline = after }), want: decision{action: observeCloud}},
		"an update is overdue":           {r: running(overdue, func(r *store.Record) { r.Operation.Kind = store.Update }), want: decision{action: failOperation, text: lifecycle.TextUpdateLate, cause: store.CauseDeadline}},
		"an earlier call may land":       {r: running(overdue), landsUntil: after, want: decision{action: observeCloud}},
		"a delete is overdue":            {r: running(overdue, deleting), want: decision{action: observeCloud}},
		"a delete before any call":       {r: running(deleting, func(r *store.Record) { r.Account = "" }), want: decision{action: reachGoal}},
		"a create before any call":       {r: running(func(r *store.Record) { r.Account = "" }), want: decision{action: observeCloud}},
		"a bind":                         {r: running(), instance: running(), want: decision{action: observeCloud}},
		"a bind, instance being deleted": {r: running(), instance: running(deleting), want: decision{action: failOperation, text: lifecycle.TextNoInstance, cause: store.CauseDeadline}},
		"a bind, instance missing":       {r: running(), instance: &store.Record{}, want: decision{action: failOperation, text: lifecycle.TextNoInstance, cause: store.CauseDeadline}},
		"a bind to the earlier life":     {r: running(func(r *store.Record) { r.Parent = "0" }), instance: running(), want: decision{action: failOperation, text: lifecycle.TextNoInstance, cause: store.CauseDeadline}},
		"a bind to this life":            {r: running(func(r *store.Record) { r.Parent = "1" }), instance: running(), want: decision{action: observeCloud}},
		"an unbind, instance deleting":   {r: running(deleting), instance: running(deleting), want: decision{action: observeCloud}},
		"a bind, instance deleted":       {r: running(), instance: running(deleting, func(r *store.Record) { r.Deleted = before }), want: decision{action: failOperation, text: lifecycle.TextNoInstance, cause: store.CauseDeadline}},
	} {
		if got := decideBeforeLook(tc.r, tc.instance, now, tc.landsUntil, time.Hour); got != tc.want {
			t.Errorf("%s: %+v, want %+v", name, got, tc.want)
		}
	}
}

func TestDecideAfterLook_EachStep_ChoosesAction(t *testing.T) {
	_, now, after := theTime()
	fail := providers.FailStep(providers.Policy, "No.")
	refused := decision{action: failOperation, text: "No.", cause: string(providers.Policy)}
	call := providers.CallStep("create", struct{}{})
	for name, tc := range map[string]struct {
		r          *store.Record
		step       providers.Step
		landsUntil time.Time
		want       decision
	}{
		"wait":                       {r: running(), step: providers.WaitStep("x", providers.Slow, ""), want: decision{action: waitForCloud}},
		"wait, a call may land":      {r: running(), step: providers.WaitStep("x", providers.Slow, ""), landsUntil: after, want: decision{action: waitForCloud}},
		"call":                       {r: running(), step: call, want: decision{action: makeCall}},
		"call, a call may land":      {r: running(), step: call, landsUntil: after, want: decision{action: requeueRecord, notBefore: after}},
		"call, that call has landed": {r: running(), step: call, landsUntil: now, want: decision{action: makeCall}},
		"fail":                       {r: running(), step: fail, want: refused},
		"fail, a call may land":      {r: running(), step: fail, landsUntil: after, want: decision{action: requeueRecord, notBefore: after}},
		"ready":                      {r: running(), step: providers.DoneStep(nil), want: decision{action: reachGoal}},
		"ready, a call may land":     {r: running(), step: providers.DoneStep(nil), landsUntil: after, want: decision{action: reachGoal}},
		"not there":                  {r: running(deleting), step: providers.DoneStep(nil), want: decision{action: reachGoal}},
		"not there, a call may land": {r: running(deleting), step: providers.DoneStep(nil), landsUntil: after, want: decision{action: requeueRecord, notBefore: after}},
	} {
		if got, err := decideAfterLook(tc.r, tc.step, now, tc.landsUntil); got != tc.want || err != nil {
			t.Errorf("%s: %+v %v, want %+v", name, got, err, tc.want)
		}
	}
	if _, err := decideAfterLook(running(), providers.Step{Action: "jump"}, now, now); !lifecycle.IsUnrecoverable(err) {
		t.Errorf("an unknown action: %v", err)
	}
}

func TestDecideAfterMiss_EachMoment_ChoosesAction(t *testing.T) {
	const settle, pace = 10 * time.Second, 3 * time.Second
	_, now, _ := theTime()
	ago := func(d time.Duration) time.Time { return now.Add(-d) }
	lost := func(at time.Time) func(*store.Record) {
		return func(r *store.Record) { r.Unsettled = map[string]time.Time{"create": at, "earlier": at.Add(-time.Hour)} }
	}
	missed := func(r *store.Record) { r.MissingSince = ago(time.Second) }
	finished := decision{action: reachGoal}
	for name, tc := range map[string]struct {
		change []func(*store.Record)
		want   decision
	}{
		"no call was lost":              {want: finished},
		"one was lost just now":         {[]func(*store.Record){lost(now), missed}, decision{action: requeueRecord, notBefore: now.Add(settle)}},
		"one was lost, first miss":      {[]func(*store.Record){lost(ago(time.Hour))}, decision{action: requeueRecord, notBefore: now.Add(pace)}},
		"one was lost, second miss":     {[]func(*store.Record){lost(ago(settle)), missed}, finished},
		"it was made, but not yet seen": {[]func(*store.Record){missed, func(r *store.Record) { r.Unseen = ago(time.Second) }}, decision{action: requeueRecord, notBefore: ago(time.Second).Add(settle)}},
		"one was made again just now":   {[]func(*store.Record){missed, func(r *store.Record) { r.Repeated = ago(time.Second) }}, decision{action: requeueRecord, notBefore: ago(time.Second).Add(settle)}},
		"one was made again long ago":   {[]func(*store.Record){func(r *store.Record) { r.Repeated = ago(settle) }}, finished},
		"the latest time counts":        {[]func(*store.Record){missed, lost(ago(time.Hour)), func(r *store.Record) { r.Unseen = now }}, decision{action: requeueRecord, notBefore: now.Add(settle)}},
	} {
		r := running(append(tc.change, deleting)...)
		if got := decideAfterMiss(r, now, settle, pace); got != tc.want {
			t.Errorf("%s: %+v, want %+v", name, got, tc.want)
		}
	}
}

func TestDecideAfterError_EachClass_ChoosesAction(t *testing.T) {
	for name, tc := range map[string]struct {
		r    *store.Record
		err  error
		want action
	}{
		"user's, of a create":     {running(), providers.ErrInvalid, failOperation},
		"user's, of a delete":     {running(deleting), providers.ErrInvalid, observeCloud},
		"operator's, of a create": {running(), providers.ErrDenied, observeCloud},
		"transient, of a create":  {running(), providers.ErrThrottled, observeCloud},
	} {
		if got := decideAfterError(tc.r, tc.err); got.action != tc.want {
			t.Errorf("%s: %+v, want %s", name, got, tc.want)
		}
	}
}
