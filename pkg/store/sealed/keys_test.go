package sealed_test

import (
	"errors"
	"fmt"
	"io/fs"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/prometheus/client_golang/prometheus"

	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/store"
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/store/sealed"
)

// secret is the content that put seals in a record.
const secret = "secret"

// put seals a secret in the record id.
func put(t *testing.T, s store.Store, id string) store.Record {
	t.Helper()
	return update(t, s, store.Key{InstanceID: id}, func(r *store.Record) { r.Secrets = store.Seal([]byte(secret)) })
}

// check opens the secret of the record id.
func check(t *testing.T, s store.Store, id string) error {
	t.Helper()
	r, err := s.Get(t.Context(), store.Key{InstanceID: id})
	if err != nil {
		return err
	}
	plain, err := r.Secrets.Open()
	if err == nil && string(plain) != secret {
		return fmt.Errorf("it opens as %q", plain)
	}
	return err
}

// sealer returns the id of the key that sealed the secret of a record.
func sealer(t *testing.T, r store.Record) uint32 {
	t.Helper()
	box := r.Secrets.Box()
	if len(box) < 5 {
		t.Fatalf("%s: no box", r.Key)
	}
	return uint32(box[1])<<24 | uint32(box[2])<<16 | uint32(box[3])<<8 | uint32(box[4])
}

// rotated adds a key, waits until it may be promoted, and promotes it.
func rotated(t *testing.T, keys *sealed.Keys) uint32 {
	t.Helper()
	id := add(t, keys)
	pass(61 * time.Second) // between two reloads of keys opened now
	must(t, keys.Promote(t.Context(), id))
	return id
}

func TestKeys_ChangedSource_IsFollowed(t *testing.T) {
	dir := t.TempDir()
	synctest.Test(t, func(t *testing.T) {
		source, inner := newMemory(t), openBolt(t, dir)
		a, b := replica(t, source, nil), replica(t, source, nil)
		old := primary(t, a)
		id := rotated(t, a)
		if got := sealer(t, put(t, sealed.New(inner, a), "i")); got != id {
			t.Errorf("after Promote, key %d seals, want %d", got, id)
		}
		if got := sealer(t, put(t, sealed.New(inner, b), "j")); got != old {
			t.Errorf("key %d seals where nobody has heard of Promote yet, want %d: this test sees nothing", got, old)
		}
		pass(11 * time.Second)
		if got := sealer(t, put(t, sealed.New(inner, b), "j")); got != id {
			t.Errorf("seconds after Promote elsewhere, key %d seals, want %d", got, id)
		}
	})
}

func TestKeys_UnloadedKey_OpensAtOnce(t *testing.T) {
	inner := openBolt(t, t.TempDir())
	source := newMemory(t)
	passive := sealed.New(inner, open(t, source)) // it reloads on demand only
	keys, err := sealed.Open(t.Context(), source, &sealed.Options{SingleProcess: true})
	must(t, err)
	must(t, keys.Promote(t.Context(), add(t, keys)))
	put(t, sealed.New(inner, keys), "i")
	if err := check(t, passive, "i"); err != nil {
		t.Errorf("secret sealed by a key of the source: %v", err)
	}
}

func TestKeys_UnknownKeys_SparesTheSource(t *testing.T) {
	dir := t.TempDir()
	synctest.Test(t, func(t *testing.T) {
		inner := openBolt(t, dir)
		put(t, sealed.New(inner, open(t, newMemory(t))), "i") // of another store
		source, metrics := newMemory(t), prometheus.NewPedanticRegistry()
		keys, err := sealed.Open(t.Context(), source, &sealed.Options{Metrics: metrics})
		must(t, err)
		s, before := sealed.New(inner, keys), source.looked()
		look := func(times int) {
			for range times {
				if err := check(t, s, "i"); !errors.Is(err, store.ErrSeal) {
					t.Fatalf("Open = %v, want ErrSeal", err)
				}
			}
		}
		look(100)
		if n := source.looked() - before; n != 1 {
			t.Errorf("the source was asked %d times for a key that it had not a moment ago, want once", n)
		}
		pass(2 * time.Second)
		look(100)
		if n := source.looked() - before; n != 2 {
			t.Errorf("the source was asked %d times, want twice: it may have the key by now", n)
		}
		if n := gauge(t, metrics, "alibabacloud_broker_secrets_unopened_total"); n != 200 {
			t.Errorf("%v secrets did not open, want 200", n)
		}
	})
}

