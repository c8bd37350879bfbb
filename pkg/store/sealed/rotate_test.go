package sealed_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/store"
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/store/sealed"
)

func TestKeys_ListAndRotate_InOrder(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		source, st := newMemory(t), openBolt(t, t.TempDir())
		keys := replica(t, source, nil)
		began := time.Now()
		old := primary(t, keys)
		id := add(t, keys)
		all, err := keys.List(t.Context())
		must(t, err)
		if d := cmp.Diff([]sealed.Key{
			{ID: old, Primary: true, Status: "enabled", Known: began}, {ID: id, Status: "enabled", Known: began},
		}, all); d != "" {
			t.Errorf("List (-want +got):\n%s", d)
		}
		no := id + 1
		if no == old {
			no++
		}
		for name, tc := range map[string]struct{ got, want error }{
			"Promote of no key":     {keys.Promote(t.Context(), no), sealed.ErrNoKey},
			"Promote at once":       {keys.Promote(t.Context(), id), sealed.ErrTooEarly},
			"Promote again":         {keys.Promote(t.Context(), old), nil},
			"Drop of no key":        {keys.Drop(t.Context(), st, no), sealed.ErrNoKey},
			"Drop of the primary":   {keys.Drop(t.Context(), st, old), sealed.ErrPrimary},
			"Drop at once":          {keys.Drop(t.Context(), st, id), sealed.ErrTooEarly},
			"Promote, just started": {open(t, source).Promote(t.Context(), id), sealed.ErrTooEarly},
		} {
			if !errors.Is(tc.got, tc.want) {
				t.Errorf("%s = %v, want %v", name, tc.got, tc.want)
			}
		}
		pass(time.Minute)
		must(t, keys.Promote(t.Context(), id))
		if err := keys.Drop(t.Context(), st, old); !errors.Is(err, sealed.ErrTooEarly) {
			t.Errorf("Drop right after Promote = %v, want ErrTooEarly: a replica may still seal with it", err)
		}
		pass(time.Minute)
		must(t, keys.Drop(t.Context(), st, old))
		all, err = keys.List(t.Context())
		if d := cmp.Diff([]uint32{id}, ids(all)); d != "" || err != nil {
			t.Errorf("List (-want +got):\n%s%v", d, err)
		}
	})
}

func TestDrop_KeyInUse_IsKeptUntilUnused(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		source, inner := newMemory(t), openBolt(t, t.TempDir())
		keys := replica(t, source, nil)
		s := sealed.New(inner, keys)
		old := primary(t, keys)
		for i := range 3 {
			put(t, s, fmt.Sprint("old ", i))
		}
		update(t, s, store.Key{InstanceID: "without"}, func(*store.Record) {})
		stolen := put(t, s, "stolen") // read before, used later
		id := rotated(t, keys)
		put(t, s, "new")
		pass(time.Minute)

		uses, err := keys.Uses(t.Context(), s)
		if d := cmp.Diff(sealed.Uses{Records: 6, Keys: map[uint32]int{old: 5, id: 1}}, uses); d != "" || err != nil {
			t.Errorf("Uses (-want +got):\n%s%v", d, err)
		}
		err = keys.Drop(t.Context(), s, old)
		inUse, ok := errors.AsType[*sealed.InUseError](err)
		if !errors.Is(err, sealed.ErrInUse) || !ok || inUse.Records != 5 {
			t.Errorf("Drop = %v, want ErrInUse by 5 records", err)
		}
		_, err = keys.Reseal(t.Context(), s, nil)
		must(t, err)
		must(t, keys.Drop(t.Context(), s, old))

		if plain, err := stolen.Secrets.Open(); err != nil || string(plain) != secret {
			t.Errorf("a record read before does not open right after Drop: %q, %v", plain, err)
		}
		pass(2 * time.Minute)
		if plain, err := stolen.Secrets.Open(); !errors.Is(err, store.ErrSeal) {
			t.Errorf("what the dropped key sealed opens as %q, %v, want ErrSeal", plain, err)
		}
		if err := check(t, s, "old 1"); err != nil {
			t.Errorf("resealed: %v", err)
		}
	})
}

func TestDrop_UnknownUse_KeepsTheKey(t *testing.T) {
	for name, spoil := range map[string]func(t *testing.T, inner store.Store, box []byte) store.Store{
		"a damaged record": func(_ *testing.T, inner store.Store, _ []byte) store.Store { return damaged{inner} },
		"a newer record":   func(_ *testing.T, inner store.Store, _ []byte) store.Store { return newer{inner} },
		"a secret in a member that only newer brokers know": func(t *testing.T, inner store.Store, box []byte) store.Store {
			update(t, inner, store.Key{InstanceID: "i"}, func(r *store.Record) {
				b, err := json.Marshal(map[string]any{"of": []any{box}})
				must(t, err)
				r.Secrets = store.Sealed{}
				r.Operation = &store.Operation{Unknown: map[string]json.RawMessage{"later": b}}
			})
			return inner
		},
	} {
		source, inner := newMemory(t), openBolt(t, t.TempDir())
		keys, err := sealed.Open(t.Context(), source, &sealed.Options{SingleProcess: true})
		must(t, err)
		s := sealed.New(inner, keys)
		old := primary(t, keys)
		r := put(t, s, "i")
		must(t, keys.Promote(t.Context(), add(t, keys)))
		if _, err := keys.Reseal(t.Context(), s, nil); err != nil {
			t.Fatal(err)
		}
		if err := keys.Drop(t.Context(), spoil(t, inner, r.Secrets.Box()), old); !errors.Is(err, sealed.ErrInUse) {
			t.Errorf("%s: Drop = %v, want ErrInUse", name, err)
		}
	}
}

