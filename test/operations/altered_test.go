package operations_test

import (
	"bytes"
	"maps"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/osb"
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/store"
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/test/environment"
)

// A victim is an instance beside theInstance, which a writer without the keys
// wants to reach through the record of theInstance.
const victim = "victim"

// A forger writes to the store and has no key.
type forger struct {
	r *rig
	*environment.Store
}

// newForger returns a rig with the two instances, and a forger of its store.
func newForger(t *testing.T) forger {
	t.Helper()
	r := withDatabase(t)
	s := rdsService()
	if got := r.platform().provision(victim, `{`+s.ids()+`,"organization_guid":"o","space_guid":"s"}`); got.status != http.StatusAccepted {
		t.Fatalf("the victim: %d %v", got.status, got.err)
	}
	r.settle()
	r.carry(s.bind(expected{instance: true, bindings: []string{theBinding}}))
	records, ok := r.store.(*environment.Store)
	if !ok {
		t.Fatal("the rig's store has no unsealed one below")
	}
	return forger{r, records}
}

// redirect puts the victim's server into the record of theInstance or of one of its
// bindings, and returns the function that takes it back.
func (f forger) redirect(k store.Key) (undo func()) {
	f.r.t.Helper()
	read := func(k store.Key) store.Record {
		f.r.t.Helper()
		record, err := f.Get(f.r.life.Context(), k)
		if err != nil {
			f.r.t.Fatal(err)
		}
		return record
	}
	facts, before := read(store.Key{InstanceID: victim}).Facts, read(k)
	if facts["instance_id"] == "" || facts["host"] == "" {
		f.r.t.Fatalf("the victim's facts are %v", facts)
	}
	f.put(k, func(r *store.Record) {
		own := maps.Clone(r.Facts)
		if own == nil {
			own = map[string]string{}
		}
		for _, name := range []string{"instance_id", "host", "port"} {
			own[name] = facts[name]
		}
		r.Facts = own
	})
	return func() { f.put(k, func(r *store.Record) { r.Facts = before.Facts }) }
}

func (f forger) put(k store.Key, change func(*store.Record)) {
	f.r.t.Helper()
	_, err := f.Unsealed.Update(f.r.life.Context(), k, func(r *store.Record) error { change(r); return nil })
	if err != nil {
		f.r.t.Fatal(err)
	}
}

// cloud returns all that the emulated RDS has.
func (f forger) cloud() []byte {
	f.r.t.Helper()
	b, err := f.r.cloud.RDS().Snapshot()
	if err != nil {
		f.r.t.Fatal(err)
	}
	return b
}

// end deletes both instances.
func (f forger) end() {
	f.r.t.Helper()
	s := rdsService()
	if got := f.r.platform().deprovision(victim, s.id, s.plan); got.status != http.StatusAccepted {
		f.r.t.Errorf("the victim's deprovision: %d %v", got.status, got.err)
	}
	f.r.settle()
	f.r.end(s)
}

// turns runs the engine for a while, which need not end its work.
func (f forger) turns() {
	f.r.t.Helper()
	for range 8 {
		f.r.turn()
		f.r.clock.Advance(time.Minute)
	}
}

func TestAltered_FactsOfAnother_ReachNothingOfIt(t *testing.T) {
	t.Parallel()
	f := newForger(t)
	r, s := f.r, rdsService()
	instance := store.Key{InstanceID: theInstance}
	undo := f.redirect(instance)
	before := f.cloud()
	for name, send := range map[string]func() reply{
		"bind":        func() reply { return named("evil", "").send(r) },
		"bind again":  func() reply { return s.bind(expected{}).send(r) },
		"provision":   func() reply { return s.provision(expected{}).send(r) },
		"update":      func() reply { return s.update(expected{}).send(r) },
		"rotate":      func() reply { return s.rotate(expected{}).send(r) },
		"fetch":       func() reply { return r.fetch("") },
		"deprovision": func() reply { return s.deprovision().send(r) },
	} {
		got := send()
		if got.status != http.StatusServiceUnavailable || strings.Contains(got.err.Description, "box") {
			t.Errorf("%s: %d %v, want a 503 that names no inside", name, got.status, got.err)
		}
	}
	f.turns()
	if got := r.poll("", ""); got.status != http.StatusOK || stateIn(got) != osb.Succeeded {
		t.Errorf("the poll: %d %+v, want the stored answer", got.status, got.body)
	}
	if after := f.cloud(); !bytes.Equal(before, after) {
		t.Errorf("the cloud was changed:\n%s\n%s", before, after)
	}
	if n := r.bindings(); n != 1 {
		t.Errorf("%d bindings are stored, want 1", n)
	}
	undo()
	if got := r.fetch(""); got.status != http.StatusOK {
		t.Errorf("the record as it was: %d %v", got.status, got.err)
	}
	f.end()
}

