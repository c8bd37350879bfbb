package server_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"iter"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/operator"
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/operator/client"
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/operator/server"
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/store"
)

// fullRecord fills every member of a record, and writes "hush" into each secret one.
func fullRecord(at time.Time) func(r *store.Record) {
	return func(r *store.Record) {
		hush := map[string]json.RawMessage{"hush-unknown": json.RawMessage(`"hush"`)}
		secret := store.Seal([]byte(`{"password":"hush"}`))
		op := store.Operation{
			ID: "0123456789abcdef-2", Kind: store.Deprovision, State: store.Running, Step: "delete", Attempt: 3, NextTry: at.Add(time.Minute),
			Started: at, Description: "It is being removed.", Cause: "denied", CauseKind: "operator", Unknown: hush,
		}
		earlier := op
		earlier.ID, earlier.State = "0123456789abcdef-1", store.Succeeded
		*r = store.Record{
			Key: r.Key, Revision: r.Revision, Incarnation: "0123456789abcdef0123456789abcdef", Created: at, Sequence: 2, Retries: 1,
			Provider: "rds", ServiceID: "service-id", Offering: "databases", Organization: "an-org", Space: "hush-space",
			Context: json.RawMessage(`{"platform":"kubernetes","namespace":"team","clusterid":"hush","instance_name":"hush","user":"hush"}`),
			Profile: "finance", Account: "1234567890", Region: "cn-hangzhou",
			Want: &store.Spec{PlanID: "plan-2", PlanName: "large", Plan: json.RawMessage(`{"hush":1}`), Parameters: secret, Prepared: secret, AppGUID: "hush-app", Unknown: hush},
			Have: &store.Spec{PlanID: "plan-1", PlanName: "small", Plan: json.RawMessage(`{"hush":1}`), Parameters: secret, Prepared: secret, Unknown: hush},
			Goal: store.Absent, Usable: true, Facts: map[string]string{"instance_id": "rm-1"}, Secrets: secret, Credentials: secret,
			Epoch: 4, Call: &store.Call{Step: "delete", Epoch: 4, Until: at.Add(time.Hour), Unknown: hush},
			Frozen: map[string]store.Sealed{"delete": secret}, Refused: []string{"create"},
			Unsettled: map[string]time.Time{"create": at}, Repeated: at, Unseen: at, MissingSince: at,
			Locked: []store.LockedAccount{
				{Name: "old_app", Mark: "hush", Binding: "b0", Locked: at, Removed: at.Add(time.Hour), Unknown: hush},
				{Name: "shop_app", Mark: "hush", Binding: "b1", Locked: at, Holder: "hush"},
			},
			Operation: &op, Results: []store.Operation{earlier},
			History: store.NewHistory(store.Event{Time: at, Op: store.Deprovision, Step: "delete", Outcome: "refused", Kind: "operator", Attempt: 2, Unknown: hush}),
			Earlier: []store.Life{{Incarnation: "00", Deleted: at, Results: []store.Operation{earlier}, Unknown: hush}},
			Unknown: hush,
		}
		if r.IsBinding() {
			r.Predecessor, r.Expires, r.Renew = "earlier", at, at
		}
	}
}

// The region of a resource may be another than the broker's.
func TestShow_ResourceElsewhere_NamesItsRegion(t *testing.T) {
	w := newFixture(t, nil)
	w.serve(server.Config{
		Auth: w.auth, Store: w.store, Engine: w.engine, Keys: w.keys,
		Region: func(r *store.Record) string { return "region-of-" + r.InstanceID },
	})
	at := time.Date(2024, 2, 29, 12, 0, 0, 0, time.UTC)
	instance := store.Key{InstanceID: "i"}
	w.put(instance, fullRecord(at))
	w.put(store.Key{InstanceID: "i", BindingID: "b"}, fullRecord(at))
	shown, err := w.client.Show(t.Context(), "i", false)
	if err != nil {
		t.Fatal(err)
	}
	if shown.Region != "region-of-i" || len(shown.Bindings) != 1 || shown.Bindings[0].Region != "region-of-i" {
		t.Errorf("shown in %s, with bindings %+v", shown.Region, shown.Bindings)
	}
	w.engine.purge = func(store.Key, bool) ([]store.Record, error) {
		r, err := w.store.Get(t.Context(), instance)
		return []store.Record{r}, err
	}
	purged, err := w.client.Purge(t.Context(), "i", "", false)
	if err != nil || len(purged.Records) != 1 || purged.Records[0].Region != "region-of-i" {
		t.Errorf("purged %+v, %v", purged, err)
	}
}