func TestDrop_RunningUpdates_AreCounted(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		inner := &slow{Store: openBolt(t, t.TempDir()), goOn: make(chan struct{})}
		keys, err := sealed.Open(t.Context(), newMemory(t), &sealed.Options{SingleProcess: true})
		must(t, err)
		s := sealed.New(inner, keys)
		old := primary(t, keys)
		go put(t, s, "i")
		synctest.Wait() // it is sealed, and still unsaved
		must(t, keys.Promote(t.Context(), add(t, keys)))
		dropped := make(chan error, 1)
		go func() { dropped <- keys.Drop(t.Context(), s, old) }()
		synctest.Wait()
		put(t, sealed.New(inner.Store, keys), "j") // other writers go on
		close(inner.goOn)
		if err := <-dropped; !errors.Is(err, sealed.ErrInUse) {
			t.Errorf("Drop = %v, want ErrInUse", err)
		}
		if err := check(t, s, "i"); err != nil {
			t.Errorf("what was being written does not open: %v", err)
		}
	})
}

func TestDrop_ChangedKeyset_CountsAgain(t *testing.T) {
	source, st := newMemory(t), openBolt(t, t.TempDir())
	keys, err := sealed.Open(t.Context(), source, &sealed.Options{SingleProcess: true})
	must(t, err)
	s := sealed.New(st, keys)
	old := primary(t, keys)
	must(t, keys.Promote(t.Context(), add(t, keys)))
	// While Drop works, another process makes the key the primary one again.
	other, err := sealed.Open(t.Context(), source, &sealed.Options{SingleProcess: true})
	must(t, err)
	source.set(func(m *memory) {
		m.before = func() {
			m.set(func(m *memory) { m.before = nil })
			must(t, other.Promote(t.Context(), old))
			put(t, sealed.New(st, other), "i")
		}
	})
	if err := keys.Drop(t.Context(), s, old); !errors.Is(err, sealed.ErrPrimary) {
		t.Errorf("Drop = %v, want ErrPrimary", err)
	}
	if err := check(t, s, "i"); err != nil {
		t.Errorf("what it sealed: %v", err)
	}
}

func TestRotation_ConcurrentUse_OpensEverySecret(t *testing.T) {
	const rounds = 3
	synctest.Test(t, func(t *testing.T) {
		source, inner := newMemory(t), openBolt(t, t.TempDir())
		var replicas []*sealed.Keys
		for range 2 {
			replicas = append(replicas, replica(t, source, nil))
		}
		ctx, cancel := context.WithCancel(t.Context())
		var (
			wg            sync.WaitGroup
			mu            sync.Mutex
			passes, reads int
		)
		for worker := range 8 {
			s := sealed.New(inner, replicas[worker%2])
			wg.Go(func() {
				for n := 0; ctx.Err() == nil; n++ {
					if n%4 == 0 { // some are written often, some once
						put(t, s, fmt.Sprintf("%d-%d", worker, n%3))
					}
					for other := range 8 {
						err := check(t, s, fmt.Sprintf("%d-%d", other, n%3))
						if err != nil && !errors.Is(err, store.ErrNotFound) {
							t.Errorf("worker %d: %v", worker, err)
						}
					}
					mu.Lock()
					passes, reads = passes+1, reads+8
					mu.Unlock()
					pass(time.Duration(1700+worker*100) * time.Millisecond)
				}
			})
		}
		for round := range rounds {
			keys := replicas[round%2]
			s := sealed.New(inner, keys)
			old := primary(t, keys)
			rotated(t, keys)
			pass(time.Minute)
			_, err := keys.Reseal(t.Context(), s, nil)
			must(t, err)
			must(t, keys.Drop(t.Context(), s, old))
		}
		pass(2 * time.Minute)
		cancel()
		wg.Wait()
		all, err := replicas[0].List(t.Context())
		if len(all) != 1 || err != nil {
			t.Errorf("%d keys are left, %v, want the last one", len(all), err)
		}
		if _, err := sealed.Ensure(t.Context(), source, inner, nil); err != nil {
			t.Errorf("after a restart: %v", err)
		}
		t.Logf("%d rotations, %d passes of workers, %d reads", rounds, passes, reads)
	})
}
