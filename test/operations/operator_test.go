package operations_test

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/broker"
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/catalog"
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/engine"
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/osb"
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/providers"
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/store"
)

// record reads a record.
func (w *harness) record(id, binding string) store.Record {
	w.t.Helper()
	r, err := w.store.Get(w.t.Context(), store.Key{InstanceID: id, BindingID: binding})
	if err != nil {
		w.t.Fatal(err)
	}
	return r
}

// replica is another broker on the same store, or a store around it, as a
// replica that serves requests only.
func (w *harness) replica(st store.Store) *engine.Engine {
	w.t.Helper()
	c, err := catalog.Load(catalog.Embedded("plans.yaml", []byte(w.plans)))
	if err != nil {
		w.t.Fatal(err)
	}
	parts := settings{Config: broker.Config{Catalog: inForce(w.t, c), Region: "cn-hangzhou"}, Store: st}
	parts.everywhere("test", nil, map[string]providers.Provider{"fake": w.cloud})
	_, engine, err := parts.build()
	if err != nil {
		w.t.Fatal(err)
	}
	return engine
}

func TestRetry_QuarantinedRecord_IsTriedByAnyReplica(t *testing.T) {
	for _, where := range []string{"the one that runs it", "another one"} {
		t.Run(where, func(t *testing.T) {
			inBubble(t, func(w *harness) {
				ctx, end := context.WithCancel(w.t.Context())
				defer end()
				go func() { _ = w.runs.Listen(ctx) }()
				w.cloud.set(func(f *fakeCloud) { f.panicky = true })
				accepted := w.provision("i", body("slow", ""))
				w.pass(10 * time.Minute)
				if r := w.record("i", ""); r.Operation.CauseKind != "set aside" {
					t.Fatalf("the operation after ten minutes of panics: %+v", r.Operation)
				}
				w.cloud.set(func(f *fakeCloud) { f.panicky = false })
				w.pass(10 * time.Minute)
				if got := w.poll("i", "", w.operation(accepted)); w.state(got).State != osb.InProgress {
					t.Fatal("it went on before anybody asked")
				}
				engine := w.runs
				if where != "the one that runs it" {
					engine = w.replica(w.store)
				}
				keys, err := engine.Retry(w.t.Context(), "i")
				if err != nil || !slices.Equal(keys, []store.Key{storeKey("i")}) {
					t.Fatalf("Retry = %v, %v", keys, err)
				}
				if op := w.finally("i", "", accepted); op.State != osb.Succeeded {
					t.Errorf("it ended as %+v", op)
				}
				if r := w.record("i", ""); r.Operation.CauseKind == "set aside" {
					t.Error("it still counts as quarantined")
				}
			})
		})
	}
}

func TestRetry_WaitingRecord_IsTriedAtOnce(t *testing.T) {
	inBubble(t, func(w *harness) {
		w.made("i", "fast")
		denied := make([]error, 20)
		for i := range denied {
			denied[i] = providers.ErrDenied
		}
		w.cloud.failNext("create", denied...)
		w.bind("i", "b", body("fast", ""))
		for w.record("i", "b").Operation.NextTry.Before(time.Now().Add(10 * time.Second)) {
			w.pass(time.Second)
		}
		w.cloud.set(func(f *fakeCloud) { clear(f.fail) })
		keys, err := w.runs.Retry(w.t.Context(), "i")
		if err != nil || !slices.Equal(keys, []store.Key{{InstanceID: "i", BindingID: "b"}}) {
			t.Fatalf("Retry = %v, %v", keys, err)
		}
		w.pass(5 * time.Second) // the next try would have been later
		if r := w.record("i", "b"); r.Operation.State != store.Succeeded {
			t.Errorf("the bind: %+v", r.Operation)
		}
		if _, err := w.runs.Retry(w.t.Context(), "i"); !errors.Is(err, engine.ErrNothingToDo) {
			t.Errorf("Retry of what is done = %v", err)
		}
		if _, err := w.runs.Retry(w.t.Context(), "x"); !errors.Is(err, store.ErrNotFound) {
			t.Errorf("Retry of what is not there = %v", err)
		}
	})
}