func TestShow_FullRecord_HasAllButSecrets(t *testing.T) {
	w := newFixture(t, nil)
	at := time.Date(2024, 2, 29, 12, 0, 0, 0, time.UTC)
	w.put(store.Key{InstanceID: "i"}, fullRecord(at))
	w.put(store.Key{InstanceID: "i", BindingID: "b"}, fullRecord(at))
	_, text := w.send(http.MethodGet, "/operator/v1/instances/i", "sesame")
	if strings.Contains(text, "hush") {
		t.Errorf("the answer has a secret: %s", text)
	}
	got, err := w.client.Show(t.Context(), "i", false)
	if err != nil {
		t.Fatal(err)
	}
	op := operator.Operation{
		ID: "0123456789abcdef-2", Kind: "deprovision", State: "running", Step: "delete", Attempt: 3, NextTry: at.Add(time.Minute),
		Started: at, Description: "It is being removed.", Cause: "denied", CauseKind: "operator",
	}
	earlier := op
	earlier.ID, earlier.State = "0123456789abcdef-1", "succeeded"
	want := operator.Record{
		InstanceID: "i", State: operator.StateInProgress,
		Offering: "databases", ServiceID: "service-id", Provider: "rds", Platform: "kubernetes", Namespace: "team", Organization: "an-org",
		Profile: "finance", Account: "1234567890", Region: "cn-hangzhou", Incarnation: "0123456789abcdef0123456789abcdef", Created: at,
		Want: &operator.Plan{ID: "plan-2", Name: "large"}, Have: &operator.Plan{ID: "plan-1", Name: "small"},
		Goal: "absent", Usable: true, Facts: map[string]string{"instance_id": "rm-1"}, Operation: &op,
		Call: &operator.Call{Step: "delete", Epoch: 4, Until: at.Add(time.Hour)}, Begun: []string{"delete"}, Refused: []string{"create"},
		Unsettled: map[string]time.Time{"create": at}, Repeated: at, Unseen: at, MissingSince: at, Results: []operator.Operation{earlier},
		Locked: []operator.LockedAccount{
			{Name: "old_app", BindingID: "b0", Locked: at, Removed: at.Add(time.Hour)},
			{Name: "shop_app", BindingID: "b1", Locked: at, InUse: true},
		},
		History: []operator.Event{{Time: at, Op: "deprovision", Step: "delete", What: "refused", Kind: "operator", Attempt: 2}},
		Earlier: []operator.Life{{Incarnation: "00", Deleted: at, Results: []operator.Operation{earlier}}},
		Epoch:   4, Schema: store.SchemaVersion, Revision: got.Revision,
	}
	binding := want
	binding.BindingID, binding.Predecessor, binding.Expires, binding.Renew, binding.Revision = "b", "earlier", at, at, got.Revision+1
	if diff := cmp.Diff(operator.Instance{Record: want, Bindings: []operator.Record{binding}}, got); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
}

// A new member of the record needs a decision: add it to operator.Record, or to
// the hidden ones here.
func TestShow_EveryRecordMember_IsShownOrHiddenOnPurpose(t *testing.T) {
	hidden := []string{"sequence", "retries", "space", "context", "prior_plan_id", "settled", "secrets", "credentials", "frozen", "operation", "earlier", "refused", "authentication"}
	shown := members(t, operator.Record{
		Unsettled: map[string]time.Time{"x": {}}, Call: &operator.Call{}, Want: &operator.Plan{}, Have: &operator.Plan{},
		Results: []operator.Operation{{}}, History: []operator.Event{{}}, Facts: map[string]string{"x": ""}, Locked: []operator.LockedAccount{{}},
		Deleted: time.Now(), Expires: time.Now(), Renew: time.Now(), Repeated: time.Now(), Unseen: time.Now(), MissingSince: time.Now(), Created: time.Now(),
		Offering: "x", ServiceID: "x", Provider: "x", Organization: "x", Profile: "x", Account: "x", Region: "x", Incarnation: "x", Predecessor: "x",
		Goal: "x", Usable: true, Epoch: 1, Schema: 1, BindingID: "x",
	})
	w := newFixture(t, nil)
	k := store.Key{InstanceID: "i", BindingID: "b"}
	w.put(k, func(r *store.Record) {
		fullRecord(time.Now())(r)
		r.Unknown, r.Deleted, r.PriorPlanID = nil, time.Now(), "x"
	})
	r, err := w.store.Get(t.Context(), k)
	if err != nil {
		t.Fatal(err)
	}
	b, err := store.Encode(r)
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range members(t, json.RawMessage(b)) {
		if slices.Contains(shown, name) == slices.Contains(hidden, name) {
			t.Errorf("the record's member %q must be either shown or hidden", name)
		}
	}
}

