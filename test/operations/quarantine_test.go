package operations_test

import (
	"context"
	"errors"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/osb"
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/providers"
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/store"
)

// A faultyProvider provider is the fake cloud that stumbles over some records.
type faultyProvider struct {
	*fakeCloud

	mu    sync.Mutex
	fault func(method string, t providers.Task) // may panic or wait; nil is the healthy provider
	calls map[string]int                        // how often it was asked for anything, by instance and binding
}

func (p *faultyProvider) interrupt(method string, t providers.Task) {
	p.mu.Lock()
	over := p.fault
	if p.calls == nil {
		p.calls = map[string]int{}
	}
	p.calls[t.InstanceID+t.BindingID]++
	p.mu.Unlock()
	if over != nil {
		over(method, t)
	}
}

func (p *faultyProvider) setFault(over func(method string, t providers.Task)) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.fault = over
}

func (p *faultyProvider) asked(id string) int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.calls[id]
}

func (p *faultyProvider) Prepare(t providers.Task) (providers.Plan, error) {
	p.interrupt("Prepare", t)
	return p.fakeCloud.Prepare(t)
}

func (p *faultyProvider) Observe(ctx context.Context, t providers.Task) (providers.Seen, error) {
	p.interrupt("Observe", t)
	return p.fakeCloud.Observe(ctx, t)
}

func (p *faultyProvider) Next(t providers.Task, seen providers.Seen) providers.Step {
	p.interrupt("Next", t)
	return p.fakeCloud.Next(t, seen)
}

func (p *faultyProvider) Do(ctx context.Context, t providers.Task, s providers.Step) (providers.Facts, error) {
	p.interrupt("Do", t)
	return p.fakeCloud.Do(ctx, t, s)
}

// withTripping runs a test with a provider that can be made to stumble.
func withTripping(t *testing.T, test func(w *harness, p *faultyProvider)) {
	t.Helper()
	inBubble(t, func(w *harness) {
		p := &faultyProvider{fakeCloud: w.cloud}
		w.provider = p
		w.restart()
		test(w, p)
	})
}

// A breakage is a way to break one record.
type breakage struct {
	apply func(w *harness, p *faultyProvider, k store.Key)
	undo  func(w *harness, p *faultyProvider, k store.Key)
}

func breakages() map[string]breakage {
	panics := func(in string) breakage {
		return breakage{
			func(_ *harness, p *faultyProvider, k store.Key) {
				p.setFault(func(method string, t providers.Task) {
					if method == in && t.InstanceID == k.InstanceID && t.BindingID == k.BindingID {
						panic("over " + k.String())
					}
				})
			},
			func(_ *harness, p *faultyProvider, _ store.Key) { p.setFault(nil) },
		}
	}
	damaged := func(err error) breakage {
		return breakage{
			func(w *harness, _ *faultyProvider, k store.Key) { w.inner.damage(k, err) },
			func(w *harness, _ *faultyProvider, k store.Key) { w.inner.damage(k, nil) },
		}
	}
	provider := func(name string) func(w *harness, p *faultyProvider, k store.Key) {
		return func(w *harness, _ *faultyProvider, k store.Key) {
			w.change(k, func(r *store.Record) { r.Provider = name })
		}
	}
	return map[string]breakage{
		"PanicInObserve":    panics("Observe"),
		"PanicInNext":       panics("Next"),
		"PanicInDo":         panics("Do"),
		"DoesNotDecode":     damaged(store.ErrCorrupt),
		"IsOfANewerVersion": damaged(store.ErrNewer),
		"SecretsDoNotOpen": {
			func(w *harness, _ *faultyProvider, k store.Key) { w.inner.seal(k, true) },
			func(w *harness, _ *faultyProvider, k store.Key) { w.inner.seal(k, false) },
		},
		"ProviderIsGone": {provider("gone"), provider("fake")},
	}
}

