package oss

import (
	"cmp"
	"iter"
	"slices"
	"strings"
)

// chunkSize limits the keys in one chunk of an index.
const chunkSize = 256

// An entry is a key with its versions, at least one, the oldest first.
type entry struct {
	key      string
	versions []*version
}

// An index holds the keys of a bucket in their order, so that a page of a list
// costs the same however many there are. It is a list of sorted chunks: a
// change moves at most one chunk's keys. The zero value is empty.
type index struct {
	chunks [][]entry // each has entries
	count  int
}

// locate finds the chunk and the place in it where key is, or belongs.
func (x *index) locate(key string) (chunk, at int, found bool) {
	chunk, found = slices.BinarySearchFunc(x.chunks, key, func(c []entry, key string) int { return strings.Compare(c[0].key, key) })
	if found || len(x.chunks) == 0 {
		return chunk, 0, found
	}
	chunk = max(0, chunk-1)
	at, found = slices.BinarySearchFunc(x.chunks[chunk], key, func(e entry, key string) int { return strings.Compare(e.key, key) })
	return chunk, at, found
}

// get returns the versions of key, nil for a missing key.
func (x *index) get(key string) []*version {
	if chunk, at, found := x.locate(key); found {
		return x.chunks[chunk][at].versions
	}
	return nil
}

// set replaces the versions of key; an empty list removes the key.
func (x *index) set(key string, versions []*version) {
	chunk, at, found := x.locate(key)
	switch {
	case len(versions) == 0 && found:
		x.remove(chunk, at)
	case len(versions) == 0:
	case found:
		x.chunks[chunk][at].versions = versions
	default:
		x.insert(chunk, at, entry{strings.Clone(key), versions})
	}
}

func (x *index) insert(chunk, at int, e entry) {
	x.count++
	if len(x.chunks) == 0 {
		x.chunks = [][]entry{{e}}
		return
	}
	if full := x.chunks[chunk]; len(full) == chunkSize {
		// Keys put in order leave full chunks behind, other orders two halves.
		middle := chunkSize / 2
		if at == chunkSize {
			middle = chunkSize
		}
		rest := append(make([]entry, 0, chunkSize), full[middle:]...)
		clear(full[middle:])
		x.chunks[chunk] = full[:middle]
		if at >= middle {
			at -= middle
			chunk++
			rest = slices.Insert(rest, at, e)
			x.chunks = slices.Insert(x.chunks, chunk, rest)
			return
		}
		x.chunks = slices.Insert(x.chunks, chunk+1, rest)
	}
	x.chunks[chunk] = slices.Insert(x.chunks[chunk], at, e)
}

func (x *index) remove(chunk, at int) {
	x.count--
	if len(x.chunks[chunk]) == 1 {
		x.chunks = slices.Delete(x.chunks, chunk, chunk+1)
		return
	}
	x.chunks[chunk] = slices.Delete(x.chunks[chunk], at, at+1)
}

// from iterates over the keys from the given one on. The index must stay
// unchanged meanwhile.
func (x *index) from(key string) iter.Seq2[string, []*version] {
	return func(yield func(string, []*version) bool) {
		chunk, at, _ := x.locate(key)
		for ; chunk < len(x.chunks); chunk, at = chunk+1, 0 {
			for _, e := range x.chunks[chunk][at:] {
				if !yield(e.key, e.versions) {
					return
				}
			}
		}
	}
}

// all iterates over all keys.
func (x *index) all() iter.Seq2[string, []*version] { return x.from("") }

// An item is one line of a list. id distinguishes lines of the same key.
type item struct{ key, id string }

// A page is a part of a list.
type page struct {
	items     []item
	prefixes  []string
	truncated bool
	last      item // the last item, or a common prefix as a key
}

// A folding describes how a list is cut and folded.
type folding struct {
	from   string // the first key that may be listed
	prefix string // the common beginning of all keys
	// delimiter folds the keys that share their beginning up to it into one
	// common prefix; empty: no folding.
	delimiter string
	shown     string // the common prefix with which the page before ended, if it did
	size      int    // of the page
}

// paginate returns the first page of a list. items yields its lines in order,
// from a key on; the keys behind a folded prefix are skipped in one step.
func paginate(items func(from string) iter.Seq[item], f folding) page {
	var p page
	for from, folded := cmp.Or(max(f.from, f.prefix), f.prefix), true; folded; {
		folded = false
		for it := range items(from) {
			if !strings.HasPrefix(it.key, f.prefix) {
				return p
			}
			common := f.common(it.key)
			if common == "" || common != f.shown {
				if len(p.items)+len(p.prefixes) == f.size {
					p.truncated = true
					return p
				}
				p.last = item{key: common}
				if common == "" {
					p.items = append(p.items, it)
					p.last = it
					continue
				}
				p.prefixes = append(p.prefixes, common)
			}
			from, folded = successorOf(common), true
			break
		}
	}
	return p
}

// common returns the prefix into which a key is folded, empty for an unfolded
// key.
func (f folding) common(key string) string {
	if f.delimiter != "" {
		if i := strings.Index(key[len(f.prefix):], f.delimiter); i >= 0 {
			return key[:len(f.prefix)+i+len(f.delimiter)]
		}
	}
	return ""
}

// successorOf returns the least string that is greater than all strings with the
// prefix. Keys are UTF-8, so that the byte 0xFF is absent from prefixes.
func successorOf(prefix string) string {
	last := len(prefix) - 1
	return prefix[:last] + string([]byte{prefix[last] + 1})
}

// after returns the least string that is greater than key, and the empty string
// for the empty key.
func after(key string) string {
	if key == "" {
		return ""
	}
	return key + "\x00"
}
