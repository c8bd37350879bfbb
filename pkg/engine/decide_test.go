package engine

import (
	"testing"
	"time"

	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/lifecycle"
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/providers"
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/store"
)

// theTime of decisions, and what is earlier and later.
func theTime() (before, now, after time.Time) {
	now = time.Date(2024, 2, 29, 12, 0, 0, 0, time.UTC)
	return now.Add(-time.Minute), now, now.Add(time.Minute)
}

// running is a record whose provision runs.
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

func TestWhatIsDecidedBeforeALook(t *testing.T) {
	before, now, after := theTime()
	overdue := func(r *store.Record) { r.Operation.Deadline = before }
	for name, tc := range map[string]struct {
		r, of *store.Record
		hold  time.Time
		want  decision
	}{
		"it runs":                       {r: running(), want: decision{do: doLook}},
		"its next try is not yet":       {r: running(func(r *store.Record) { r.Operation.NextTry = after }), want: decision{do: doRest, until: after}},
		"its next try is now":           {r: running(func(r *store.Record) { r.Operation.NextTry = now }), want: decision{do: doLook}},
		"its next try is years ahead":   {r: running(func(r *store.Record) { r.Operation.NextTry = after.AddDate(1, 0, 0) }), want: decision{do: doLook}},
		"it is overdue":                 {r: running(overdue), want: decision{do: doRefuse, text: lifecycle.TextOverdue, kind: store.CauseDeadline}},
		"it is due now":                 {r: running(func(r *store.Record) { r.Operation.Deadline = now }), want: decision{do: doRefuse, text: lifecycle.TextOverdue, kind: store.CauseDeadline}},
		"it is not due yet":             {r: running(func(r *store.Record) { r.Operation.Deadline = after }), want: decision{do: doLook}},
		"an update is overdue":          {r: running(overdue, func(r *store.Record) { r.Operation.Kind = store.Update }), want: decision{do: doRefuse, text: lifecycle.TextUpdateLate, kind: store.CauseDeadline}},
		"a call may be on its way":      {r: running(overdue), hold: after, want: decision{do: doLook}},
		"a delete is overdue":           {r: running(overdue, deleting), want: decision{do: doLook}},
		"a delete of what had no call":  {r: running(deleting, func(r *store.Record) { r.Account = "" }), want: decision{do: doFinish}},
		"a create that had no call":     {r: running(func(r *store.Record) { r.Account = "" }), want: decision{do: doLook}},
		"a bind":                        {r: running(), of: running(), want: decision{do: doLook}},
		"a bind, the instance goes":     {r: running(), of: running(deleting), want: decision{do: doRefuse, text: lifecycle.TextNoInstance, kind: store.CauseDeadline}},
		"a bind, there is no instance":  {r: running(), of: &store.Record{}, want: decision{do: doRefuse, text: lifecycle.TextNoInstance, kind: store.CauseDeadline}},
		"a bind to the earlier life":    {r: running(func(r *store.Record) { r.Parent = "0" }), of: running(), want: decision{do: doRefuse, text: lifecycle.TextNoInstance, kind: store.CauseDeadline}},
		"a bind to this life":           {r: running(func(r *store.Record) { r.Parent = "1" }), of: running(), want: decision{do: doLook}},
		"an unbind, the instance goes":  {r: running(deleting), of: running(deleting), want: decision{do: doLook}},
		"a bind, the instance was gone": {r: running(), of: running(deleting, func(r *store.Record) { r.Deleted = before }), want: decision{do: doRefuse, text: lifecycle.TextNoInstance, kind: store.CauseDeadline}},
	} {
		if got := beforeLook(tc.r, tc.of, now, tc.hold, time.Hour); got != tc.want {
			t.Errorf("%s: %+v, want %+v", name, got, tc.want)
		}
	}
}