// change changes a stored record past the broker.
func (w *harness) change(k store.Key, change func(*store.Record)) {
	w.t.Helper()
	if _, err := w.store.Update(w.t.Context(), k, func(r *store.Record) error { change(r); return nil }); err != nil {
		w.t.Fatal(err)
	}
}

// wantQuarantined checks how many records are quarantined.
func (w *harness) wantQuarantined(want float64) {
	w.t.Helper()
	if got := w.figures("quarantined_records")[""]; got != want {
		w.t.Errorf("%v records are quarantined, want %v", got, want)
	}
}

// quiet checks that the store, and the provider for the record, get no calls
// for some time, apart from the look for tombstones.
func (w *harness) quiet(p *faultyProvider, id string) {
	w.t.Helper()
	w.pass(time.Second)
	before, asked := w.inner.asked(), p.asked(id)
	w.pass(10 * time.Minute)
	if n := w.inner.asked() - before; n > 2 {
		w.t.Errorf("the store was asked %d times in ten minutes for a quarantined record", n)
	}
	if n := p.asked(id) - asked; n != 0 {
		w.t.Errorf("the provider was asked %d times in ten minutes for a quarantined record", n)
	}
}

// inProgress polls a quarantined record: the text is always the same.
func (w *harness) inProgress(id, binding, operation string) {
	w.t.Helper()
	first := w.poll(id, binding, operation)
	op := w.state(first)
	if first.status != 200 || op.State != osb.InProgress || op.Description == "" {
		w.t.Errorf("the poll of a quarantined record answered %d %+v, want 200 and in progress with a sentence", first.status, op)
	}
	w.pass(time.Minute)
	if again := w.state(w.poll(id, binding, operation)); again.State != op.State || again.Description != op.Description {
		w.t.Errorf("a later poll answered %+v, before %+v", again, op)
	}
}

func TestQuarantine_BrokenInstance_OthersGoOn(t *testing.T) {
	t.Parallel()
	for name, broken := range breakages() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			withTripping(t, func(w *harness, p *faultyProvider) {
				accepted := w.provision("bad", body("slow", ""))
				w.pass(5 * time.Second) // it is starting
				bad := store.Key{InstanceID: "bad"}
				broken.apply(w, p, bad)
				w.pass(2 * time.Minute)
				w.wantQuarantined(1)
				w.quiet(p, "bad")
				w.inProgress("bad", "", w.operation(accepted))
				w.made("good", "fast")
				w.restart() // the start succeeds in spite of it
				w.made("another", "slow")
				w.pass(2 * time.Minute)
				w.wantQuarantined(1)
				w.quiet(p, "bad")

				broken.undo(w, p, bad)
				if _, err := w.runs.Retry(t.Context(), "bad"); err != nil {
					t.Fatal(err)
				}
				if op := w.finally("bad", "", accepted); op.State != osb.Succeeded {
					t.Errorf("once cured it ended %s: %s", op.State, op.Description)
				}
				w.wantQuarantined(0)
				w.finally("bad", "", w.deprovision("bad", "slow"))
				w.finally("another", "", w.deprovision("another", "slow"))
				w.finally("good", "", w.deprovision("good", "fast"))
				w.nothingLeft()
			})
		})
	}
}

