package sealed_test

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/store"
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/store/sealed"
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/store/storetest"
)

// newer is a store with records of a newer broker.
type newer struct{ store.Store }

func (n newer) All(ctx context.Context) iter.Seq2[store.Record, error] {
	return func(yield func(store.Record, error) bool) {
		for r, err := range n.Store.All(ctx) {
			r.Schema = store.SchemaVersion + 1
			if !yield(r, err) {
				return
			}
		}
	}
}

// slow is a store whose first write decides at once and takes effect when goOn
// is closed.
type slow struct {
	store.Store

	goOn chan struct{}
	once sync.Once
}

func (s *slow) Update(ctx context.Context, k store.Key, change func(*store.Record) error) (store.Record, error) {
	s.once.Do(func() {
		decided := store.Record{Key: k}
		failed := change(&decided)
		<-s.goOn
		change = func(r *store.Record) error {
			*r = decided
			return failed
		}
	})
	return s.Store.Update(ctx, k, change)
}

// alone opens the keys of a process that is the only one.
func alone(t *testing.T, source sealed.Source) *sealed.Keys {
	t.Helper()
	keys, err := sealed.Open(t.Context(), source, &sealed.Options{SingleProcess: true})
	must(t, err)
	return keys
}

// full is a record with a secret in every place.
func full(r *store.Record) {
	box := func(what string) store.Sealed { return store.Seal([]byte(what)) }
	r.Incarnation, r.Region, r.Settled = "life", "cn-hangzhou", true
	r.Created = time.Date(2024, 2, 29, 0, 0, 0, 0, time.UTC)
	r.Facts = map[string]string{"id": "rm-1"}
	r.Secrets, r.Credentials = box("secrets"), box("credentials")
	r.Want = &store.Spec{PlanID: "p", Parameters: box("want"), Prepared: box("prepared")}
	r.Have = &store.Spec{PlanID: "q", Parameters: box("have"), Prepared: box("was prepared")}
	r.Frozen = map[string]store.Sealed{"a": box("a"), "b": box("b")}
	r.History = store.NewHistory(store.Event{Outcome: "done"})
}

// opened compares records by the content of their secrets; it ignores
// revisions and the boxes of the records themselves.
func opened() cmp.Options {
	return cmp.Options{
		cmp.Comparer(func(a, b store.Sealed) bool {
			x, err := a.Open()
			y, other := b.Open()
			return err == nil && other == nil && string(x) == string(y)
		}),
		cmp.FilterPath(func(p cmp.Path) bool { return p.Last().String() == ".Revision" }, cmp.Ignore()),
		cmpopts.IgnoreTypes(store.Authentication{}),
	}
}

func TestReseal_Records_ChangesBoxesOnly(t *testing.T) {
	inner, source := openBolt(t, t.TempDir()), newMemory(t)
	keys := alone(t, source)
	s := sealed.New(inner, keys)
	old := primary(t, keys)
	i := store.Key{InstanceID: "i"}
	before := map[store.Key]store.Record{
		i:                                 update(t, s, i, full),
		{InstanceID: "i", BindingID: "b"}: update(t, s, store.Key{InstanceID: "i", BindingID: "b"}, full),
		{InstanceID: "plain"}:             update(t, s, store.Key{InstanceID: "plain"}, func(r *store.Record) { r.Region = "r" }),
	}
	id := add(t, keys)
	must(t, keys.Promote(t.Context(), id))
	fresh := update(t, s, store.Key{InstanceID: "fresh"}, full)

	var reports []sealed.Resealed
	did, err := keys.Reseal(t.Context(), s, func(r sealed.Resealed) { reports = append(reports, r) })
	must(t, err)
	if d := cmp.Diff(sealed.Resealed{Records: 4, Resealed: 3}, did); d != "" {
		t.Errorf("Reseal (-want +got):\n%s", d)
	}
	for k, was := range before {
		is, err := s.Get(t.Context(), k)
		must(t, err)
		if d := cmp.Diff(was, is, opened()); d != "" {
			t.Errorf("%s (-before +after):\n%s", k, d)
		}
	}
	if is, err := s.Get(t.Context(), fresh.Key); err != nil || is.Revision != fresh.Revision {
		t.Errorf("what the primary key had sealed was written again (%v)", err)
	}
	uses, err := keys.Uses(t.Context(), s)
	if d := cmp.Diff(map[uint32]int{id: 4}, uses.Keys); d != "" || err != nil {
		t.Errorf("uses, %d being the old key (-want +got):\n%s%v", old, d, err)
	}
	if did, err = keys.Reseal(t.Context(), s, nil); err != nil || did.Resealed != 0 {
		t.Errorf("Reseal again = %+v, %v, want nothing to do", did, err)
	}
}

