package operations_test

import (
	"encoding/json"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/osb"
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/providers"
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/store"
)

// A create is lost on its way, the one that is sent instead succeeds, and the
// lost one has its effect after the deletion.
func TestDeletion_RepeatedLostCall_IsFoundWhenItTakesEffect(t *testing.T) {
	t.Parallel()
	inBubble(t, func(w *harness) {
		w.cloud.failNext("create", providers.ErrOutcomeUnknown)
		w.made("i", "slow")
		accepted := w.deprovision("i", "slow")
		w.pass(time.Minute)
		w.nothingLeft()
		w.cloud.appear()
		if op := w.finally("i", "", accepted); op.State != osb.Succeeded {
			t.Fatalf("the deletion %s: %s", op.State, op.Description)
		}
		w.pass(time.Hour)
		w.nothingLeft()
	})
}

// After lost calls have settled, a deletion is free to end at once.
func TestDeletion_LongAfterLostCall_IsQuick(t *testing.T) {
	t.Parallel()
	inBubble(t, func(w *harness) {
		w.cloud.failNext("create", providers.ErrOutcomeUnknown)
		w.made("i", "fast")
		w.pass(time.Hour)
		w.restart()
		w.want("deprovision", w.deprovision("i", "fast"), 200)
		w.nothingLeft()
	})
}

// A create of unknown outcome is said to be on its way still, again and again.
func TestDeletion_RecordedOpenCall_IsWaitedFor(t *testing.T) {
	t.Parallel()
	for name, again := range map[string]error{"token used": providers.ErrTokenUsed, "unknown": providers.ErrOutcomeUnknown} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			inBubble(t, func(w *harness) {
				w.cloud.failNext("create", providers.ErrOutcomeUnknown)
				for range 200 {
					w.cloud.failNext("create", again)
				}
				w.provision("i", body("slow", ""))
				w.pass(20 * time.Minute)
				accepted := w.deprovision("i", "slow")
				w.pass(2 * time.Minute)
				w.cloud.appear()
				if op := w.finally("i", "", accepted); op.State != osb.Succeeded {
					t.Fatalf("the deletion %s: %s", op.State, op.Description)
				}
				w.nothingLeft()
			})
		})
	}
}

// Records of greater epochs than the lease's, as after the store's own record
// was lost, go on together.
func TestDeletion_BindingsOfGreaterEpoch_AreDeleted(t *testing.T) {
	t.Parallel()
	inBubble(t, func(w *harness) {
		w.made("i", "fast")
		w.bound("i", "b")
		for _, k := range []store.Key{storeKey("i"), {InstanceID: "i", BindingID: "b"}} {
			w.change(k, func(r *store.Record) { r.Epoch += 1000 })
		}
		if op := w.finally("i", "", w.deprovision("i", "fast")); op.State != osb.Succeeded {
			t.Fatalf("the deletion %s: %s", op.State, op.Description)
		}
		w.nothingLeft()
	})
}

// A bind was decided on by an instance that had another life when it was
// stored.
func TestBind_InstanceReplaced_BelongsToTheLifeAskedFor(t *testing.T) {
	t.Parallel()
	inReplicas(t, []time.Duration{0, 0}, nil, func(r *replicas) {
		first, second := r.all[0], r.all[1]
		r.hand(0)
		first.made("i", "fast")
		var once atomic.Bool
		second.inner.onUpdate(func(k store.Key) {
			if !k.IsBinding() || !once.CompareAndSwap(false, true) {
				return
			}
			first.want("deprovision", first.deprovision("i", "fast"), 200)
			first.made("i", "fast")
		})
		accepted := second.bind("i", "b", body("fast", ""))
		if accepted.status == 201 {
			t.Fatal("bound with the plan of the life before")
		}
		if op := first.finally("i", "b", accepted); op.State != osb.Failed {
			t.Fatalf("the bind %s: %s", op.State, op.Description)
		}
		first.pass(time.Hour)
		if names := first.cloud.names(); len(names) != 1 {
			t.Errorf("the cloud has %v, want the instance alone", names)
		}
	})
}

