package storetest

import (
	"fmt"
	"runtime"
	"strings"
	"sync"
	"testing"

	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/store"
)

// Shared is a store that several processes open, each over a network of its
// own, from a server.
type Shared struct {
	// Open opens one more replica of the store at dir, as another process would.
	// The suite closes it.
	Open func(t *testing.T, dir string) Replica
	// Compact makes the server drop its history: a watch that was disconnected
	// gets the present state instead of the missed changes.
	Compact func(t *testing.T)
}

// A Replica is a shared store as one process opens it, with its network.
type Replica struct {
	store.Store

	Cut   func() // closes its connections and refuses new ones
	Stall func() // drops all traffic and keeps the connections
	Heal  func() // undoes Cut and Stall
}

// RunShared runs the rules for stores that several processes share.
func RunShared(t *testing.T, shared Shared) {
	for name, test := range sharedRules() {
		t.Run(name, func(t *testing.T) { test(t, &replicas{dir: t.TempDir(), Shared: shared}) })
	}
}

// replicas are the replicas of one test.
type replicas struct {
	Shared

	dir string
}

// A replica is one of them, with the suite's ways to use it.
type replica struct {
	suite

	network Replica
}

func (rs *replicas) open(t *testing.T) *replica {
	t.Helper()
	network := rs.Open(t, rs.dir)
	t.Cleanup(func() {
		network.Heal()
		if err := network.Close(); err != nil {
			t.Errorf("Close: %v", err)
		}
	})
	return &replica{suite: suite{Store: network.Store}, network: network}
}

func sharedRules() map[string]func(t *testing.T, rs *replicas) {
	return map[string]func(t *testing.T, rs *replicas){
		"Replicas_SavedRecord_IsVisibleToAll":    savedRecordIsShared,
		"Replicas_Body_IsSharedAndSwept":         bodyOnReplicas,
		"Replicas_ConcurrentWriters_LoseNothing": writersOnReplicas,
		"Watch_Disconnected_GoesOn":              watchAfter((*replica).cut, func(*testing.T, *replicas) {}),
		"Watch_Stalled_GoesOn":                   watchAfter((*replica).stall, func(*testing.T, *replicas) {}),
		"Watch_CompactedHistory_GoesOn":          watchAfter((*replica).cut, func(t *testing.T, rs *replicas) { rs.Compact(t) }),
		"Lease_EndOfRun_HandsOver":               leaseHandedOver,
		"Lease_HolderDisconnected_LosesFirst":    holderIsFollowed((*replica).cut),
		"Lease_HolderStalled_LosesFirst":         holderIsFollowed((*replica).stall),
		"Lease_ShortOutage_IsKept":               leaseOutlives,
		"All_ManyRecords_HoldsFewAndYieldsEach":  allInPages,
	}
}

func (r *replica) cut()   { r.network.Cut() }
func (r *replica) stall() { r.network.Stall() }

func savedRecordIsShared(t *testing.T, rs *replicas) {
	a, b := rs.open(t), rs.open(t)
	for round := range 20 {
		i, j := instance(fmt.Sprint("i", round)), binding(fmt.Sprint("i", round), "b")
		a.put(t, i, settle(true))
		saved := a.put(t, j, settle(false))
		if got := b.get(t, j); got.Revision != saved.Revision {
			t.Errorf("the other has revision %d, and %d was saved", got.Revision, saved.Revision)
		}
		if d := diff([]store.Key{j}, b.bindings(t, i.InstanceID)); d != "" {
			t.Errorf("bindings (-want +got):\n%s", d)
		}
		if d := diff([]store.Key{j}, b.unfinished(t)); d != "" {
			t.Errorf("unfinished (-want +got):\n%s", d)
		}
		b.put(t, j, settle(true))
		if !a.get(t, j).Settled {
			t.Error("what the second saved the first does not see")
		}
		b.deleteRecord(t, i)
		if got := a.put(t, i, settle(true)); got.Revision <= saved.Revision {
			t.Errorf("revision %d of a new life, after %d", got.Revision, saved.Revision)
		}
	}
	if empty, err := b.Empty(t.Context()); err != nil || empty {
		t.Errorf("Empty = %t, %v", empty, err)
	}
}

