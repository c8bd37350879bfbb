package oss

import (
	"fmt"
	"iter"
	"maps"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
)

// TestIndex_RandomChanges_AgreesWithMap makes random changes to an index and to
// a map, and compares them after each.
func TestIndex_RandomChanges_AgreesWithMap(t *testing.T) {
	for name, keys := range map[string]int{"few keys, much removed": 300, "many keys": 20000} {
		t.Run(name, func(t *testing.T) {
			random := rand.New(rand.NewPCG(1, uint64(keys)))
			var x index
			model := map[string]*version{}
			for step := range 20000 {
				key := fmt.Sprintf("k%05d", random.IntN(keys))
				if random.IntN(3) == 0 {
					x.set(key, nil)
					delete(model, key)
				} else {
					v := &version{id: fmt.Sprint(step)}
					x.set(key, []*version{v})
					model[key] = v
				}
				if got := x.get(key); (len(got) == 1) != (model[key] != nil) || len(got) == 1 && got[0] != model[key] {
					t.Fatalf("step %d: get(%s) = %v, want %v", step, key, got, model[key])
				}
			}
			check(t, &x, model)
			for key := range model {
				x.set(key, nil)
			}
			check(t, &x, nil)
		})
	}
}

func check(t *testing.T, x *index, model map[string]*version) {
	t.Helper()
	want := slices.Sorted(maps.Keys(model))
	for _, from := range []string{"", "k", "k00100", "k00100x", "k99999", "z"} {
		var got []string
		for key, versions := range x.from(from) {
			if versions[0] != model[key] {
				t.Errorf("%s has another's version", key)
			}
			got = append(got, key)
		}
		i, _ := slices.BinarySearch(want, from)
		if !slices.Equal(got, want[i:]) {
			t.Errorf("from %q: %d keys, want %d in order", from, len(got), len(want[i:]))
		}
	}
	if x.count != len(want) {
		t.Errorf("count = %d, want %d", x.count, len(want))
	}
	for _, c := range x.chunks {
		if len(c) == 0 || len(c) > chunkSize {
			t.Errorf("a chunk has %d keys", len(c))
		}
	}
}

func TestIndex_KeysInOrder_FillChunks(t *testing.T) {
	var x index
	for i := range 10 * chunkSize {
		x.set(fmt.Sprintf("%06d", i), []*version{{}})
	}
	if len(x.chunks) != 10 {
		t.Errorf("%d chunks, want 10", len(x.chunks))
	}
}

// TestPaginate_FoldedPrefix_PassedAtOnce counts the lines that a page looks at.
func TestPaginate_FoldedPrefix_PassedAtOnce(t *testing.T) {
	var x index
	for i := range 5000 {
		x.set(fmt.Sprintf("folder-%d/%04d", i%2, i), []*version{{}})
	}
	x.set("last", []*version{{}})
	looked := 0
	items := func(from string) iter.Seq[item] {
		return func(yield func(item) bool) {
			for key := range x.from(from) {
				looked++
				if !yield(item{key: key}) {
					return
				}
			}
		}
	}
	p := paginate(items, folding{delimiter: "/", size: 10})
	if got := strings.Join(p.prefixes, " "); got != "folder-0/ folder-1/" || len(p.items) != 1 || p.items[0].key != "last" || p.truncated {
		t.Errorf("page %+v", p)
	}
	if looked > 4 {
		t.Errorf("the page looked at %d lines", looked)
	}
	p = paginate(items, folding{delimiter: "/", size: 1, from: after("folder-0/"), shown: "folder-0/"})
	if len(p.prefixes) != 1 || p.prefixes[0] != "folder-1/" || !p.truncated {
		t.Errorf("the page behind folder-0/: %+v", p)
	}
}