func TestQuarantine_BrokenBinding_SiblingsGoOn(t *testing.T) {
	t.Parallel()
	for name, broken := range breakages() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			withTripping(t, func(w *harness, p *faultyProvider) {
				w.made("i", "fast")
				w.bound("i", "good")
				w.bound("i", "bad")
				bad := store.Key{InstanceID: "i", BindingID: "bad"}
				broken.apply(w, p, bad)
				w.bound("i", "more")
				w.unbind("i", "bad", "fast") // it may be refused: the record may be beyond reading
				w.pass(5 * time.Minute)
				w.want("another unbind", w.unbind("i", "more", "fast"), 200)

				deleted := w.deprovision("i", "fast")
				w.pass(5 * time.Minute)
				w.wantQuarantined(1)
				w.quiet(p, "ibad")
				w.inProgress("i", "bad", "")
				if op := w.state(w.poll("i", "", w.operation(deleted))); op.State != osb.InProgress {
					t.Errorf("the deletion of its instance is %s", op.State)
				}
				if names := w.cloud.names(); len(names) != 2 {
					t.Errorf("in the cloud: %v, want the instance and the broken binding alone", names)
				}
				w.want("unbind of what went along", w.unbind("i", "good", "fast"), 410)

				broken.undo(w, p, bad)
				if _, err := w.runs.Retry(t.Context(), "i"); err != nil {
					t.Fatal(err)
				}
				if op := w.finally("i", "", deleted); op.State != osb.Succeeded {
					t.Errorf("once cured the deletion ended %s: %s", op.State, op.Description)
				}
				w.wantQuarantined(0)
				w.nothingLeft()
			})
		})
	}
}

func TestQuarantine_NewRequest_TriesAgain(t *testing.T) {
	withTripping(t, func(w *harness, p *faultyProvider) {
		k := store.Key{InstanceID: "bad"}
		panics := breakages()["PanicInObserve"]
		accepted := w.provision("bad", body("slow", ""))
		w.pass(5 * time.Second) // it is starting
		panics.apply(w, p, k)
		before := p.asked("bad")
		w.pass(time.Minute)
		w.wantQuarantined(1)
		deleted := w.deprovision("bad", "slow")
		w.pass(time.Minute)
		w.wantQuarantined(1)
		if n := p.asked("bad") - before; n != 3+3 {
			t.Errorf("the provider was asked %d times, want 3 times for each operation", n)
		}
		panics.undo(w, p, k)
		if op := w.finally("bad", "", accepted); op.State != osb.Failed {
			t.Errorf("the cancelled create is %s", op.State)
		}
		again := w.deprovision("bad", "slow")
		if w.operation(again) != w.operation(deleted) {
			t.Errorf("a second DELETE got another operation")
		}
		w.restart() // which tries all again
		w.finally("bad", "", deleted)
		w.wantQuarantined(0)
		w.nothingLeft()
	})
}

func TestPrepare_Panic_RefusesItsRequestOnly(t *testing.T) {
	withTripping(t, func(w *harness, p *faultyProvider) {
		k := store.Key{InstanceID: "bad"}
		p.setFault(func(method string, t providers.Task) {
			if method == "Prepare" && t.InstanceID == k.InstanceID {
				panic("over " + k.String())
			}
		})
		w.want("provision", w.provision("bad", body("fast", "")), 503)
		w.want("its poll", w.poll("bad", "", ""), 404)
		w.made("good", "fast")
		p.setFault(nil)
		w.want("provision when it is mended", w.provision("bad", body("fast", "")), 201)
	})
}

// A write that the store refuses for one binding delays that binding only.
func TestQuarantine_FailingWrites_DelayTheirRecordOnly(t *testing.T) {
	inBubble(t, func(w *harness) {
		w.made("i", "fast")
		var failed atomic.Int64
		w.inner.onWrite(func(r store.Record) error {
			if r.BindingID == "a" && r.Call != nil {
				failed.Add(1)
				return errors.New("the answer was lost")
			}
			return nil
		})
		w.want("bind a", w.bind("i", "a", body("fast", "")), 202)
		w.bound("i", "b")
		w.pass(20 * time.Minute)
		if failed.Load() > 60 {
			t.Errorf("%d tries in 20 minutes", failed.Load())
		}
		w.inner.onWrite(nil)
		w.pass(time.Minute)
		w.want("bind a again", w.bind("i", "a", body("fast", "")), 200)
		if names := w.cloud.names(); len(slices.Compact(names)) != 3 {
			t.Errorf("in the cloud: %v, want the instance and two bindings", names)
		}
	})
}