func bodyOnReplicas(t *testing.T, rs *replicas) {
	a, b := rs.open(t), rs.open(t)
	digest, key := a.putBody(t, "body")
	b.sweep(t, sweepStart())
	b.nameBodies(t, instance("i"), map[string]store.Sealed{digest: key})
	if n := a.sweep(t, sweepStart().Add(store.BodyAge)); n != 0 {
		t.Errorf("one replica deleted %d bodies that another had named", n)
	}
	a.readsBody(t, digest, a.get(t, instance("i")).Bodies[digest], "body")
	a.nameBodies(t, instance("i"), nil)
	if n := b.sweepAll(t); n != 1 {
		t.Errorf("sweep deleted %d, want the body that nothing names", n)
	}
	a.lacksBody(t, digest, key)
}

func writersOnReplicas(t *testing.T, rs *replicas) {
	const writers, updates = 3, 30
	var wg sync.WaitGroup
	for range writers {
		r := rs.open(t)
		for range updates {
			wg.Go(func() {
				if _, err := r.Update(t.Context(), instance("i"), func(r *store.Record) error { r.Sequence++; return nil }); err != nil {
					t.Errorf("Update: %v", err)
				}
			})
		}
	}
	wg.Wait()
	if r := rs.open(t).get(t, instance("i")); r.Sequence != writers*updates {
		t.Errorf("%d updates were saved of %d", r.Sequence, writers*updates)
	}
}

// watchAfter lets a watcher miss all kinds of changes.
func watchAfter(lose func(*replica), meanwhile func(*testing.T, *replicas)) func(*testing.T, *replicas) {
	return func(t *testing.T, rs *replicas) {
		a, b := rs.open(t), rs.open(t)
		there, settled, deleted := instance("there"), binding("there", "settled"), instance("deleted")
		for _, k := range []store.Key{there, settled, deleted} {
			a.put(t, k, settle(false))
		}
		w := b.watch(t)
		w.waitFor(t, there, settled, deleted)
		lose(b)
		w.drain()
		a.put(t, settled, settle(true))
		a.put(t, instance("made"), settle(false))
		a.put(t, there, settle(false))
		a.deleteRecord(t, deleted)
		meanwhile(t, rs)
		b.network.Heal()
		w.waitFor(t, settled, instance("made"), there, deleted)
		a.put(t, instance("later"), settle(false))
		w.waitFor(t, instance("later"))
		w.end(t)
	}
}

// allInPages lists far more than fits into its memory, and compacts the history
// half-way.
func allInPages(t *testing.T, rs *replicas) {
	const records, size, writers = 10_000, 1 << 10, 50
	a := rs.open(t)
	filler := strings.Repeat("x", size)
	var wg sync.WaitGroup
	for n := range writers {
		wg.Go(func() {
			for i := n; i < records; i += writers {
				a.put(t, instance(fmt.Sprint(i)), func(r *store.Record) { r.Facts = map[string]string{"filler": filler} })
			}
		})
	}
	wg.Wait()
	seen := map[store.Key]bool{}
	before, most := heap(), uint64(0)
	for r, err := range a.All(t.Context()) {
		if err != nil {
			t.Fatalf("All: %v", err)
		}
		if seen[r.Key] {
			t.Errorf("%s came twice", r.Key)
		}
		seen[r.Key] = true
		if len(seen)%1000 == 50 {
			most = max(most, heap())
		}
		if len(seen) == records/2 {
			a.put(t, instance("new"), noChange)
			rs.Compact(t)
		}
	}
	delete(seen, instance("new"))
	if len(seen) != records {
		t.Errorf("All gave %d records of %d", len(seen), records)
	}
	if grown := most - min(most, before); grown > records*size/2 {
		t.Errorf("the heap grew by %d bytes over %d bytes of records", grown, records*size)
	}
}

// heap returns the bytes of the heap in use.
func heap() uint64 {
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.HeapAlloc
}