func TestKeys_UnusableKeyset_KeepsTheKeysInUse(t *testing.T) {
	for name, broken := range map[string]struct {
		set  func(m *memory)
		want error
	}{
		"source unavailable": {func(m *memory) { m.fail = fs.ErrPermission }, fs.ErrPermission},
		"keyset gone":        {func(m *memory) { m.keyset = nil }, fs.ErrNotExist},
		"garbage":            {func(m *memory) { m.keyset = []byte("{") }, store.ErrForeign},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				inner, source := openBolt(t, t.TempDir()), newMemory(t)
				reports, metrics := &news{}, prometheus.NewPedanticRegistry()
				keys := replica(t, source, &sealed.Options{Metrics: metrics, Report: reports.report})
				s := sealed.New(inner, keys)
				put(t, s, "before")
				good := source.content()

				source.set(broken.set)
				pass(time.Hour)
				put(t, s, "meanwhile")
				for _, id := range []string{"before", "meanwhile"} {
					if err := check(t, s, id); err != nil {
						t.Errorf("sealed %s: %v", id, err)
					}
				}
				if n := gauge(t, metrics, "alibabacloud_broker_keyset_broken"); n != 1 {
					t.Errorf("alibabacloud_broker_keyset_broken = %v, want 1", n)
				}
				if d := cmp.Diff([2]int{0, 1}, reports.counts()); d != "" || !errors.Is(reports.errors[0], broken.want) {
					t.Errorf("good and bad reports (-want +got):\n%s%v, want %v", d, reports.errors, broken.want)
				}
				if all, err := keys.List(t.Context()); !errors.Is(err, broken.want) || len(all) != 1 {
					t.Errorf("List = %d keys, %v, want the one in use, and %v", len(all), err, broken.want)
				}
				for change, err := range map[string]error{
					"Add": func() error { _, err := keys.Add(t.Context()); return err }(), "Drop": keys.Drop(t.Context(), s, 1),
				} {
					if !errors.Is(err, broken.want) {
						t.Errorf("%s = %v, want %v", change, err, broken.want)
					}
				}

				source.set(func(m *memory) { m.fail, m.keyset = nil, good })
				pass(11 * time.Second)
				if n := gauge(t, metrics, "alibabacloud_broker_keyset_broken"); n != 0 {
					t.Errorf("put back: alibabacloud_broker_keyset_broken = %v, want 0", n)
				}
				if d := cmp.Diff([2]int{1, 1}, reports.counts()); d != "" {
					t.Errorf("put back: good and bad reports (-want +got):\n%s", d)
				}
				restarted := sealed.New(inner, open(t, source))
				for _, id := range []string{"before", "meanwhile"} {
					if err := check(t, restarted, id); err != nil {
						t.Errorf("sealed %s, after a restart: %v", id, err)
					}
				}
			})
		})
	}
}

