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

// A suspended process still believes in its lease. The late result of its call
// leaves the writes of the next holder alone.
func TestEngine_UnnoticedLostLease_WritesNothing(t *testing.T) {
	t.Parallel()
	inReplicas(t, []time.Duration{0, 0}, nil, func(r *replicas) {
		first, second := r.all[0], r.all[1]
		hang := make(chan struct{})
		first.cloud.set(func(f *fakeCloud) { f.hang = hang })
		r.hand(0)
		accepted := second.provision("i", body("slow", ""))
		second.pass(5 * time.Second) // its create is on its way

		r.unheard = true
		r.hand(1)
		second.pass(5 * time.Second)
		before := second.record("i", "")
		writes := first.inner.writes.Load()
		close(hang)
		second.pass(5 * time.Second)
		if n := second.cloud.count("create"); n != 1 {
			t.Fatalf("%d creates came, want that of the old holder", n)
		}
		if after := second.record("i", ""); after.Revision != before.Revision || first.inner.writes.Load() != writes {
			t.Errorf("the old holder wrote %d times: the record was at epoch %d with facts %v and is at epoch %d with %v",
				first.inner.writes.Load()-writes, before.Epoch, before.Facts, after.Epoch, after.Facts)
		}
		r.hear()
		second.cloud.set(func(f *fakeCloud) { f.hang = nil })
		if op := second.finally("i", "", accepted); op.State != osb.Succeeded {
			t.Errorf("ended %s: %s", op.State, op.Description)
		}
	})
}

// The record of a call under way is purged, and its id has a new life: the new
// life is unaffected by the call, and the result is undone.
func TestPurge_LateCallOfOldLife_LeavesTheNewLife(t *testing.T) {
	t.Parallel()
	ring, holder := oneKeyring()
	inBubble(t, func(w *harness) {
		h := holder(0, w)
		w.restart()
		accepted := make(chan reply, 1)
		var reborn sync.Once
		h.at = func(ctx context.Context, point, step string) {
			if point != "before" || step != "key" {
				return
			}
			reborn.Do(func() {
				if err := w.store.Delete(ctx, storeKey("i"), func(*store.Record) error { return nil }); err != nil {
					t.Errorf("purging: %v", err)
				}
				accepted <- w.provision("i", body("slow", ""))
				life := w.record("i", "").Incarnation
				w.inner.onWrite(func(r store.Record) error {
					if r.Incarnation == life && r.Facts["key"] == "key-1" {
						t.Errorf("the new life has the facts of the call of the old one: %v", r.Facts)
					}
					return nil
				})
			})
		}
		w.provision("i", body("slow", ""))
		if op := w.finally("i", "", <-accepted); op.State != osb.Succeeded {
			t.Errorf("ended %s: %s", op.State, op.Description)
		}
		if left, facts := ring.left(), w.record("i", "").Facts; ring.undos != 1 || len(left) != 1 || left[0] != facts["key"] {
			t.Errorf("keys %v, of which the record has %v, and %d were taken back", left, facts, ring.undos)
		}
	})
}

// clockDifferences between the process that begins and the next.
func clockDifferences() []time.Duration { return []time.Duration{0, time.Minute, -time.Minute} }

// A call was open when its process lost the lease: it may have its effect as
// long as it may take. Until then the next process only looks, however the
// clocks differ, and then it goes on.
func TestLease_NextHolder_OnlyObservesOpenCalls(t *testing.T) {
	t.Parallel()
	for _, deletion := range []bool{false, true} {
		for _, ahead := range clockDifferences() {
			t.Run(fmt.Sprintf("Deletion%t/%s", deletion, ahead), func(t *testing.T) {
				t.Parallel()
				spies := make([]*spy, 2)
				inReplicas(t, []time.Duration{0, ahead}, func(n int, w *harness) {
					spies[n] = &spy{Provider: w.cloud}
					w.provider = spies[n]
				}, func(r *replicas) {
					second := r.all[1]
					arrive := make(chan struct{})
					spies[0].on = func() { <-arrive } // whatever its context says
					if deletion {
						second.readyBy(r, spies[0])
						spies[0].on = func() { <-arrive }
						second.deprovision("i", "slow")
					} else {
						r.hand(0)
						second.provision("i", body("slow", ""))
					}
					second.pass(20 * time.Second) // of the 30 that a call may take
					begun := second.cloud.looked()
					r.hand(1)
					second.pass(callTimeout - time.Second)
					if spies[1].calls.Load() != 0 {
						t.Error("the next holder made a call although that of the one before may be on its way")
					}
					if second.cloud.looked() == begun {
						t.Error("the next holder did not even look")
					}
					if got := second.record("i", ""); got.Epoch == 0 || isOver(&got) {
						t.Errorf("meanwhile the operation is at %+v of epoch %d", got.Operation, got.Epoch)
					}
					second.pass(20 * time.Second)
					if spies[1].calls.Load() == 0 {
						t.Error("the next holder did not go on")
					}
					close(arrive)
					second.pass(time.Minute)
				})
			})
		}
	}
}

