package broker_test

import (
	"bytes"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/lifecycle"
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/osb"
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/providers"
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/store"
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/store/storetest"
)

// A planning provider has plans with large values.
type planning struct {
	*preparing

	bodies func(t providers.Task) (map[string][]byte, error)
}

func (p planning) PlanBodies(t providers.Task, plan providers.Plan) (map[string][]byte, error) {
	if string(plan) != `{"name":"n"}` {
		return nil, fmt.Errorf("PlanBodies got the plan %s", plan)
	}
	return p.bodies(t)
}

// secretManifest is the body of the tests. It holds a secret.
const secretManifest = "password: hunter2\n"

// plansBodies gives the broker a provider whose plans have these bodies.
func (f *fixture) plansBodies(bodies map[string][]byte, err error) {
	f.providers["fake"] = planning{f.provider, func(providers.Task) (map[string][]byte, error) { return bodies, err }}
}

// sweep sweeps twice, store.BodyAge apart, and returns the number of deletions.
func (f *fixture) sweep() (deleted int) {
	f.t.Helper()
	for _, at := range []time.Time{time.Now(), time.Now().Add(store.BodyAge)} {
		n, err := f.store.SweepBodies(f.t.Context(), at)
		if err != nil {
			f.t.Fatal(err)
		}
		deleted += n
	}
	return deleted
}

// record returns a record, which is empty if there is none.
func (f *fixture) record(k store.Key) store.Record {
	f.t.Helper()
	r, err := f.store.Find(f.t.Context(), k)
	if err != nil {
		f.t.Fatal(err)
	}
	return r
}

// wantBody checks the content of the one body that the spec of a record names.
func (f *fixture) wantBody(r store.Record, spec *store.Spec, name, want string) {
	f.t.Helper()
	digest := spec.Bodies[name]
	got, err := f.store.Body(f.t.Context(), digest, r.Bodies[digest])
	if err != nil || string(got) != want {
		f.t.Errorf("body %q of %s is %q (%v), want %q", name, r.Key, got, err, want)
	}
}

func TestProvision_PlanWithBody_IsSealedAtRest(t *testing.T) {
	f := newFixture(t)
	f.plansBodies(map[string][]byte{"manifest": []byte(strings.Repeat(secretManifest, 20_000))}, nil) // larger than a record
	if _, err := f.logic.Provision(t.Context(), provisionOf("s")); err != nil {
		t.Fatal(err)
	}
	r := f.record(store.Key{InstanceID: "i"})
	f.wantBody(r, r.Want, "manifest", strings.Repeat(secretManifest, 20_000))
	if len(r.Bodies) != 1 {
		t.Errorf("the record names %d bodies, want 1", len(r.Bodies))
	}
	digest := r.Want.Bodies["manifest"]
	if stored, err := f.faulty.Body(t.Context(), digest, store.Sealed{}); err != nil || bytes.Contains(stored, []byte("hunter2")) {
		t.Errorf("the store below the sealing returns %.40q (%v)", stored, err)
	}
	key, err := r.Bodies[digest].Open()
	if err != nil || len(key) == 0 || bytes.Contains(r.Bodies[digest].Box(), key) {
		t.Errorf("the record holds the key %x in the box %x (%v)", key, r.Bodies[digest].Box(), err)
	}
}

