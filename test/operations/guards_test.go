package operations_test

import (
	"context"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/osb"
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/providers"
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/store"
)

// othersCredentials restarts the broker; while its result is true, the
// credentials belong to another account.
func (w *harness) othersCredentials() *atomic.Bool {
	w.t.Helper()
	others := new(atomic.Bool)
	w.config = func(c *settings) {
		ours := c.Engine.Owner
		c.Engine.Owner = func(ctx context.Context, provider string, t providers.Task) (string, error) {
			if others.Load() {
				return "6543210987654321", nil
			}
			return ours(ctx, provider, t)
		}
	}
	w.restart()
	return others
}

// Under the credentials of another account existing resources are invisible.
// The broker neither takes them for gone nor creates them again: it waits for
// the credentials of its own account.
func TestAccount_Other_IsLeftAlone(t *testing.T) {
	t.Parallel()
	for name, send := range map[string]func(w *harness) reply{
		"Deprovision": func(w *harness) reply { return w.deprovision("i", "slow") },
		"Update":      func(w *harness) reply { return w.update("i", largePlan) },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			inBubble(t, func(w *harness) {
				others := w.othersCredentials()
				w.readyInstance("i")
				others.Store(true)
				w.cloud.set(func(f *fakeCloud) { f.hidden, f.calls = true, nil })
				accepted := send(w)
				w.pass(10 * time.Minute)
				if op := w.state(w.poll("i", "", w.operation(accepted))); op.State != osb.InProgress {
					t.Errorf("with the credentials of others it ended %s: %s", op.State, op.Description)
				}
				w.cloud.set(func(f *fakeCloud) {
					if len(f.calls) != 0 {
						t.Errorf("with the credentials of others the calls %v were made", f.calls)
					}
					f.hidden = false
				})
				others.Store(false)
				if op := w.finally("i", "", accepted); op.State != osb.Succeeded {
					t.Errorf("with our credentials it ended %s: %s", op.State, op.Description)
				}
			})
		})
	}
}

// A bind has read its instance as one that is ready, and is stored when that
// one's deletion is as good as done: the binding goes first all the same.
func TestDeletion_LateBinding_GoesBeforeItsInstance(t *testing.T) {
	t.Parallel()
	inBubble(t, func(w *harness) {
		w.readyInstance("i")
		binding := store.Key{InstanceID: "i", BindingID: "b"}
		read, let, stored := make(chan struct{}), make(chan struct{}), make(chan struct{})
		var late, seen sync.Once
		w.inner.onUpdate(func(k store.Key) {
			if k == binding {
				late.Do(func() { close(read); <-let })
			}
		})
		w.inner.onWrite(func(r store.Record) error {
			switch {
			case r.Key == binding:
				seen.Do(func() { close(stored) })
			case r.Key == storeKey("i") && !r.Deleted.IsZero():
				if b := w.record("i", "b"); !b.Settled || b.Goal == store.Present {
					t.Errorf("the instance is gone and its binding is to be %s, settled %t", b.Goal, b.Settled)
				}
			}
			return nil
		})
		var bind sync.WaitGroup
		bind.Go(func() { w.bind("i", "b", body("slow", "")) })
		<-read
		w.cloud.set(func(f *fakeCloud) {
			f.onLook = func() {
				if len(f.names()) == 0 { // it is deleted, and that is about to be seen
					select {
					case <-let:
					default:
						close(let)
						<-stored
					}
				}
			}
		})
		deleted := w.deprovision("i", "slow")
		if op := w.finally("i", "", deleted); op.State != osb.Succeeded {
			t.Errorf("the deletion ended %s: %s", op.State, op.Description)
		}
		bind.Wait()
		select {
		case <-stored:
		default:
			t.Error("the binding was never stored")
		}
		w.want("poll of the binding", w.poll("i", "b", ""), 410)
		w.pass(time.Hour)
		w.nothingLeft()
	})
}

// Between the list of tombstones and the deletion of one, its id begins a new
// life. That life stays; if it is deleted meanwhile, its tombstone has a time
// of its own.
func TestTombstone_PurgedAfterNewLife_KeepsTheNewLife(t *testing.T) {
	t.Parallel()
	for name, want := range map[string]struct {
		again func(w *harness)
		poll  int
	}{
		"ALife": {func(w *harness) { w.want("provision", w.provision("i", body("fast", "")), 201) }, 200},
		"AYoungerTombstone": {func(w *harness) {
			w.want("provision", w.provision("i", body("fast", "")), 201)
			w.want("deprovision", w.deprovision("i", "fast"), 200)
		}, 410},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			inBubble(t, func(w *harness) {
				w.config = func(c *settings) { c.Engine.Tombstones = 16 * time.Hour }
				w.restart()
				w.made("i", "fast")
				w.want("deprovision", w.deprovision("i", "fast"), 200)
				var reborn sync.Once
				done := make(chan struct{})
				w.inner.onDelete(func() { reborn.Do(func() { want.again(w); close(done) }) })
				<-done
				w.pass(2 * time.Hour)
				w.want("poll", w.poll("i", "", ""), want.poll)
			})
		})
	}
}