func TestPurge_UndeletableInstance_DropsItsRecords(t *testing.T) {
	inBubble(t, func(w *harness) {
		w.made("i", "fast")
		w.bound("i", "b")
		left := w.cloud.names()
		w.cloud.set(func(f *fakeCloud) { f.stuck = true })
		w.deprovision("i", "fast")
		w.pass(time.Hour)
		was := w.record("i", "")
		purged, err := w.runs.Purge(w.t.Context(), storeKey("i"), false)
		if err != nil || len(purged) != 2 || purged[1].Facts["name"] != was.Facts["name"] || was.Facts["name"] == "" {
			t.Fatalf("Purge = %v, %v", purged, err)
		}
		if got := w.cloud.names(); !slices.Equal(got, left) {
			t.Errorf("in the cloud are %v, want all that was: %v", got, left)
		}
		calls := w.cloud.count("delete")
		w.pass(24 * time.Hour)
		if w.cloud.count("delete") != calls {
			t.Error("it goes on deleting what was let go of")
		}
		w.want("another DELETE", w.deprovision("i", "fast"), 410)
		w.want("a fetch of the binding", w.fetchBinding("i", "b"), 404)
		r := w.record("i", "")
		if r.Deleted.IsZero() || !r.Settled || !maps.Equal(r.Facts, was.Facts) || !r.Secrets.IsZero() || !r.Want.Prepared.IsZero() {
			t.Errorf("the record: %+v", r)
		}
		if !slices.ContainsFunc(r.History.Events(), func(e store.Event) bool { return e.Outcome == "purged" }) {
			t.Errorf("the history does not tell of it: %v", r.History.Events())
		}
		if _, err := w.runs.Purge(w.t.Context(), storeKey("i"), false); !errors.Is(err, engine.ErrNothingToDo) {
			t.Errorf("Purge again = %v", err)
		}
		w.cloud.set(func(f *fakeCloud) { f.stuck = false })
		w.made("i", "fast")
		if next := w.record("i", ""); next.Incarnation == was.Incarnation || next.Facts["name"] == was.Facts["name"] {
			t.Error("the next life of the id took over what was let go of")
		}
	})
}

func TestPurge_LiveInstance_RequiresForce(t *testing.T) {
	inBubble(t, func(w *harness) {
		w.made("i", "fast")
		w.bound("i", "b")
		w.bound("i", "c")
		for _, k := range []store.Key{storeKey("i"), {InstanceID: "i", BindingID: "b"}} {
			if _, err := w.runs.Purge(w.t.Context(), k, false); !errors.Is(err, engine.ErrNotDeleted) {
				t.Errorf("Purge of %s = %v", k, err)
			}
		}
		if _, err := w.runs.Purge(w.t.Context(), store.Key{InstanceID: "i", BindingID: "x"}, true); !errors.Is(err, store.ErrNotFound) {
			t.Errorf("Purge of a binding that is not there = %v", err)
		}
		if _, err := w.runs.Purge(w.t.Context(), store.Key{InstanceID: "i", BindingID: "b"}, true); err != nil {
			t.Fatal(err)
		}
		w.want("a fetch of the binding", w.fetchBinding("i", "b"), 404)
		w.want("a fetch of the other one", w.fetchBinding("i", "c"), 200)
		w.want("a fetch of the instance", w.fetch("i"), 200)
		if purged, err := w.runs.Purge(w.t.Context(), storeKey("i"), true); err != nil || len(purged) != 2 {
			t.Errorf("Purge = %d records, %v", len(purged), err)
		}
		w.want("a fetch", w.fetch("i"), 404)
	})
}

func TestPurge_DuringProvision_EndsIt(t *testing.T) {
	inBubble(t, func(w *harness) {
		release := make(chan struct{})
		w.cloud.set(func(f *fakeCloud) { f.hang = release })
		accepted := w.provision("i", body("slow", ""))
		w.pass(time.Second) // the call is on its way
		if _, err := w.runs.Purge(w.t.Context(), storeKey("i"), true); err != nil {
			t.Fatal(err)
		}
		close(release)
		w.pass(time.Hour)
		if op := w.state(w.poll("i", "", w.operation(accepted))); op.State != osb.Failed {
			t.Errorf("the provision: %+v", op)
		}
		r := w.record("i", "")
		if r.Deleted.IsZero() || !r.Settled || !r.Secrets.IsZero() || r.Facts["name"] == "" {
			t.Errorf("the call that was on its way made of the record: %+v", r)
		}
		if w.cloud.count("finish") != 0 {
			t.Error("it went on")
		}
	})
}

func TestPurge_DuringPass_StopsItsCalls(t *testing.T) {
	inBubble(t, func(w *harness) {
		w.made("i", "fast")
		w.cloud.set(func(f *fakeCloud) {
			f.onLook = func() {
				_, err := w.runs.Purge(w.t.Context(), storeKey("i"), false)
				if err != nil && !errors.Is(err, engine.ErrNothingToDo) {
					t.Error(err)
				}
			}
		})
		w.deprovision("i", "fast")
		w.pass(time.Hour)
		if r := w.record("i", ""); w.cloud.count("delete") != 0 || r.Call != nil || len(r.Frozen) != 0 || r.Deleted.IsZero() {
			t.Errorf("%d deletes, the record: %+v", w.cloud.count("delete"), r)
		}
	})
}

// A tornStore has an unreadable record.
type tornStore struct {
	store.Store

	torn store.Key
	err  error
}

func (s tornStore) fail(k store.Key) error {
	if k == s.torn {
		return &store.RecordError{Key: k, Err: s.err}
	}
	return nil
}

