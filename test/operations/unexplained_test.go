package operations_test

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/emulator/cloud"
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/lifecycle"
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/osb"
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/providers"
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/store"
)

// unexplained is a refusal with a code that no table knows.
func unexplained() error {
	return fmt.Errorf("fake: NewCode.OfTheCloud: %w", providers.ErrUnexplained)
}

// refuses lets the cloud refuse a step with an unknown code for hours.
func (w *harness) refuses(step string) {
	w.cloud.failNext(step, slices.Repeat([]error{unexplained()}, 5000)...)
}

// soon is the time after which a refused call is given up for certain: the
// longest time between two attempts is a minute.
const soon = lifecycle.UnexplainedFor + 2*time.Minute

// A create, bind or update that the cloud refuses with an unknown code says so at
// once, is retried for minutes and fails with the same sentence; the record tells
// the operator the code. A create leaves nothing, also where the process restarts
// after each attempt.
func TestUnexplainedRefusal_OfChange_FailsInMinutes(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		step, binding string
		begin         func(w *harness) reply
		left          int // things in the cloud at the end
	}{
		"Provision": {"create", "", func(w *harness) reply { return w.provision("i", body("slow", "")) }, 0},
		"Finish":    {"finish", "", func(w *harness) reply { return w.provision("i", body("slow", "")) }, 0},
		"Bind":      {"create", "b", func(w *harness) reply { return w.bind("i", "b", body("slow", "")) }, 1},
		"Update":    {"resize", "", func(w *harness) reply { return w.update("i", largePlan) }, 1},
	} {
		for _, restarts := range []bool{false, true} {
			t.Run(fmt.Sprintf("%s/Restarts%t", name, restarts), func(t *testing.T) {
				t.Parallel()
				inBubble(t, func(w *harness) {
					w.withDeadlines()
					if c.left > 0 {
						w.readyInstance("i")
					}
					w.refuses(c.step)
					begun := time.Now()
					operation := w.operation(c.begin(w))
					sentence := providers.Sentence(unexplained())
					poll := func() osb.LastOperation {
						t.Helper()
						op := w.state(w.poll("i", c.binding, operation))
						if w.cloud.count(c.step) > 1 && op.Description != sentence {
							t.Fatalf("after %s it is %s: %q, want %q", time.Since(begun), op.State, op.Description, sentence)
						}
						return op
					}
					for time.Since(begun) < lifecycle.UnexplainedFor {
						if op := poll(); op.State != osb.InProgress {
							t.Fatalf("after %s it is %s: %s", time.Since(begun), op.State, op.Description)
						}
						w.pass(25 * time.Second)
						if restarts {
							w.restart()
						}
					}
					w.pass(soon - time.Since(begun) + time.Minute) // the creation takes a minute
					if op := poll(); op.State != osb.Failed || op.UpdateRepeatable != nil {
						t.Fatalf("after %s it is %s, repeatable %v: %s", time.Since(begun), op.State, op.UpdateRepeatable, op.Description)
					}
					w.pass(time.Hour)
					results := w.record("i", c.binding).Results
					if last := results[len(results)-1]; last.CauseKind != string(providers.Unexplained) || !strings.Contains(last.Cause, "NewCode.OfTheCloud") {
						t.Errorf("the operator reads the cause %q of class %q", last.Cause, last.CauseKind)
					}
					if n := len(w.cloud.names()); n != c.left {
						t.Errorf("%d things are left in the cloud, want %d", n, c.left)
					}
					if !restarts {
						kind := string(results[len(results)-1].Kind)
						if got := w.figures("operations_total")["unexplained "+kind+" fake failed"]; got != 1 {
							t.Errorf("%v operations are counted as unexplained: %v", got, w.figures("operations_total"))
						}
						if w.figures("retries_total")["unexplained "+kind+" fake"] < 5 {
							t.Errorf("the refusals are counted as %v", w.figures("retries_total"))
						}
					}
				})
			})
		}
	}
}

// Other errors between the refusals of a step leave its time as it is; a call of
// the step that succeeds ends it.
func TestUnexplainedRefusal_OtherErrorsBetween_KeepItsTime(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		step  string
		errs  []error // repeated
		times int
		want  osb.OperationState
	}{
		"Throttled": {"create", []error{unexplained(), providers.ErrThrottled}, 500, osb.Failed},
		"Observe":   {"observe", []error{nil, providers.ErrOutcomeUnknown}, 500, osb.Failed},
		"Success":   {"create", []error{unexplained()}, 5, osb.Succeeded},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			inBubble(t, func(w *harness) {
				w.withDeadlines()
				w.cloud.failNext(c.step, slices.Repeat(c.errs, c.times)...)
				if c.step != "create" {
					w.refuses("create")
				}
				operation := w.operation(w.provision("i", body("slow", "")))
				w.pass(soon)
				if op := w.state(w.poll("i", "", operation)); op.State != c.want {
					t.Errorf("it is %s: %s", op.State, op.Description)
				}
				if r := w.record("i", ""); len(r.Operation.Unexplained) != 0 {
					t.Errorf("the ended operation keeps %v", r.Operation.Unexplained)
				}
			})
		})
	}
}