// The body is durable before the record that names it.
func TestProvision_CrashAtEachWrite_LeavesSweepableBody(t *testing.T) {
	for _, tc := range []struct {
		name   string
		write  int // 1: of the body, 2: of the record
		after  bool
		record bool
		swept  int
	}{
		{"BeforeBody", 1, false, false, 0},
		{"AfterBody", 1, true, false, 1},
		{"BeforeRecord", 2, false, false, 1},
		{"AfterRecord", 2, true, true, 0},
	} {
		t.Run(tc.name, func(t *testing.T) {
			f := newFixture(t)
			f.plansBodies(map[string][]byte{"manifest": []byte(secretManifest)}, nil)
			f.faulty.FailWrite(tc.write, tc.after)
			_, err := f.logic.Provision(t.Context(), provisionOf("s"))
			wantStatus(t, err, 503)
			if !f.faulty.Dead() {
				t.Fatal("the crash did not happen")
			}
			f.faulty.Revive()
			r := f.record(store.Key{InstanceID: "i"})
			if got := r.Revision != 0; got != tc.record {
				t.Fatalf("a record exists: %t, want %t", got, tc.record)
			}
			if n := f.sweep(); n != tc.swept {
				t.Errorf("%d bodies were swept, want %d", n, tc.swept)
			}
			if tc.record {
				f.wantBody(r, r.Want, "manifest", secretManifest)
			}
			if _, err := f.logic.Provision(t.Context(), provisionOf("s")); err != nil {
				t.Errorf("the request sent again: %v", err)
			}
			r = f.record(store.Key{InstanceID: "i"})
			f.wantBody(r, r.Want, "manifest", secretManifest)
		})
	}
}

func TestProvision_DecidedAgain_NamesBodiesOfTheWinner(t *testing.T) {
	f := newFixture(t)
	f.plansBodies(map[string][]byte{"manifest": []byte(secretManifest)}, nil)
	f.provider.hook = func() {
		if _, err := f.logic.Provision(t.Context(), provisionOf("s")); err != nil {
			t.Error(err)
		}
	}
	if _, err := f.logic.Provision(t.Context(), provisionOf("s")); err != nil {
		t.Fatal(err)
	}
	if n := f.sweep(); n != 1 {
		t.Errorf("%d bodies were swept, want the one of the losing request", n)
	}
	r := f.record(store.Key{InstanceID: "i"})
	f.wantBody(r, r.Want, "manifest", secretManifest)
}

func TestProvision_UnfitBodies_IsRefusedBeforeStoring(t *testing.T) {
	many := map[string][]byte{}
	for n := range 800 { // only together with their keys they exceed a record
		many[fmt.Sprint(n)] = []byte("small")
	}
	for name, tc := range map[string]struct {
		bodies   map[string][]byte
		err      error
		sentence string
	}{
		"TooLarge":       {map[string][]byte{"a": []byte("small"), "manifest": make([]byte, store.MaxBody+1)}, nil, "The manifest of this plan"},
		"TooLargeSealed": {map[string][]byte{"manifest": make([]byte, store.MaxBody)}, nil, "The manifest of this plan"},
		"TooMany":        {many, nil, "This request holds more"},
		"Refused":        {nil, providers.Failf(providers.Invalid, "This colour has no manifest: take another."), "This colour has no manifest"},
	} {
		t.Run(name, func(t *testing.T) {
			f := newFixture(t)
			f.plansBodies(tc.bodies, tc.err)
			_, err := f.logic.Provision(t.Context(), provisionOf("s"))
			wantStatus(t, err, 400)
			if e, ok := errors.AsType[*osb.Error](err); !ok || !strings.Contains(e.Description, tc.sentence) {
				t.Errorf("answered %v, want the sentence %q", err, tc.sentence)
			}
			if r := f.record(store.Key{InstanceID: "i"}); r.Revision != 0 {
				t.Error("the record of the refused request is stored")
			}
			if n := f.sweep(); n != 0 {
				t.Errorf("the refused request left %d bodies", n)
			}
		})
	}
}

func TestProvision_PlanBodiesPanics_FailsThisRequestAlone(t *testing.T) {
	f := newFixture(t)
	f.providers["fake"] = planning{f.provider, func(providers.Task) (map[string][]byte, error) { panic("broken") }}
	_, err := f.logic.Provision(t.Context(), provisionOf("s"))
	wantStatus(t, err, 503)
}