// members returns the names of an object's members in JSON.
func members(t *testing.T, object any) []string {
	t.Helper()
	b, err := json.Marshal(object)
	if err != nil {
		t.Fatal(err)
	}
	var found map[string]json.RawMessage
	if err := json.Unmarshal(b, &found); err != nil {
		t.Fatal(err)
	}
	var names []string
	for name := range found {
		names = append(names, name)
	}
	return names
}

// putAllStates fills the store with records in all states.
func (w *fixture) putAllStates() {
	w.t.Helper()
	at := time.Date(2024, 2, 29, 12, 0, 0, 0, time.UTC)
	op := func(kind store.Kind, state store.State, cause string) func(*store.Record) {
		return func(r *store.Record) {
			r.Operation = &store.Operation{ID: "1", Kind: kind, State: state, Started: at, CauseKind: cause}
			r.Settled = state.Finished()
		}
	}
	deleted := func(r *store.Record) {
		op(store.Deprovision, store.Succeeded, "")(r)
		r.Goal, r.Deleted = store.Absent, at
	}
	w.put(store.Key{InstanceID: "ready"}, op(store.Provision, store.Succeeded, ""))
	w.put(store.Key{InstanceID: "ready", BindingID: "1"}, op(store.Bind, store.Succeeded, ""))
	w.put(store.Key{InstanceID: "ready", BindingID: "2"}, deleted)
	w.put(store.Key{InstanceID: "binds"}, op(store.Provision, store.Succeeded, ""))
	w.put(store.Key{InstanceID: "binds", BindingID: "1"}, op(store.Bind, store.Running, "set aside"))
	w.put(store.Key{InstanceID: "binds", BindingID: "2"}, func(r *store.Record) {
		op(store.Bind, store.Failed, "")(r)
		r.Goal = store.Absent
	})
	w.put(store.Key{InstanceID: "made"}, op(store.Provision, store.Running, ""))
	w.put(store.Key{InstanceID: "cleaned"}, func(r *store.Record) {
		op(store.Provision, store.Failed, "user")(r)
		r.Goal = store.Absent
	})
	w.put(store.Key{InstanceID: "cleaning"}, func(r *store.Record) {
		op(store.Provision, store.Failed, "user")(r)
		r.Goal, r.Settled = store.Absent, false
	})
	w.put(store.Key{InstanceID: "deleted"}, deleted)
}

func TestList_Filters_SelectInstances(t *testing.T) {
	w := newFixture(t, nil)
	w.putAllStates()
	for f, want := range map[client.Filter][]string{
		{}:                               {"binds: ready 1 quarantined", "cleaned: failed 0", "cleaning: cleaning 0", "made: in progress 0", "ready: ready 1"},
		{Deleted: true}:                  {"binds: ready 1 quarantined", "cleaned: failed 0", "cleaning: cleaning 0", "deleted: deleted 0", "made: in progress 0", "ready: ready 1"},
		{Unfinished: true}:               {"binds: ready 1 quarantined", "cleaning: cleaning 0", "made: in progress 0"},
		{Failed: true}:                   {"binds: ready 1 quarantined", "cleaned: failed 0", "cleaning: cleaning 0"},
		{Failed: true, Unfinished: true}: {"binds: ready 1 quarantined", "cleaning: cleaning 0"},
	} {
		var got []string
		if err := w.client.List(t.Context(), f, func(l operator.Line) error {
			text := fmt.Sprintf("%s: %s %d", l.InstanceID, l.State, l.Bindings)
			if l.Quarantined {
				text += " quarantined"
			}
			if l.Offering != "databases" || l.Plan != "small" || l.Operation == nil {
				t.Errorf("the line of %s: %+v", l.InstanceID, l)
			}
			got = append(got, text)
			return nil
		}); err != nil {
			t.Fatal(err)
		}
		slices.Sort(got)
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%+v (-want +got)\n%s", f, diff)
		}
	}
}

