package sealed_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/store"
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/store/sealed"
)

// strip removes the box of a record, as a writer without the keys does.
func strip(t *testing.T, inner store.Store, id string) {
	t.Helper()
	update(t, inner, store.Key{InstanceID: id}, func(r *store.Record) { r.Authentication = store.Authentication{} })
}

// authenticate checks the record id.
func authenticate(t *testing.T, s store.Store, id string) error {
	t.Helper()
	r, err := s.Get(t.Context(), store.Key{InstanceID: id})
	must(t, err)
	return r.Authenticate()
}

func TestKeyset_FreshOrResealed_RequiresBoxes(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		inner, source := openBolt(t, t.TempDir()), newMemory(t)
		if keys := replica(t, source, nil); !keys.RequiresBoxes() {
			t.Fatal("the keyset of a new store accepts records without a box")
		}
		source.withoutRequirement(t)
		keys := replica(t, source, nil)
		s := sealed.New(inner, keys)
		for _, id := range []string{"a", "b"} {
			put(t, s, id)
			strip(t, inner, id)
		}
		if err := check(t, s, "a"); err != nil {
			t.Errorf("before a reseal, a record of an older version: %v", err)
		}
		update(t, s, store.Key{InstanceID: "a"}, func(*store.Record) {}) // gets its box
		uses, err := keys.Uses(t.Context(), s)
		if err != nil || uses.Boxless != 1 || uses.Altered != 0 {
			t.Errorf("Uses = %+v, %v, want one without a box", uses, err)
		}

		did, err := keys.Reseal(t.Context(), s, nil)
		if err != nil || did.Resealed != 1 || did.Boxless != 0 {
			t.Errorf("Reseal = %+v, %v", did, err)
		}
		other := replica(t, source, nil)
		for name, keys := range map[string]*sealed.Keys{"this process": keys, "one that starts": other} {
			if !keys.RequiresBoxes() {
				t.Errorf("after a whole reseal %s accepts records without a box", name)
			}
		}
		strip(t, inner, "b")
		if err := authenticate(t, s, "b"); !errors.Is(err, store.ErrAltered) {
			t.Errorf("a record without its box: %v, want ErrAltered", err)
		}
		if uses, err = keys.Uses(t.Context(), s); err != nil || uses.Altered != 1 || uses.Boxless != 0 || len(uses.First) != 1 || uses.First[0].Key.InstanceID != "b" {
			t.Errorf("Uses = %+v, %v, want one altered record, named", uses, err)
		}

		// A rotation keeps what the keyset holds.
		old := primary(t, keys)
		rotated(t, keys)
		pass(time.Minute)
		if _, err := keys.Reseal(t.Context(), s, nil); err != nil {
			t.Fatal(err)
		}
		must(t, inner.Delete(t.Context(), store.Key{InstanceID: "b"}, nil))
		must(t, keys.Drop(t.Context(), s, old))
		if !replica(t, source, nil).RequiresBoxes() || len(ids(mustList(t, keys))) != 1 {
			t.Errorf("after a rotation the keyset holds %s", source.content())
		}
	})
}

func mustList(t *testing.T, keys *sealed.Keys) []sealed.Key {
	t.Helper()
	all, err := keys.List(t.Context())
	must(t, err)
	return all
}

func TestReseal_RecordLeftWithoutABox_RequiresNone(t *testing.T) {
	source := newMemory(t).withoutRequirement(t)
	inner, keys := openBolt(t, t.TempDir()), alone(t, source)
	s := sealed.New(inner, keys)
	put(t, s, "a")
	strip(t, inner, "a")
	refusing := refusing{inner, "a"}
	did, err := keys.Reseal(t.Context(), sealed.New(refusing, keys), nil)
	if err != nil || did.Failed != 1 || did.Boxless != 1 || keys.RequiresBoxes() {
		t.Errorf("Reseal = %+v, %v, boxes required: %t", did, err, keys.RequiresBoxes())
	}
	// A record that was altered has a box: the others may be required to have theirs.
	put(t, s, "b")
	update(t, inner, store.Key{InstanceID: "b"}, func(r *store.Record) { r.Region = "r" })
	did, err = keys.Reseal(t.Context(), s, nil)
	if err != nil || did.Failed != 1 || did.Boxless != 0 || !keys.RequiresBoxes() {
		t.Errorf("Reseal = %+v, %v, boxes required: %t", did, err, keys.RequiresBoxes())
	}
	if err := authenticate(t, s, "b"); !errors.Is(err, store.ErrAltered) {
		t.Errorf("a reseal blessed an altered record: %v", err)
	}
}