func TestWhatIsDecidedAfterALook(t *testing.T) {
	_, now, after := theTime()
	fail := providers.FailStep(providers.Policy, "No.")
	refused := decision{do: doRefuse, text: "No.", kind: string(providers.Policy)}
	call := providers.CallStep("create", struct{}{})
	for name, tc := range map[string]struct {
		r    *store.Record
		step providers.Step
		hold time.Time
		want decision
	}{
		"wait":                         {r: running(), step: providers.WaitStep("x", providers.Slow, ""), want: decision{do: doWait}},
		"wait, a call on its way":      {r: running(), step: providers.WaitStep("x", providers.Slow, ""), hold: after, want: decision{do: doWait}},
		"call":                         {r: running(), step: call, want: decision{do: doCall}},
		"call, a call on its way":      {r: running(), step: call, hold: after, want: decision{do: doRest, until: after}},
		"call, that call is over":      {r: running(), step: call, hold: now, want: decision{do: doCall}},
		"fail":                         {r: running(), step: fail, want: refused},
		"fail, a call on its way":      {r: running(), step: fail, hold: after, want: decision{do: doRest, until: after}},
		"ready":                        {r: running(), step: providers.DoneStep(nil), want: decision{do: doFinish}},
		"ready, a call on its way":     {r: running(), step: providers.DoneStep(nil), hold: after, want: decision{do: doFinish}},
		"not there":                    {r: running(deleting), step: providers.DoneStep(nil), want: decision{do: doFinish}},
		"not there, a call on its way": {r: running(deleting), step: providers.DoneStep(nil), hold: after, want: decision{do: doRest, until: after}},
	} {
		if got, err := afterLook(tc.r, tc.step, now, tc.hold); got != tc.want || err != nil {
			t.Errorf("%s: %+v %v, want %+v", name, got, err, tc.want)
		}
	}
	if _, err := afterLook(running(), providers.Step{Action: "jump"}, now, now); !lifecycle.IsUnrecoverable(err) {
		t.Errorf("an unknown action: %v", err)
	}
}

func TestWhatIsDecidedWhereNothingIsLeft(t *testing.T) {
	const settle, pace = 10 * time.Second, 3 * time.Second
	_, now, _ := theTime()
	ago := func(d time.Duration) time.Time { return now.Add(-d) }
	lost := func(at time.Time) func(*store.Record) {
		return func(r *store.Record) { r.Unsettled = map[string]time.Time{"create": at, "earlier": at.Add(-time.Hour)} }
	}
	missed := func(r *store.Record) { r.MissingSince = ago(time.Second) }
	finished := decision{do: doFinish}
	for name, tc := range map[string]struct {
		change []func(*store.Record)
		want   decision
	}{
		"no call was lost":                 {want: finished},
		"one was lost just now":            {[]func(*store.Record){lost(now), missed}, decision{do: doRest, until: now.Add(settle)}},
		"one was lost, and never missed":   {[]func(*store.Record){lost(ago(time.Hour))}, decision{do: doRest, until: now.Add(pace)}},
		"one was lost, and it was missed":  {[]func(*store.Record){lost(ago(settle)), missed}, finished},
		"it was made, and never seen":      {[]func(*store.Record){missed, func(r *store.Record) { r.Unseen = ago(time.Second) }}, decision{do: doRest, until: ago(time.Second).Add(settle)}},
		"one was made again just now":      {[]func(*store.Record){missed, func(r *store.Record) { r.Repeated = ago(time.Second) }}, decision{do: doRest, until: ago(time.Second).Add(settle)}},
		"one was made again long ago":      {[]func(*store.Record){func(r *store.Record) { r.Repeated = ago(settle) }}, finished},
		"the last of what was lost counts": {[]func(*store.Record){missed, lost(ago(time.Hour)), func(r *store.Record) { r.Unseen = now }}, decision{do: doRest, until: now.Add(settle)}},
	} {
		r := running(append(tc.change, deleting)...)
		if got := afterMiss(r, now, settle, pace); got != tc.want {
			t.Errorf("%s: %+v, want %+v", name, got, tc.want)
		}
	}
}

func TestWhatIsDecidedOnErrors(t *testing.T) {
	for name, tc := range map[string]struct {
		r    *store.Record
		err  error
		want action
	}{
		"the user's, of a create":     {running(), providers.ErrInvalid, doRefuse},
		"the user's, of a delete":     {running(deleting), providers.ErrInvalid, doLook},
		"the operator's, of a create": {running(), providers.ErrDenied, doLook},
		"nobody's, of a create":       {running(), providers.ErrThrottled, doLook},
	} {
		if got := afterError(tc.r, tc.err); got.do != tc.want {
			t.Errorf("%s: %+v, want %s", name, got, tc.want)
		}
	}
}