func TestCounts_RecordsInAllStates_CountWhatMayExist(t *testing.T) {
	w := newFixture(t, nil)
	if got, err := w.client.Counts(t.Context()); err != nil || got.Instances+got.Bindings+got.Unreadable+got.Gone != 0 {
		t.Errorf("of an empty store: %+v, %v", got, err)
	}
	w.putAllStates()
	got, err := w.client.Counts(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	slices.Sort(got.First)
	want := operator.Counts{Instances: 4, Bindings: 2, Gone: 4, First: []string{"binds", "cleaning", "made", "ready"}}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
}

// A faultyStore has a damaged record, or fails after the first one.
type faultyStore struct {
	store.Store

	damaged store.Key
	stop    error // after the first record of All
}

func (s faultyStore) Get(ctx context.Context, k store.Key) (store.Record, error) {
	if k == s.damaged {
		return store.Record{}, &store.RecordError{Key: k, Err: fmt.Errorf("%w: hush", store.ErrCorrupt)}
	}
	return s.Store.Get(ctx, k)
}

func (s faultyStore) Bindings(ctx context.Context, id string) ([]store.Item, error) {
	items, err := s.Store.Bindings(ctx, id)
	for i, item := range items {
		if item.Record.Key == s.damaged {
			items[i] = store.Item{Record: store.Record{Key: s.damaged}, Err: &store.RecordError{Key: s.damaged, Err: fmt.Errorf("%w: hush", store.ErrCorrupt)}}
		}
	}
	return items, err
}

func (s faultyStore) All(ctx context.Context) iter.Seq2[store.Record, error] {
	return func(yield func(store.Record, error) bool) {
		for r, err := range s.Store.All(ctx) {
			if r.Key == s.damaged {
				r, err = store.Record{}, &store.RecordError{Key: s.damaged, Err: fmt.Errorf("%w: hush", store.ErrCorrupt)}
			}
			if !yield(r, err) {
				return
			}
			if s.stop != nil {
				yield(store.Record{}, s.stop)
				return
			}
		}
	}
}

func TestServer_UnreadableInstance_IsShown(t *testing.T) {
	k := store.Key{InstanceID: "torn"}
	w := newFixture(t, func(st store.Store) store.Store { return faultyStore{Store: st, damaged: k} })
	w.put(k, func(r *store.Record) { r.Settled = false })
	w.put(store.Key{InstanceID: "torn", BindingID: "b"}, func(*store.Record) {})
	for _, f := range []client.Filter{{}, {Unfinished: true}} {
		var got []operator.Line
		if err := w.client.List(t.Context(), f, func(l operator.Line) error { got = append(got, l); return nil }); err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff([]operator.Line{{InstanceID: "torn", State: operator.StateUnreadable}}, got); diff != "" {
			t.Errorf("%+v (-want +got)\n%s", f, diff)
		}
	}
	told, err := w.client.Show(t.Context(), "torn", false)
	if err != nil || told.State != operator.StateUnreadable || strings.Contains(told.Unreadable, "hush") || len(told.Bindings) != 1 {
		t.Errorf("show = %+v, %v", told, err)
	}
	if counts, err := w.client.Counts(t.Context()); err != nil || counts.Unreadable != 1 || counts.Bindings != 1 {
		t.Errorf("counts = %+v, %v", counts, err)
	}
}

func TestServer_UnreadableBinding_HidesNoOther(t *testing.T) {
	k := store.Key{InstanceID: "i", BindingID: "torn"}
	w := newFixture(t, func(st store.Store) store.Store { return faultyStore{Store: st, damaged: k} })
	w.put(store.Key{InstanceID: "i"}, func(*store.Record) {})
	w.put(k, func(r *store.Record) { r.Settled = false })
	w.put(store.Key{InstanceID: "i", BindingID: "well"}, func(*store.Record) {})
	w.put(store.Key{InstanceID: "j", BindingID: "of another"}, func(*store.Record) {})
	for _, f := range []client.Filter{{}, {Unfinished: true}} {
		var got []operator.Line
		if err := w.client.List(t.Context(), f, func(l operator.Line) error { got = append(got, l); return nil }); err != nil {
			t.Fatal(err)
		}
		if len(got) != 1 || got[0].InstanceID != "i" || got[0].Bindings != 1 || got[0].Unreadable != 1 || got[0].State != operator.StateReady {
			t.Errorf("%+v: %+v", f, got)
		}
	}
	told, err := w.client.Show(t.Context(), "i", false)
	if err != nil || len(told.Bindings) != 2 || told.Bindings[0].Unreadable == "" || told.Bindings[1].BindingID != "well" {
		t.Errorf("show = %+v, %v", told, err)
	}
}

func TestList_StoreFailsHalfway_ReturnsAnError(t *testing.T) {
	w := newFixture(t, func(st store.Store) store.Store { return faultyStore{Store: st, stop: errors.New("the disk is away")} })
	w.putAllStates()
	err := w.client.List(t.Context(), client.Filter{}, func(operator.Line) error { return nil })
	if refused(t, err) != "Failed" {
		t.Errorf("List = %v", err)
	}
	if _, err := w.client.Counts(t.Context()); refused(t, err) != "Failed" {
		t.Errorf("Counts = %v", err)
	}
}