// A deletion that is refused so says so and goes on, at its slow pace, until the
// cloud allows it.
func TestUnexplainedRefusal_OfDeletion_GoesOnSlowly(t *testing.T) {
	t.Parallel()
	for _, binding := range []string{"", "b"} {
		t.Run("Binding"+binding, func(t *testing.T) {
			t.Parallel()
			inBubble(t, func(w *harness) {
				w.made("i", "fast")
				w.bound("i", "b")
				left := 0
				if binding != "" {
					left = 1
				} else {
					w.want("unbind", w.unbind("i", "b", "fast"), 200)
				}
				w.refuses("delete")
				before := w.cloud.count("delete")
				var operation string
				if binding != "" {
					operation = w.operation(w.unbind("i", "b", "fast"))
				} else {
					operation = w.operation(w.deprovision("i", "fast"))
				}
				w.pass(24 * time.Hour)
				op := w.state(w.poll("i", binding, operation))
				if op.State != osb.InProgress || op.Description != providers.Sentence(unexplained()) {
					t.Errorf("after a day it is %s: %q", op.State, op.Description)
				}
				n, fewest := w.cloud.count("delete")-before, int(24*time.Hour/lifecycle.SlowRetry)
				if n < fewest || n > 2*fewest {
					t.Errorf("it was tried %d times in a day, want %d to %d", n, fewest, 2*fewest)
				}
				if got := w.figures("unfinished"); len(got) != 1 {
					t.Errorf("unfinished are %v", got)
				}
				w.cloud.set(func(f *fakeCloud) { f.fail = map[string][]fakeFail{} })
				w.pass(lifecycle.SlowRetry)
				w.want("poll of the end", w.poll("i", binding, operation), 410)
				if n := len(w.cloud.names()); n != left {
					t.Errorf("%d things are left in the cloud, want %d", n, left)
				}
			})
		})
	}
}

// An observation that is refused so ends nothing before the deadline, since the
// cloud may be at work on the resource; users and operators are told.
func TestUnexplainedRefusal_OfObservation_IsToldAndRetried(t *testing.T) {
	inBubble(t, func(w *harness) {
		w.refuses("observe")
		operation := w.operation(w.provision("i", body("slow", "")))
		w.pass(soon)
		op := w.state(w.poll("i", "", operation))
		if op.State != osb.InProgress || op.Description != providers.Sentence(unexplained()) {
			t.Errorf("it is %s: %q", op.State, op.Description)
		}
		if w.figures("unfinished")["unexplained provision fake running"] != 1 {
			t.Errorf("unfinished are %v", w.figures("unfinished"))
		}
		w.cloud.set(func(f *fakeCloud) { f.fail = map[string][]fakeFail{} })
		if op := w.finally("i", "", reply{status: 202, operation: operation}); op.State != osb.Succeeded {
			t.Errorf("it ended %s: %s", op.State, op.Description)
		}
	})
}

// The same on the real providers and the emulated cloud, which answers the first
// call of each service with a code of its own.
func TestUnexplainedRefusal_ByEmulatedCloud_FailsInMinutes(t *testing.T) {
	t.Parallel()
	for _, s := range services() {
		action := map[string]string{"RDS": "CreateDBInstance", "OSS": "PutBucket"}[s.name]
		t.Run(s.name, func(t *testing.T) {
			t.Parallel()
			r := newRig(t, rigCatalog(t))
			r.cloud.Faults().Add(cloud.Fault{Action: action, Effect: cloud.FailBefore, Code: "BrandNewCode.Whatever", Status: http.StatusBadRequest})
			r.start()
			begun := r.clock.Now()
			r.ask(s.walk()[0], "")
			if !r.settle() {
				t.Fatal("the process died")
			}
			k := store.Key{InstanceID: theInstance}
			record, err := r.store.Get(t.Context(), k)
			if err != nil {
				t.Fatal(err)
			}
			took := record.Operation.Finished.Sub(begun)
			switch op := record.Results[len(record.Results)-1]; {
			case op.State != store.Failed, op.Description != providers.Sentence(providers.ErrUnexplained), !strings.Contains(op.Cause, "BrandNewCode.Whatever"):
				t.Errorf("it ended %s: %q because of %q", op.State, op.Description, op.Cause)
			case took < lifecycle.UnexplainedFor || took > soon:
				t.Errorf("it took %s", took)
			}
			if !r.cloud.Empty() {
				t.Errorf("left in the cloud: %+v", r.cloud.Dump())
			}
		})
	}
}