// A binding that comes while its instance is purged goes with it.
func TestPurge_BindingComesMeanwhile_IsPurgedToo(t *testing.T) {
	t.Parallel()
	inBubble(t, func(w *harness) {
		w.made("i", "fast")
		var once atomic.Bool
		w.inner.onUpdate(func(k store.Key) {
			if k == storeKey("i") && once.CompareAndSwap(false, true) {
				w.bound("i", "b")
			}
		})
		if _, err := w.runs.Purge(t.Context(), storeKey("i"), true); err != nil {
			t.Fatal(err)
		}
		if r := w.record("i", "b"); r.Deleted.IsZero() || !r.Settled {
			t.Errorf("the binding is still worked on: %+v", r.Operation)
		}
	})
}

// A record that was unreadable in the list, and has a new life by now, stays.
func TestPurge_NewLife_IsUntouched(t *testing.T) {
	t.Parallel()
	inBubble(t, func(w *harness) {
		w.made("i", "fast")
		w.inner.damage(storeKey("i"), store.ErrCorrupt)
		w.inner.onDelete(func() { w.inner.damage(storeKey("i"), nil) }) // it has been mended
		if _, err := w.runs.Purge(t.Context(), storeKey("i"), true); err == nil {
			t.Error("it was purged")
		}
		w.want("fetch", w.fetch("i"), 200)
	})
}

// The credentials become another account's during a look at the cloud:
// resources missing in the look may exist in the account of the record.
func TestObserve_OtherAccountsCredentials_CountForNothing(t *testing.T) {
	t.Parallel()
	inBubble(t, func(w *harness) {
		others := w.othersCredentials()
		w.made("i", "fast")
		w.cloud.set(func(c *fakeCloud) {
			c.hidden = true
			c.onLook = func() { others.Store(true) }
		})
		accepted := w.deprovision("i", "fast")
		w.pass(time.Hour)
		w.inProgress("i", "", w.operation(accepted))
		w.cloud.set(func(c *fakeCloud) { c.hidden, c.onLook = false, nil })
		others.Store(false)
		if op := w.finally("i", "", accepted); op.State != osb.Succeeded {
			t.Fatalf("the deletion %s: %s", op.State, op.Description)
		}
		w.nothingLeft()
	})
}

// A binding belongs to the account of its instance from the first call on.
func TestBind_Credentials_AreOfTheInstancesAccount(t *testing.T) {
	t.Parallel()
	inBubble(t, func(w *harness) {
		others := w.othersCredentials()
		w.made("i", "fast")
		others.Store(true)
		accepted := w.bind("i", "b", body("fast", ""))
		w.pass(10 * time.Minute)
		if names := w.cloud.names(); len(names) != 1 {
			t.Errorf("the cloud has %v, want the instance alone", names)
		}
		others.Store(false)
		if op := w.finally("i", "b", accepted); op.State != osb.Succeeded {
			t.Fatalf("the bind %s: %s", op.State, op.Description)
		}
	})
}

// The process before had a clock that was hours ahead.
func TestClock_WasAhead_DelaysNoRecordForHours(t *testing.T) {
	t.Parallel()
	inReplicas(t, []time.Duration{2 * time.Hour, 0}, nil, func(r *replicas) {
		r.hand(0)
		first, second := r.all[0], r.all[1]
		first.cloud.failNext("create", providers.ErrOutcomeUnknown)
		first.made("lost", "slow")
		first.cloud.failNext("create", providers.ErrOutcomeUnknown, providers.ErrThrottled)
		first.provision("waiting", body("slow", ""))
		first.pass(500 * time.Millisecond)
		r.hand(1)
		begun := time.Now()
		for _, id := range []string{"lost", "waiting"} {
			if op := second.finally(id, "", second.deprovision(id, "slow")); op.State != osb.Succeeded {
				t.Errorf("the deletion of %s %s: %s", id, op.State, op.Description)
			}
		}
		if took := time.Since(begun); took > time.Hour { // of the bubble
			t.Errorf("the deletions took %s", took)
		}
		second.nothingLeft()
	})
}