// A refusing store does not write one record.
type refusing struct {
	store.Store
	id string
}

func (r refusing) Update(ctx context.Context, k store.Key, change func(*store.Record) error) (store.Record, error) {
	if k.InstanceID == r.id {
		return store.Record{}, &store.RecordError{Key: k, Err: store.ErrTooLarge}
	}
	return r.Store.Update(ctx, k, change)
}

func TestReseal_DeletedMeanwhile_MakesNoRecord(t *testing.T) {
	inner, keys := openBolt(t, t.TempDir()), alone(t, newMemory(t))
	s := sealed.New(inner, keys)
	put(t, s, "i")
	must(t, keys.Promote(t.Context(), add(t, keys)))
	did, err := keys.Reseal(t.Context(), vanishing{s}, nil)
	if err != nil || did.Resealed != 0 || did.Failed != 0 {
		t.Errorf("Reseal = %+v, %v", did, err)
	}
	if _, err := s.Get(t.Context(), store.Key{InstanceID: "i"}); !errors.Is(err, store.ErrNotFound) {
		t.Errorf("Get = %v, want ErrNotFound", err)
	}
}

// A vanishing store deletes each record before its update.
type vanishing struct{ store.Store }

func (v vanishing) Update(ctx context.Context, k store.Key, change func(*store.Record) error) (store.Record, error) {
	if err := v.Delete(ctx, k, nil); err != nil {
		return store.Record{}, err
	}
	return v.Store.Update(ctx, k, change)
}

func TestReseal_ReadOnlyKeyset_NamesTheEntryToAdd(t *testing.T) {
	source := newMemory(t).withoutRequirement(t)
	inner, keys := openBolt(t, t.TempDir()), alone(t, source)
	s := sealed.New(inner, keys)
	put(t, s, "i")
	strip(t, inner, "i")
	source.set(func(m *memory) { m.replace = fmt.Errorf("mounted: %w", sealed.ErrReadOnly) })
	did, err := keys.Reseal(t.Context(), s, nil)
	if !errors.Is(err, sealed.ErrReadOnly) || did.Resealed != 1 {
		t.Fatalf("Reseal = %+v, %v, want ErrReadOnly", did, err)
	}
	_, entry, _ := strings.Cut(err.Error(), "{")
	entry, _, _ = strings.Cut("{"+entry, " (")
	source.set(func(m *memory) {
		m.keyset = []byte(strings.Replace(string(m.keyset), `"key":[`, `"key":[`+entry+",", 1))
	})
	if keys := alone(t, source); !keys.RequiresBoxes() || len(mustList(t, keys)) != 1 {
		t.Errorf("with the entry %s the keyset is %s", entry, source.content())
	}
	if did, err := keys.Reseal(t.Context(), s, nil); err != nil || did.Resealed != 0 {
		t.Errorf("Reseal again = %+v, %v", did, err)
	}
}

func TestDrop_KeyOfARecordsOwnBox_IsKept(t *testing.T) {
	inner, keys := openBolt(t, t.TempDir()), alone(t, newMemory(t))
	s := sealed.New(inner, keys)
	// A tombstone has no secret.
	update(t, s, store.Key{InstanceID: "i"}, func(r *store.Record) { r.Settled, r.Deleted = true, time.Unix(0, 0) })
	old := primary(t, keys)
	must(t, keys.Promote(t.Context(), add(t, keys)))
	if err := keys.Drop(t.Context(), s, old); !errors.Is(err, sealed.ErrInUse) {
		t.Errorf("Drop = %v, want ErrInUse by a tombstone's box", err)
	}
	if _, err := keys.Reseal(t.Context(), s, nil); err != nil {
		t.Fatal(err)
	}
	must(t, keys.Drop(t.Context(), s, old))
	if err := authenticate(t, s, "i"); err != nil {
		t.Errorf("after the rotation: %v", err)
	}
}