func TestReseal_UnopenableSecrets_AreLeftAndNamed(t *testing.T) {
	inner, keys := openBolt(t, t.TempDir()), alone(t, newMemory(t).withoutRequirement(t))
	s := sealed.New(inner, keys)
	put(t, s, "good")
	half := store.Key{InstanceID: "half"}
	update(t, s, half, full)
	update(t, inner, half, func(r *store.Record) {
		r.Credentials, r.Authentication = store.Boxed([]byte("broken"), nil), store.Authentication{}
	})
	put(t, sealed.New(inner, newKeys(t)), "foreign")
	id := add(t, keys)
	must(t, keys.Promote(t.Context(), id))

	did, err := keys.Reseal(t.Context(), sealed.New(damaged{inner}, keys), nil)
	must(t, err)
	var left []string
	for _, failed := range did.Failures {
		left = append(left, failed.Key.InstanceID)
	}
	want := map[string]bool{"\x00": true, "half": true, "foreign": true}
	got := map[string]bool{}
	for _, id := range left {
		got[id] = true
	}
	if d := cmp.Diff(want, got); d != "" || did.Failed != 3 || did.Records != 4 {
		t.Errorf("Reseal = %+v; left (-want +got):\n%s", did, d)
	}
	r, err := s.Get(t.Context(), half)
	must(t, err)
	if sealer(t, r) != id {
		t.Error("what opens in a record was left with what does not")
	}
	if got := r.Credentials.Box(); string(got) != "broken" {
		t.Errorf("what does not open was changed to %x", got)
	}
}

func TestReseal_AfterACrash_GoesOn(t *testing.T) {
	const records = 20
	for n := 1; ; n += 3 {
		faulty := storetest.NewFaulty(openBolt(t, t.TempDir()))
		source := newMemory(t)
		keys := alone(t, source)
		s := sealed.New(faulty, keys)
		for i := range records {
			put(t, s, fmt.Sprint(i))
		}
		old := primary(t, keys)
		must(t, keys.Promote(t.Context(), add(t, keys)))
		faulty.FailWrite(n, n%2 == 0)
		did, err := keys.Reseal(t.Context(), s, nil)
		crashed := errors.Is(err, storetest.ErrDead)
		if !crashed && err != nil {
			t.Fatal(err)
		}
		for i := range records {
			if err := check(t, s, fmt.Sprint(i)); err != nil {
				t.Fatalf("crash at write %d: record %d: %v", n, i, err)
			}
		}
		if crashed {
			faulty.Revive()
			keys = alone(t, source) // as after a restart
			s = sealed.New(faulty, keys)
			again, err := keys.Reseal(t.Context(), s, nil)
			must(t, err)
			if again.Records != records || again.Resealed > records-did.Resealed {
				t.Errorf("crash at write %d: %d were resealed, then %d of %d", n, did.Resealed, again.Resealed, again.Records)
			}
		}
		if err := keys.Drop(t.Context(), s, old); err != nil {
			t.Fatalf("crash at write %d: %v", n, err)
		}
		if !crashed {
			break
		}
	}
}

func TestReseal_ConcurrentWriters_LosesNoWrite(t *testing.T) {
	const writers, writes = 8, 20
	inner, keys := openBolt(t, t.TempDir()), alone(t, newMemory(t))
	s := sealed.New(inner, keys)
	count := func(r *store.Record) int { return int(r.Sequence) }
	for i := range 4 {
		put(t, s, fmt.Sprint(i))
	}
	var wg sync.WaitGroup
	for range writers {
		wg.Go(func() {
			for n := range writes {
				k := store.Key{InstanceID: fmt.Sprint(n % 4)}
				if _, err := s.Update(t.Context(), k, func(r *store.Record) error {
					plain, err := r.Secrets.Open()
					if n%3 == 0 {
						r.Secrets = store.Seal(plain)
					}
					r.Sequence++
					return err
				}); err != nil {
					t.Error(err)
				}
				if n%5 == 4 { // a record deleted during resealing stays deleted
					gone := store.Key{InstanceID: "gone"}
					if _, err := s.Update(t.Context(), gone, func(r *store.Record) error { full(r); return nil }); err != nil {
						t.Error(err)
					}
					if err := s.Delete(t.Context(), gone, nil); err != nil {
						t.Error(err)
					}
				}
			}
		})
	}
	for range 5 {
		must(t, keys.Promote(t.Context(), add(t, keys)))
		_, err := keys.Reseal(t.Context(), s, nil)
		must(t, err)
	}
	wg.Wait()
	total := 0
	for i := range 4 {
		r, err := s.Get(t.Context(), store.Key{InstanceID: fmt.Sprint(i)})
		must(t, err)
		total += count(&r)
		if err := check(t, s, fmt.Sprint(i)); err != nil {
			t.Error(err)
		}
	}
	if total != writers*writes {
		t.Errorf("%d of %d writes are there", total, writers*writes)
	}
	if _, err := s.Get(t.Context(), store.Key{InstanceID: "gone"}); !errors.Is(err, store.ErrNotFound) {
		t.Errorf("a deleted record = %v, want ErrNotFound", err)
	}
}