// A padding provider keeps the parameters in its plan as well.
type padding struct{ *fakeCloud }

func (p padding) Prepare(t providers.Task) (providers.Plan, error) {
	b, err := p.fakeCloud.Prepare(t)
	if err != nil {
		return nil, err
	}
	var plan map[string]any
	if err := json.Unmarshal(b, &plan); err != nil {
		return nil, err
	}
	plan["filling"] = t.Parameters
	return json.Marshal(plan)
}

// A request that could outgrow the store during its work is refused at once,
// and every accepted request can be finished.
func TestRecord_LargestAcceptedRequest_FitsToTheEnd(t *testing.T) {
	t.Parallel()
	inBubble(t, func(w *harness) {
		w.stop()
		w.provider = padding{w.cloud}
		w.start()
		accepted, refused := 0, 0
		for n := range 10 {
			id := "i" + strings.Repeat("x", n)
			in := body("fast", `{"Token":"`+strings.Repeat("x", 32_000)+`"}`)
			in = strings.Replace(in, "{", `{"context":{"platform":"x","y":"`+strings.Repeat("z", n*6400)+`"},`, 1)
			switch got := w.provision(id, in); got.status {
			case 201:
				accepted++
				w.want("deprovision", w.deprovision(id, "fast"), 200)
			case 400:
				refused++
			default:
				t.Fatalf("%d bytes of context: answered %d %v: it is neither refused nor done", n*6400, got.status, got.err)
			}
		}
		if accepted == 0 || refused == 0 {
			t.Errorf("%d were accepted and %d refused, want some of both", accepted, refused)
		}
		w.nothingLeft()
	})
}

// The record tells of a hung provider.
func TestQuarantine_HungProvider_QuarantinesItsRecord(t *testing.T) {
	t.Parallel()
	withTripping(t, func(w *harness, p *faultyProvider) {
		come := make(chan struct{})
		p.setFault(func(method string, _ providers.Task) {
			if method == "Observe" {
				<-come
			}
		})
		accepted := w.provision("i", body("slow", ""))
		w.pass(5 * time.Minute)
		if r := w.record("i", ""); r.Operation.CauseKind != store.CauseQuarantined {
			t.Errorf("the cause is %q", r.Operation.CauseKind)
		}
		p.setFault(nil)
		close(come)
		if op := w.finally("i", "", accepted); op.State != osb.Succeeded {
			t.Fatalf("the provision %s: %s", op.State, op.Description)
		}
		if r := w.record("i", ""); r.Operation.CauseKind != "" {
			t.Errorf("the cause is still %q", r.Operation.CauseKind)
		}
	})
}

// An update that had trouble on its way and is cancelled, or late, may be sent
// again as it was.
func TestUpdate_RefusedByCloud_IsNotRepeatable(t *testing.T) {
	t.Parallel()
	inBubble(t, func(w *harness) {
		w.made("i", "slow")
		w.cloud.failNext("resize", providers.ErrThrottled)
		accepted := w.update("i", `{"service_id":"slow-id","plan_id":"slow-large"}`)
		w.pass(5 * time.Second)
		w.deprovision("i", "slow")
		got := w.state(w.poll("i", "", w.operation(accepted)))
		if got.State != osb.Failed || got.UpdateRepeatable != nil {
			t.Errorf("the update is %s, update_repeatable %v", got.State, got.UpdateRepeatable)
		}
		w.made("j", "slow")
		w.cloud.failNext("resize", providers.ErrInvalid)
		op := w.finally("j", "", w.update("j", `{"service_id":"slow-id","plan_id":"slow-large"}`))
		if op.State != osb.Failed || op.UpdateRepeatable == nil || *op.UpdateRepeatable {
			t.Errorf("a refused update is %s, update_repeatable %v", op.State, op.UpdateRepeatable)
		}
	})
}
