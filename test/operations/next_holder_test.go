package operations_test

import (
	"context"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/osb"
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/providers"
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/store"
)

// pointsOfLoss are where in the making of a key a process may lose the lease.
// Each returns how it is arranged: lose is to be called there.
func pointsOfLoss() map[string]func(w *harness, h *keyholder, lose func()) {
	at := func(point, step string) func(*harness, *keyholder, func()) {
		return func(_ *harness, h *keyholder, lose func()) {
			h.at = func(_ context.Context, p, s string) {
				if p == point && s == step {
					lose()
				}
			}
		}
	}
	return map[string]func(w *harness, h *keyholder, lose func()){
		"InALook":              at("look", ""),
		"BeforeTheEffect":      at("before", "key"),
		"AfterTheEffect":       at("after", "key"),
		"BeforeItIsDeleted":    at("before", "delete"),
		"AfterItIsDeleted":     at("after", "delete"),
		"BetweenIntentAndCall": onWriteWith(true, nil),
		"AfterTheRecord":       onWriteWith(false, nil),
		"WhileItIsRecorded":    onWriteWith(false, context.Canceled),
		"LongBeforeTheEffect": func(w *harness, h *keyholder, lose func()) {
			h.at = func(_ context.Context, p, s string) {
				if p == "before" && s == "key" {
					lose()
					w.pass(10 * time.Minute) // stopped, say
				}
			}
		},
	}
}

// onWriteWith loses the lease after a write of the record with, or without, an
// open call; fails is the answer of the write.
func onWriteWith(call bool, fails error) func(*harness, *keyholder, func()) {
	return func(w *harness, _ *keyholder, lose func()) {
		var lost atomic.Bool
		w.inner.onWrite(func(r store.Record) error {
			if (r.Call != nil) != call || !call && r.Facts["key"] == "" || !lost.CompareAndSwap(false, true) {
				return nil
			}
			lose()
			return fails
		})
	}
}

// A process that has lost the lease stops writing and calling, the next one
// goes on, and each resource is created once, however their clocks differ.
func TestEngine_LostLease_LeavesWorkToTheNext(t *testing.T) {
	t.Parallel()
	for name, arrange := range pointsOfLoss() {
		for _, ahead := range []time.Duration{0, time.Minute, -time.Minute} {
			t.Run(fmt.Sprintf("%s/%s", name, ahead), func(t *testing.T) {
				t.Parallel()
				ring, holder := oneKeyring()
				var holders []*keyholder
				inReplicas(t, []time.Duration{0, ahead}, func(n int, w *harness) {
					holders = append(holders, holder(n, w))
				}, func(r *replicas) {
					first, second := r.all[0], r.all[1]
					var lost sync.Once
					var writes int64
					late := atomic.Bool{}
					arrange(first, holders[0], func() {
						lost.Do(func() {
							r.hand(1)
							writes = first.inner.writes.Load()
							late.Store(true)
						})
					})
					was := holders[0].at
					holders[0].at = func(ctx context.Context, point, step string) {
						if late.Load() && point != "after" {
							t.Errorf("the process that has lost the lease was asked: %s %s", point, step)
						}
						was(ctx, point, step)
					}
					r.hand(0)
					accepted := second.provision("i", body("fast", ""))
					if op := second.finally("i", "", accepted); op.State != osb.Succeeded {
						t.Errorf("ended %s: %s", op.State, op.Description)
					}
					second.pass(time.Hour)
					kept, err := second.store.Get(t.Context(), storeKey("i"))
					if err != nil {
						t.Fatal(err)
					}
					if left := ring.left(); len(left) != 1 || left[0] != kept.Facts["key"] {
						t.Errorf("keys %v, and the record has %s, want one", left, kept.Facts["key"])
					}
					if op := second.finally("i", "", second.deprovision("i", "fast")); op.State != osb.Succeeded {
						t.Errorf("the deletion ended %s: %s", op.State, op.Description)
					}
					second.pass(time.Hour)
					if left := ring.left(); len(left) != 0 {
						t.Errorf("left: %v", left)
					}
					if !late.Load() {
						t.Error("the lease was never lost")
					}
					if n := first.inner.writes.Load() - writes; n != 0 {
						t.Errorf("the process that has lost the lease wrote %d times", n)
					}
				})
			})
		}
	}
}

// A call that ignores its context and has its effect when the next process is
// long done is taken back, exactly.
func TestResult_Unrecorded_IsUndone(t *testing.T) {
	t.Parallel()
	ring, holder := oneKeyring()
	var holders []*keyholder
	inReplicas(t, []time.Duration{0, 0}, func(n int, w *harness) { holders = append(holders, holder(n, w)) }, func(r *replicas) {
		come := make(chan struct{})
		stubborn := &stubborn{keyholder: holders[0], come: come}
		r.all[0].stop()
		r.all[0].provider = stubborn
		r.all[0].serve(r.all[0].store, func(context.Context) {})
		r.hand(0)
		accepted := r.all[0].provision("i", body("fast", ""))
		r.all[0].pass(time.Minute) // given up
		r.hand(1)
		if op := r.all[1].finally("i", "", accepted); op.State != osb.Succeeded {
			t.Errorf("ended %s: %s", op.State, op.Description)
		}
		before := ring.left()
		close(come)
		r.all[0].pass(time.Minute)
		if after := ring.left(); len(after) != 1 || len(before) != 1 || after[0] != before[0] || ring.undos != 1 || ring.made != 2 {
			t.Errorf("keys %v, before %v, of %d made, %d were taken back; want the one of before", after, before, ring.made, ring.undos)
		}
	})
}

// A stubborn keyholder comes when it is let, whatever its context says.
type stubborn struct {
	*keyholder

	come chan struct{}
}

func (s *stubborn) Do(_ context.Context, t providers.Task, step providers.Step) (providers.Facts, error) {
	<-s.come
	return s.ring.effect(t, step.Name), nil
}

// Records that were restored from a backup may have greater epochs than any
// lease of now. They are left alone for a while, in case the lease is lost, and
// go on then.
func TestEpoch_GreaterInRestoredRecords_GoOnSlowly(t *testing.T) {
	inBubble(t, func(w *harness) {
		accepted := w.provision("i", body("slow", ""))
		w.pass(5 * time.Second)
		w.change(storeKey("i"), func(r *store.Record) {
			r.Epoch += 1000
			r.Call = &store.Call{Step: "finish", Epoch: r.Epoch, Timeout: 30_000, Until: time.Now().Add(30 * time.Second)}
		})
		before, looks := w.inner.asked(), 0
		w.cloud.set(func(f *fakeCloud) { looks = f.looks })
		w.pass(time.Minute)
		if n := w.inner.asked() - before; n > 10 {
			t.Errorf("the store was asked %d times in a minute", n)
		}
		w.cloud.set(func(f *fakeCloud) {
			if f.looks > looks+1 {
				t.Errorf("%d looks in a minute", f.looks-looks)
			}
		})
		if op := w.finally("i", "", accepted); op.State != osb.Succeeded {
			t.Errorf("ended %s: %s", op.State, op.Description)
		}
		w.finally("i", "", w.deprovision("i", "slow"))
		w.nothingLeft()
	})
}