func (s tornStore) Get(ctx context.Context, k store.Key) (store.Record, error) {
	if err := s.fail(k); err != nil {
		return store.Record{}, err
	}
	return s.Store.Get(ctx, k)
}

func (s tornStore) Update(ctx context.Context, k store.Key, change func(*store.Record) error) (store.Record, error) {
	if err := s.fail(k); err != nil {
		return store.Record{}, err
	}
	return s.Store.Update(ctx, k, change)
}

func (s tornStore) Delete(ctx context.Context, k store.Key, check func(*store.Record) error) error {
	if err := s.fail(k); check != nil && err != nil {
		return err
	}
	return s.Store.Delete(ctx, k, check)
}

func (s tornStore) Bindings(ctx context.Context, id string) ([]store.Item, error) {
	items, err := s.Store.Bindings(ctx, id)
	for i, item := range items {
		if torn := s.fail(item.Record.Key); torn != nil {
			items[i] = store.Item{Record: store.Record{Key: item.Record.Key}, Err: torn}
		}
	}
	return items, err
}

func (s tornStore) All(ctx context.Context) iter.Seq2[store.Record, error] {
	return func(yield func(store.Record, error) bool) {
		for r, err := range s.Store.All(ctx) {
			if torn := s.fail(r.Key); torn != nil {
				r, err = store.Record{}, torn
			}
			if !yield(r, err) {
				return
			}
		}
	}
}

func TestPurge_UnreadableRecord_IsDropped(t *testing.T) {
	inBubble(t, func(w *harness) {
		w.made("i", "fast")
		w.bound("i", "b")
		w.made("other", "fast")
		b := store.Key{InstanceID: "i", BindingID: "b"}
		torn := w.replica(tornStore{w.store, b, store.ErrCorrupt})
		if _, err := torn.Retry(w.t.Context(), "i"); !errors.Is(err, engine.ErrElsewhere) {
			t.Errorf("Retry of what only the one that runs it could be told of = %v", err)
		}
		if purged, err := torn.Purge(w.t.Context(), b, false); err != nil || len(purged) != 1 || purged[0].Revision != 0 {
			t.Errorf("Purge = %v, %v", purged, err)
		}
		if _, err := w.store.Get(w.t.Context(), b); !errors.Is(err, store.ErrNotFound) {
			t.Errorf("the binding: %v", err)
		}
		newer := w.replica(tornStore{w.store, storeKey("i"), store.ErrNewer})
		if _, err := newer.Purge(w.t.Context(), storeKey("i"), false); !errors.Is(err, store.ErrNewer) {
			t.Errorf("Purge of what a newer broker could read = %v", err)
		}
		if _, err := newer.Purge(w.t.Context(), storeKey("i"), true); err != nil {
			t.Errorf("Purge by force = %v", err)
		}
		if _, err := w.store.Get(w.t.Context(), storeKey("i")); !errors.Is(err, store.ErrNotFound) {
			t.Errorf("the instance: %v", err)
		}
		w.want("a fetch of another instance", w.fetch("other"), 200)
	})
}

func TestCause_Long_IsCut(t *testing.T) {
	inBubble(t, func(w *harness) {
		w.cloud.failNext("create", fmt.Errorf("%w: %s", providers.ErrDenied, strings.Repeat("é", 10_000)))
		w.cloud.failNext("observe", nil)
		w.provision("i", body("slow", ""))
		w.pass(time.Second)
		cause := w.record("i", "").Operation.Cause
		if len(cause) < 512 || len(cause) > 2048 || !utf8.ValidString(cause) {
			t.Errorf("a cause of %d bytes is kept: %.100q", len(cause), cause)
		}
	})
}

func TestHistory_RepeatedError_IsOneLine(t *testing.T) {
	inBubble(t, func(w *harness) {
		denied := make([]error, 5)
		for i := range denied {
			denied[i] = providers.ErrDenied
		}
		w.cloud.failNext("observe", denied...)
		if op := w.finally("i", "", w.provision("i", body("slow", ""))); op.State != osb.Succeeded {
			t.Fatalf("it ended as %+v", op)
		}
		var failed []store.Event
		for _, e := range w.record("i", "").History.Events() {
			if e.Outcome == "failed" {
				failed = append(failed, e)
			}
		}
		if len(failed) != 1 || failed[0].Attempt != 4 || failed[0].Kind == "" {
			t.Errorf("the history has %+v, want one line with four failed tries before the last", failed)
		}
	})
}

func TestRequest_TooLargeForRecord_IsRefused(t *testing.T) {
	inBubble(t, func(w *harness) {
		w.cloud.padding = strings.Repeat("z", store.MaxRecord)
		w.want("a provision", w.provision("i", body("slow", "")), 400)
		if _, err := w.store.Get(w.t.Context(), storeKey("i")); !errors.Is(err, store.ErrNotFound) {
			t.Errorf("the record: %v", err)
		}
		w.nothingLeft()
	})
}