func TestAltered_Binding_HandsOutNothing(t *testing.T) {
	t.Parallel()
	f := newForger(t)
	r, s := f.r, rdsService()
	undo := f.redirect(store.Key{InstanceID: theInstance, BindingID: theBinding})
	for name, send := range map[string]func() reply{
		"fetch":      func() reply { return r.fetch(theBinding) },
		"bind again": func() reply { return s.bind(expected{}).send(r) },
		"rotate":     func() reply { return s.rotate(expected{}).send(r) },
		"unbind":     func() reply { return s.unbind(expected{}).send(r) },
	} {
		if got := send(); got.status != http.StatusServiceUnavailable || len(credentialsIn(got)) > 0 {
			t.Errorf("%s: %d %v, want 503", name, got.status, got.err)
		}
	}
	if got := r.poll(theBinding, ""); stateIn(got) != osb.Succeeded {
		t.Errorf("the poll: %d %+v", got.status, got.body)
	}
	if got := named("beside", "").send(r); got.status != http.StatusAccepted {
		t.Errorf("another binding: %d %v", got.status, got.err)
	}
	r.settle()
	undo()
	f.end()
}

// TestAltered_RunningDeletion_IsQuarantined alters the record while a deletion runs:
// nothing is deleted until an operator accepts what is there.
func TestAltered_RunningDeletion_IsQuarantined(t *testing.T) {
	t.Parallel()
	f := newForger(t)
	r, s := f.r, rdsService()
	instance := store.Key{InstanceID: theInstance}
	r.unbound(theBinding)
	got := s.deprovision().send(r)
	if got.status != http.StatusAccepted {
		t.Fatalf("the deprovision: %d %v", got.status, got.err)
	}
	undo := f.redirect(instance)
	before := f.cloud()
	f.turns()
	if !bytes.Equal(before, f.cloud()) {
		t.Error("the engine worked on an altered record")
	}
	if poll := r.poll("", got.operation); stateIn(poll) != osb.InProgress {
		t.Errorf("the poll: %d %+v, want in progress", poll.status, poll.body)
	}

	// The operator corrects the record by hand, which breaks its box again, and
	// accepts it.
	undo()
	f.put(instance, func(r *store.Record) { r.Facts = maps.Clone(r.Facts); r.Facts["note"] = "corrected" })
	record, err := f.Get(t.Context(), instance)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := f.Keys.Accept(t.Context(), f.Store, instance, f.Keys.Inspect(&record).Digest); err != nil {
		t.Fatal(err)
	}
	if !r.settle() {
		t.Fatal("the process died")
	}
	if poll := r.poll("", got.operation); poll.status != http.StatusGone {
		t.Errorf("the poll after the acceptance: %d %+v, want 410", poll.status, poll.body)
	}
	if state := r.cloud.Dump().Instances; len(state) != 1 {
		t.Errorf("the cloud has %+v, want the victim alone", state)
	}
}

// TestAltered_Tombstone_BeginsNoNewLife makes a tombstone of an instance in use.
func TestAltered_Tombstone_BeginsNoNewLife(t *testing.T) {
	t.Parallel()
	f := newForger(t)
	instance := store.Key{InstanceID: theInstance}
	f.put(instance, func(r *store.Record) {
		r.Deleted, r.Settled, r.Goal, r.Have = time.Unix(1, 0), true, store.Absent, nil
	})
	if got := rdsService().provision(expected{}).send(f.r); got.status != http.StatusServiceUnavailable {
		t.Errorf("a provision: %d %v, want 503: it would begin a new life beside the instance", got.status, got.err)
	}
	purged, err := f.r.engine.Purge(t.Context(), instance, true)
	if err != nil || len(purged) != 2 {
		t.Errorf("Purge = %d records, %v, want the instance and its binding: an operator must get rid of them", len(purged), err)
	}
	if state := f.r.cloud.Dump().Instances; len(state) != 2 {
		t.Errorf("the cloud has %+v, want both instances", state)
	}
}
