package storetest

import (
	"bytes"
	"encoding/json"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/store"
)

// A suite is the store under test, and how to open it again.
type suite struct {
	store.Store
	dir  string
	open Opener
}

// reopen closes the store and opens it again.
func (s *suite) reopen(t *testing.T) {
	t.Helper()
	if err := s.Close(); err != nil {
		t.Fatalf("Close: %v", err)
	}
	s.Store = s.open(t, s.dir)
}

// put changes the record k, which must succeed.
func (s *suite) put(t *testing.T, k store.Key, change func(r *store.Record)) store.Record {
	t.Helper()
	r, err := s.Update(t.Context(), k, func(r *store.Record) error {
		change(r)
		return nil
	})
	if err != nil {
		t.Fatalf("Update(%s): %v", k, err)
	}
	return r
}

// get reads the record k, which must be there.
func (s *suite) get(t *testing.T, k store.Key) store.Record {
	t.Helper()
	r, err := s.Get(t.Context(), k)
	if err != nil {
		t.Fatalf("Get(%s): %v", k, err)
	}
	return r
}

// bindings lists the keys of an instance's bindings.
func (s *suite) bindings(t *testing.T, instanceID string) []store.Key {
	t.Helper()
	items, err := s.Bindings(t.Context(), instanceID)
	if err != nil {
		t.Fatalf("Bindings(%q): %v", instanceID, err)
	}
	var rs []store.Record
	for _, item := range items {
		if item.Err != nil {
			t.Fatalf("Bindings(%q): %v", instanceID, item.Err)
		}
		rs = append(rs, item.Record)
	}
	return keys(rs)
}

// all returns every record, in order.
func (s *suite) all(t *testing.T) []store.Record {
	t.Helper()
	var rs []store.Record
	for r, err := range s.All(t.Context()) {
		if err != nil {
			t.Fatalf("All: %v", err)
		}
		rs = append(rs, r)
	}
	slices.SortFunc(rs, func(a, b store.Record) int { return a.Compare(b.Key) })
	return rs
}

// unfinished lists the records with work to do.
func (s *suite) unfinished(t *testing.T) []store.Key {
	t.Helper()
	ids, err := s.Unfinished(t.Context())
	if err != nil {
		t.Fatalf("Unfinished: %v", err)
	}
	return ids
}

// keys returns the keys of records.
func keys(rs []store.Record) []store.Key {
	var ks []store.Key
	for _, r := range rs {
		ks = append(ks, r.Key)
	}
	return ks
}

// instance and binding return keys.
func instance(id string) store.Key            { return store.Key{InstanceID: id} }
func binding(instance, id string) store.Key   { return store.Key{InstanceID: instance, BindingID: id} }
func noChange(*store.Record)                  {}
func settle(settled bool) func(*store.Record) { return func(r *store.Record) { r.Settled = settled } }

// fill sets every member of a record except secrets and the store's own. All
// times differ.
func fill(r *store.Record) {
	at := func(day int) time.Time { return time.Date(2024, 3, day, 23, 59, 59, 123456789, time.UTC) }
	unknown := map[string]json.RawMessage{"later": json.RawMessage(`{"a":[1,"<&>"]}`)}
	op := store.Operation{
		ID: "op1", Kind: store.Provision, State: store.Running, Step: "create", Attempt: 2, NextTry: at(1),
		Started: at(2), Deadline: at(3), Finished: at(4), Description: "it <runs> & runs", Cause: "why", CauseKind: "transient",
		Unexplained: map[string]time.Time{"create": at(17)},
		Unknown:     unknown,
	}
	spec := store.Spec{PlanID: "p", PlanName: "plan", Plan: json.RawMessage(`{"x":1.50}`), AppGUID: "app", Bodies: map[string]string{"template": "00ff"}, Unknown: unknown}
	have := spec
	*r = store.Record{
		Key: r.Key, Incarnation: "00ff", Created: at(5), Sequence: 7, Retries: 8,
		Provider: "rds", ServiceID: "s", Offering: "offering", Organization: "org", Space: "space",
		Context:     json.RawMessage(`{"platform":"kubernetes","namespace":"<n>"}`),
		Predecessor: "b0", Expires: at(6), Renew: at(7), Ends: true,
		Locked:  []store.LockedAccount{{Name: "a", Mark: "m", Binding: "b0", Locked: at(18), Holder: "00fd", Removed: at(19), Unknown: unknown}},
		Account: "1234", Region: "cn-hangzhou", Profile: "p1", Parent: "00fe", PriorPlanID: "p0", Want: &spec, Have: &have,
		Goal: store.Present, Settled: true, Usable: true, Deleted: at(8),
		Facts: map[string]string{"id": "rm-1", "": "empty"},
		Epoch: 3, Call: &store.Call{Step: "create", Epoch: 3, Until: at(9), Seen: at(10), SeenBy: 4, Timeout: 5, Unknown: unknown},
		Refused: []string{"a", "b"}, Unsettled: map[string]time.Time{"create": at(11)}, Repeated: at(12), Unseen: at(13), MissingSince: at(14),
		Operation: &op, Results: []store.Operation{op},
		History: store.NewHistory(store.Event{Time: at(15), Op: store.Bind, Step: "s", Outcome: "done", Kind: "k", Attempt: 1, Unknown: unknown}, store.Event{Outcome: "ended"}),
		Earlier: []store.Life{{Incarnation: "01", Deleted: at(16), Results: []store.Operation{op}, Unknown: unknown}},
		Unknown: unknown,
	}
}

// diff compares records, secrets by their boxes and JSON by its bytes. Empty
// and missing lists and maps are equal. The boxes of the records themselves have
// cases of their own.
func diff(want, got any, opts ...cmp.Option) string {
	return cmp.Diff(want, got, append(opts,
		cmpopts.EquateEmpty(),
		cmpopts.IgnoreTypes(store.Authentication{}),
		cmp.Comparer(func(a, b store.Sealed) bool { return bytes.Equal(a.Box(), b.Box()) }))...)
}
