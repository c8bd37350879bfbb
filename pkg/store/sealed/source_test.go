package sealed_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io/fs"
	"slices"
	"strconv"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/prometheus/client_golang/prometheus"

	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/store/sealed"
)

// A memory is a source that tests can break.
type memory struct {
	mu      sync.Mutex
	keyset  []byte
	version int
	reads   int
	fail    error  // of every Read
	replace error  // of every Replace
	before  func() // every Replace
}

// newMemory returns a source with a keyset of one key.
func newMemory(t *testing.T) *memory {
	t.Helper()
	m := &memory{}
	if err := sealed.Create(t.Context(), m); err != nil {
		t.Fatal(err)
	}
	return m
}

func (m *memory) String() string { return "memory" }

func (m *memory) Read(context.Context) ([]byte, string, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.reads++
	switch {
	case m.fail != nil:
		return nil, "", m.fail
	case m.keyset == nil:
		return nil, "", fs.ErrNotExist
	}
	return m.keyset, strconv.Itoa(m.version), nil
}

func (m *memory) Create(_ context.Context, keyset []byte) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.keyset != nil {
		return fs.ErrExist
	}
	m.keyset, m.version = keyset, m.version+1
	return nil
}

func (m *memory) Replace(_ context.Context, keyset []byte, version string) error {
	m.mu.Lock()
	before := m.before
	m.mu.Unlock()
	if before != nil {
		before()
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	switch {
	case m.replace != nil:
		return m.replace
	case version != strconv.Itoa(m.version):
		return sealed.ErrChanged
	}
	m.keyset, m.version = keyset, m.version+1
	return nil
}

// set changes the source as another process does.
func (m *memory) set(change func(m *memory)) {
	m.mu.Lock()
	defer m.mu.Unlock()
	change(m)
	m.version++
}

// content returns the keyset of the source.
func (m *memory) content() []byte {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.keyset
}

// withoutRequirement removes the keyset's entry that all records have boxes, as in
// a keyset of before the boxes.
func (m *memory) withoutRequirement(t *testing.T) *memory {
	t.Helper()
	m.set(func(m *memory) {
		var keyset map[string]any
		must(t, json.Unmarshal(m.keyset, &keyset))
		keys, _ := keyset["key"].([]any)
		keyset["key"] = slices.DeleteFunc(keys, func(key any) bool {
			b, err := json.Marshal(key)
			return err != nil || bytes.Contains(b, []byte("records-authenticated"))
		})
		var err error
		m.keyset, err = json.Marshal(keyset)
		must(t, err)
	})
	return m
}

// looked counts the reads so far.
func (m *memory) looked() int {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.reads
}

// news collects the reports of keys.
type news struct {
	mu     sync.Mutex
	good   []string
	errors []error
}

func (n *news) report(what string, err error) {
	n.mu.Lock()
	defer n.mu.Unlock()
	if err != nil {
		n.errors = append(n.errors, err)
	} else {
		n.good = append(n.good, what)
	}
}

// counts returns the numbers of good and bad reports.
func (n *news) counts() [2]int {
	n.mu.Lock()
	defer n.mu.Unlock()
	return [2]int{len(n.good), len(n.errors)}
}

// replica opens the keys of one of several processes, and follows their source
// for the rest of the test.
func replica(t *testing.T, source sealed.Source, o *sealed.Options) *sealed.Keys {
	t.Helper()
	keys, err := sealed.Open(t.Context(), source, o)
	if err != nil {
		t.Fatal(err)
	}
	go keys.Watch(t.Context())
	return keys
}

// primary returns the id of the key that seals.
func primary(t *testing.T, keys *sealed.Keys) uint32 {
	t.Helper()
	all, err := keys.List(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for _, key := range all {
		if key.Primary {
			return key.ID
		}
	}
	t.Fatal("no key is primary")
	return 0
}

// ids returns the ids of keys.
func ids(keys []sealed.Key) []uint32 {
	all := make([]uint32, 0, len(keys))
	for _, key := range keys {
		all = append(all, key.ID)
	}
	return all
}

// add adds a key, which must succeed.
func add(t *testing.T, keys *sealed.Keys) uint32 {
	t.Helper()
	key, err := keys.Add(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return key.ID
}

// must fails the test for an error.
func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// pass lets time pass in a test that owns its clock.
func pass(d time.Duration) { <-time.After(d) }

// gauge returns the value of a metric without labels.
func gauge(t *testing.T, metrics prometheus.Gatherer, name string) float64 {
	t.Helper()
	families, err := metrics.Gather()
	must(t, err)
	for _, family := range families {
		if family.GetName() == name {
			m := family.GetMetric()[0]
			return m.GetGauge().GetValue() + m.GetCounter().GetValue()
		}
	}
	t.Fatalf("there is no metric %s", name)
	return 0
}

func TestKeys_ConcurrentEdits_AreAllKept(t *testing.T) {
	for name, source := range map[string]sealed.Source{
		"file": sealed.File(newKeysetFile(t, t.TempDir(), "keyset.json")), "memory": newMemory(t),
	} {
		var (
			wg    sync.WaitGroup
			mu    sync.Mutex
			added = map[uint32]bool{}
		)
		for range 4 {
			keys := open(t, source) // of a process each
			wg.Go(func() {
				for range 2 {
					key, err := keys.Add(t.Context())
					if err != nil {
						t.Errorf("%s: Add: %v", name, err)
						continue
					}
					mu.Lock()
					added[key.ID] = true
					mu.Unlock()
				}
			})
		}
		wg.Wait()
		all, err := open(t, source).List(t.Context())
		must(t, err)
		if len(all) != 9 || len(added) != 8 {
			t.Errorf("%s: %d keys are there after %d were added to one", name, len(all), len(added))
		}
		for _, key := range all {
			if !key.Primary && !added[key.ID] {
				t.Errorf("%s: key %d came from nowhere", name, key.ID)
			}
		}
	}
}

func TestKeys_ReadOnlySource_DiffersFromABrokenOne(t *testing.T) {
	source := newMemory(t)
	keys := open(t, source)
	before := source.content()
	broken := errors.New("broken")
	for _, want := range []error{sealed.ErrReadOnly, broken} {
		source.set(func(m *memory) { m.replace = want })
		if _, err := keys.Add(t.Context()); !errors.Is(err, want) {
			t.Errorf("Add = %v, want %v", err, want)
		}
	}
	if d := cmp.Diff(before, source.content()); d != "" {
		t.Errorf("the keyset was changed (-want +got):\n%s", d)
	}
	all, err := keys.List(t.Context())
	if err != nil || len(all) != 1 {
		t.Errorf("List = %d keys, %v, want the first one alone", len(all), err)
	}
}