// Until an update ends, the record names the bodies of both specs.
func TestUpdate_Bodies_FollowTheSpecs(t *testing.T) {
	for name, tc := range map[string]struct {
		end  func(r *store.Record)
		want string
	}{
		"Succeeded": {func(r *store.Record) { lifecycle.Succeed(r, store.Sealed{}, time.Now()) }, "new"},
		"Failed":    {func(r *store.Record) { lifecycle.Fail(r, "It failed.", time.Now()) }, "old"},
	} {
		t.Run(name, func(t *testing.T) {
			f := newFixture(t)
			k := store.Key{InstanceID: "i"}
			f.plansBodies(map[string][]byte{"manifest": []byte("old"), "kept by name": []byte("old")}, nil)
			f.ready()
			f.plansBodies(map[string][]byte{"manifest": []byte("new")}, nil)
			if _, err := f.logic.Update(t.Context(), osb.UpdateRequest{Caller: osb.Caller{Minor: 17}, InstanceID: "i", AcceptsIncomplete: true, ServiceID: "things-id", PlanID: "large-id"}); err != nil {
				t.Fatal(err)
			}
			if n := f.sweep(); n != 0 {
				t.Errorf("%d bodies were swept during the update", n)
			}
			r := f.record(k)
			f.wantBody(r, r.Have, "manifest", "old")
			f.wantBody(r, r.Have, "kept by name", "old")
			f.wantBody(r, r.Want, "manifest", "new")
			if _, err := f.store.Update(t.Context(), k, func(r *store.Record) error { tc.end(r); return nil }); err != nil {
				t.Fatal(err)
			}
			r = f.record(k)
			if len(r.Bodies) != len(r.Have.Bodies) {
				t.Errorf("the record names %d bodies, and its spec %d", len(r.Bodies), len(r.Have.Bodies))
			}
			if n := f.sweep(); n != 3-len(r.Bodies) {
				t.Errorf("%d bodies were swept, want all but %d", n, len(r.Bodies))
			}
			f.wantBody(r, r.Have, "manifest", tc.want)
		})
	}
}

func TestBind_PlanWithBody_IsNamedByTheBinding(t *testing.T) {
	f := newFixture(t)
	f.ready()
	f.providers["fake"] = planning{f.provider, func(t providers.Task) (map[string][]byte, error) {
		return map[string][]byte{"manifest": []byte(t.BindingID + " of " + t.Of.InstanceID)}, nil
	}}
	bind := osb.BindRequest{Caller: osb.Caller{Minor: 17}, InstanceID: "i", BindingID: "b", AcceptsIncomplete: true, ServiceID: "things-id", PlanID: "small-id"}
	if _, err := f.logic.Bind(t.Context(), bind); err != nil {
		t.Fatal(err)
	}
	first := store.Key{InstanceID: "i", BindingID: "b"}
	if _, err := f.store.Update(t.Context(), first, func(r *store.Record) error { lifecycle.Succeed(r, store.Sealed{}, time.Now()); return nil }); err != nil {
		t.Fatal(err)
	}
	bind.BindingID, bind.PredecessorBindingID = "c", "b"
	if _, err := f.logic.Bind(t.Context(), bind); err != nil {
		t.Fatal(err)
	}
	if n := f.sweep(); n != 0 {
		t.Errorf("%d bodies of bindings were swept", n)
	}
	for _, id := range []string{"b", "c"} {
		r := f.record(store.Key{InstanceID: "i", BindingID: id})
		f.wantBody(r, r.Want, "manifest", id+" of i")
	}
}

func TestBind_StoreFailsAtBody_LeavesNoRecord(t *testing.T) {
	f := newFixture(t)
	f.ready()
	f.plansBodies(map[string][]byte{"manifest": []byte(secretManifest)}, nil)
	f.faulty.FailWrite(1, false)
	_, err := f.logic.Bind(t.Context(), osb.BindRequest{Caller: osb.Caller{Minor: 17}, InstanceID: "i", BindingID: "b", AcceptsIncomplete: true, ServiceID: "things-id", PlanID: "small-id"})
	if e, ok := errors.AsType[*osb.Error](err); !ok || e.Status != 503 || !errors.Is(err, storetest.ErrDead) {
		t.Errorf("answered %v, want a 503 because of %v", err, storetest.ErrDead)
	}
	if r := f.record(store.Key{InstanceID: "i", BindingID: "b"}); r.Revision != 0 {
		t.Error("a record is stored without its body")
	}
}