func TestAccept_AlteredRecord_IsUsedAgain(t *testing.T) {
	inner, keys := openBolt(t, t.TempDir()), alone(t, newMemory(t))
	s := sealed.New(inner, keys)
	k := store.Key{InstanceID: "i"}
	put(t, s, "i")
	read := func() (store.Record, sealed.Inspection) {
		t.Helper()
		r, err := s.Get(t.Context(), k)
		must(t, err)
		return r, keys.Inspect(&r)
	}
	_, sound := read()
	if _, err := keys.Accept(t.Context(), s, k, sound.Digest); sound.Problem != nil || !errors.Is(err, sealed.ErrAuthentic) {
		t.Errorf("an authentic record: problem %v, Accept = %v, want ErrAuthentic", sound.Problem, err)
	}
	if _, err := keys.Accept(t.Context(), s, store.Key{InstanceID: "none"}, sound.Digest); !errors.Is(err, store.ErrNotFound) {
		t.Errorf("Accept of none = %v, want ErrNotFound", err)
	}

	update(t, inner, k, func(r *store.Record) { r.Facts = map[string]string{"instance_id": "rm-2"} })
	_, seen := read()
	if !errors.Is(seen.Problem, store.ErrAltered) || len(seen.Unopened) != 0 {
		t.Errorf("Inspect = %+v, want ErrAltered", seen)
	}
	for name, digest := range map[string][]byte{"another digest": sound.Digest, "none": nil} {
		if _, err := keys.Accept(t.Context(), s, k, digest); !errors.Is(err, sealed.ErrOtherDigest) {
			t.Errorf("Accept with %s = %v, want ErrOtherDigest", name, err)
		}
	}
	update(t, inner, k, func(r *store.Record) { r.Facts["instance_id"] = "rm-3" }) // after the operator looked
	if _, err := keys.Accept(t.Context(), s, k, seen.Digest); !errors.Is(err, sealed.ErrOtherDigest) {
		t.Errorf("Accept of bytes that changed = %v, want ErrOtherDigest", err)
	}
	_, seen = read()
	if r, err := keys.Accept(t.Context(), s, k, seen.Digest); err != nil || r.Facts["instance_id"] != "rm-3" {
		t.Fatalf("Accept = %v, %v", r.Facts, err)
	}
	if err := check(t, s, "i"); err != nil {
		t.Errorf("accepted, its secret: %v", err)
	}
	update(t, s, k, func(r *store.Record) { r.Region = "r" })
	update(t, inner, k, func(r *store.Record) { r.Facts["instance_id"] = "rm-4" })
	if err := authenticate(t, s, "i"); !errors.Is(err, store.ErrAltered) {
		t.Errorf("altered after the acceptance: %v, want ErrAltered", err)
	}
}

func TestInspect_OtherIncarnation_NamesTheSecrets(t *testing.T) {
	inner, keys := openBolt(t, t.TempDir()), alone(t, newMemory(t))
	s := sealed.New(inner, keys)
	k := store.Key{InstanceID: "i"}
	put(t, s, "i")
	update(t, inner, k, func(r *store.Record) { r.Incarnation = "another" })
	r, err := s.Get(t.Context(), k)
	must(t, err)
	if found := keys.Inspect(&r); found.Problem == nil || len(found.Unopened) != 1 || found.Unopened[0] != "secrets" {
		t.Errorf("Inspect = %+v, want the field secrets", found)
	}
}

func TestAuthenticate_AlteredRecords_AreCounted(t *testing.T) {
	metrics := prometheus.NewRegistry()
	keys, err := sealed.Open(t.Context(), newMemory(t), &sealed.Options{Metrics: metrics})
	must(t, err)
	inner := openBolt(t, t.TempDir())
	s := sealed.New(inner, keys)
	put(t, s, "i")
	update(t, inner, store.Key{InstanceID: "i"}, func(r *store.Record) { r.Incarnation = "another" })
	r, err := s.Get(t.Context(), store.Key{InstanceID: "i"})
	must(t, err)
	keys.Inspect(&r)
	if _, err := keys.Uses(t.Context(), s); err != nil {
		t.Fatal(err)
	}
	if n := gauge(t, metrics, "alibabacloud_broker_records_altered_total"); n != 0 {
		t.Errorf("%v counted by looks alone", n)
	}
	if r.Authenticate() == nil || gauge(t, metrics, "alibabacloud_broker_records_altered_total") != 1 ||
		gauge(t, metrics, "alibabacloud_broker_secrets_unopened_total") != 0 {
		t.Error("a use of an altered record is not counted once, as that")
	}
}