// The create of the former holder may still be under way: a deletion that finds
// an empty cloud waits, and removes the late resource.
func TestDeletion_OpenCallOfFormerHolder_IsWaitedFor(t *testing.T) {
	t.Parallel()
	for _, ahead := range clockDifferences() {
		t.Run(ahead.String(), func(t *testing.T) {
			t.Parallel()
			first := &spy{}
			inReplicas(t, []time.Duration{0, ahead}, func(n int, w *harness) {
				if n == 0 {
					first.Provider = w.cloud
					w.provider = first
				}
			}, func(r *replicas) {
				second := r.all[1]
				arrive := make(chan struct{})
				first.on = func() { <-arrive } // whatever its context says
				r.hand(0)
				second.provision("i", body("slow", ""))
				second.pass(time.Second)
				r.hand(1)
				deleted := second.deprovision("i", "slow")
				second.pass(callTimeout - 5*time.Second)
				close(arrive)
				if op := second.finally("i", "", deleted); op.State != osb.Succeeded {
					t.Errorf("ended %s: %s", op.State, op.Description)
				}
				second.pass(time.Hour)
				if second.cloud.count("create") != 1 {
					t.Error("the create did not come")
				}
				second.nothingLeft()
			})
		})
	}
}

// isOver says that the record's operation has ended.
func isOver(r *store.Record) bool { return r.Operation.State.Finished() }

// readyBy makes the instance, in the first process, and lets that one keep the
// lease.
func (w *harness) readyBy(r *replicas, first *spy) {
	w.t.Helper()
	first.on = nil
	r.hand(0)
	if op := w.finally("i", "", w.provision("i", body("slow", ""))); op.State != osb.Succeeded {
		w.t.Fatalf("provision ended %s: %s", op.State, op.Description)
	}
}

// A spy counts the calls that one process makes, and may keep them.
type spy struct {
	providers.Provider

	calls atomic.Int64
	on    func() // before each call; may be nil
}

func (s *spy) Do(ctx context.Context, t providers.Task, step providers.Step) (providers.Facts, error) {
	s.calls.Add(1)
	if s.on != nil {
		s.on()
	}
	return s.Provider.Do(ctx, t, step)
}

// looked is how often the cloud was looked at.
func (f *fakeCloud) looked() int {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.looks
}

// A process with another clock made a create whose effect is invisible. The
// deletion by the next process waits for the whole settle time, and removes a
// resource that appears in its last half minute.
func TestSettleTime_ClockOfOtherReplica_IsNotShortened(t *testing.T) {
	t.Parallel()
	for name, lose := range map[string]func(f *fakeCloud){
		"Lost":   func(f *fakeCloud) { f.fail["create"] = []fakeFail{{err: providers.ErrOutcomeUnknown}} },
		"Hidden": func(f *fakeCloud) { f.hidden = true },
	} {
		for _, ahead := range clockDifferences() {
			t.Run(fmt.Sprintf("%s/%s", name, ahead), func(t *testing.T) {
				t.Parallel()
				inReplicas(t, []time.Duration{0, ahead}, nil, func(r *replicas) {
					first, second := r.all[0], r.all[1]
					second.cloud.set(lose)
					var lost sync.Once
					deletions := make(chan reply, 1)
					first.inner.onWrite(func(saved store.Record) error {
						if len(saved.Unsettled) > 0 || !saved.Unseen.IsZero() {
							lost.Do(func() {
								deletions <- second.deprovision("i", "slow")
								r.hand(1)
							})
						}
						return nil
					})
					r.hand(0)
					second.provision("i", body("slow", ""))
					second.pass(settleTime - 30*time.Second)
					second.cloud.set(func(f *fakeCloud) { f.hidden = false })
					if name == "Lost" {
						second.cloud.appear()
					}
					if n := len(second.cloud.names()); n != 1 {
						t.Fatalf("%d things appeared", n)
					}
					if op := second.finally("i", "", <-deletions); op.State != osb.Succeeded {
						t.Errorf("ended %s: %s", op.State, op.Description)
					}
					second.pass(time.Hour)
					second.nothingLeft()
				})
			})
		}
	}
}