func TestKeys_LostPrimaryKey_StopsSealing(t *testing.T) {
	for name, lose := range map[string]func(t *testing.T, m *memory, early []byte){
		"another store's keyset": func(t *testing.T, m *memory, _ []byte) {
			other := newMemory(t).content()
			m.set(func(m *memory) { m.keyset = other })
		},
		"a copy from before the rotation": func(_ *testing.T, m *memory, early []byte) {
			m.set(func(m *memory) { m.keyset = early })
		},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				source, reports := newMemory(t), &news{}
				s, keys := openBolt(t, t.TempDir()), replica(t, source, &sealed.Options{Report: reports.report})
				early := source.content()
				rotated(t, keys)
				late := source.content()
				live := sealed.New(s, keys)
				put(t, live, "i")

				lose(t, source, early)
				pass(11 * time.Second)
				if err := check(t, live, "i"); err != nil {
					t.Errorf("what was sealed before does not open: %v", err)
				}
				_, err := live.Update(t.Context(), store.Key{InstanceID: "j"}, func(r *store.Record) error {
					r.Secrets = store.Seal([]byte(secret))
					return nil
				})
				if !errors.Is(err, store.ErrForeign) {
					t.Errorf("sealing with a key that is lost at the next start = %v, want ErrForeign", err)
				}
				_, err = live.Update(t.Context(), store.Key{InstanceID: "i"}, func(r *store.Record) error {
					r.Region = "r"
					return nil
				})
				if !errors.Is(err, store.ErrForeign) {
					t.Errorf("making a box with a key that is lost at the next start = %v, want ErrForeign", err)
				}
				if n := reports.counts()[1]; n != 1 {
					t.Errorf("%d failures reported, want one", n)
				}

				source.set(func(m *memory) { m.keyset = late })
				pass(11 * time.Second)
				put(t, live, "j")
			})
		})
	}
}

func TestKeys_LostKeyThenOutage_StillStopsSealing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		source := newMemory(t)
		good := source.content()
		live := sealed.New(openBolt(t, t.TempDir()), replica(t, source, nil))
		put(t, live, "i")

		other := newMemory(t).content()
		source.set(func(m *memory) { m.keyset = other })
		pass(11 * time.Second)
		source.set(func(m *memory) { m.fail = errors.New("the server is away") })
		pass(11 * time.Second)
		_, err := live.Update(t.Context(), store.Key{InstanceID: "j"}, func(r *store.Record) error {
			r.Secrets = store.Seal([]byte(secret))
			return nil
		})
		if !errors.Is(err, store.ErrForeign) {
			t.Errorf("sealing with a lost key after a look at a source that is away = %v, want ErrForeign", err)
		}

		source.set(func(m *memory) { m.keyset, m.fail = good, nil })
		pass(11 * time.Second)
		put(t, live, "j")
	})
}

func TestKeys_StoppedDuringRotation_Recovers(t *testing.T) {
	for name, tc := range map[string]struct {
		wake func(t *testing.T, keys *sealed.Keys, inner store.Store) // before it is stopped
		read bool                                                     // it opens something before it seals
	}{
		"it knew the new key":                   {wake: func(t *testing.T, keys *sealed.Keys, _ store.Store) { primary(t, keys) }},
		"it never heard of it, and reads first": {read: true},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				source, inner := newMemory(t), openBolt(t, t.TempDir())
				awake, slept := replica(t, source, nil), open(t, source)
				s := sealed.New(inner, awake)
				old := primary(t, awake)
				put(t, s, "i")
				id := add(t, awake)
				if tc.wake != nil {
					tc.wake(t, slept, inner)
				}
				pass(time.Minute)
				must(t, awake.Promote(t.Context(), id))
				_, err := awake.Reseal(t.Context(), s, nil)
				must(t, err)
				pass(time.Minute)
				must(t, awake.Drop(t.Context(), s, old))
				sleeper := sealed.New(inner, slept)
				if tc.read {
					if err := check(t, sleeper, "i"); err != nil {
						t.Fatalf("it cannot read: %v", err)
					}
				}
				if got := sealer(t, put(t, sleeper, "j")); got != id {
					t.Errorf("it seals with key %d, want %d: the other was dropped", got, id)
				}
			})
		})
	}
}

func TestKeys_AllKeysReplaced_StopsSealing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		source, inner := newMemory(t), openBolt(t, t.TempDir())
		awake, slept := replica(t, source, nil), open(t, source)
		old := primary(t, awake)
		rotated(t, awake)
		pass(time.Minute)
		must(t, awake.Drop(t.Context(), inner, old))
		_, err := sealed.New(inner, slept).Update(t.Context(), store.Key{InstanceID: "j"}, func(r *store.Record) error {
			r.Secrets = store.Seal([]byte(secret))
			return nil
		})
		if !errors.Is(err, store.ErrForeign) {
			t.Errorf("Update = %v, want ErrForeign: its key was dropped", err)
		}
	})
}
