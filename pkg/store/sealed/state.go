package sealed

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/tink-crypto/tink-go/v2/keyset"
)

// linger is how long dropped keys still open: records that were read before
// their secrets were sealed anew may still be in use.
const linger = time.Minute

// A state is what Keys know at one time. A state never changes.
type state struct {
	set     *set
	version string // of the source, that set came from
	// standings are since when each key of the set is what it is, as this
	// process saw it: its own clock, and no other, is asked.
	standings map[uint32]standing
	former    []former
	// lost says why the set must not seal any more: until the source has a
	// keyset that is good.
	lost error
}

// A standing is how long a key has been in the set.
type standing struct {
	known time.Time // first seen
	idle  time.Time // since then it does not seal; zero: it is the primary
}

// A former set opens for a while what the present one does not: until the first
// look at the source after that time.
type former struct {
	set   *set
	until time.Time
}

// next returns the state in which another set is in use, or the same.
func (st *state) next(set *set, version string, now time.Time) *state {
	next := &state{set: set, version: version, standings: make(map[uint32]standing, set.handle.Len())}
	for _, key := range set.entries() {
		s, ok := st.standings[key.KeyID()]
		if !ok {
			s.known = now
		}
		switch {
		case key.IsPrimary():
			s.idle = time.Time{}
		case s.idle.IsZero():
			s.idle = now
		}
		next.standings[key.KeyID()] = s
	}
	next.former = slices.DeleteFunc(slices.Clone(st.former), func(f former) bool { return !now.Before(f.until) })
	if st.set != nil && slices.ContainsFunc(st.set.entries(), func(key *keyset.Entry) bool { return !set.holds(key) }) {
		next.former = append(next.former, former{st.set, now.Add(linger)})
	}
	return next
}

// blocked returns the state after the source could not be used. What lost the
// key that seals says so here: that key must not go on sealing, and a source
// that is away does not bring it back.
func (st *state) blocked(lost bool, err error) *state {
	next := *st
	if lost {
		next.lost = err
	}
	return &next
}

// open opens a box with the set in use, or one that was until a while ago.
func (st *state) open(box []byte, place string) ([]byte, error) {
	plain, err := st.set.open(box, place)
	for i := 0; err != nil && i < len(st.former); i++ {
		plain, err = st.former[i].set.open(box, place)
	}
	return plain, err
}

// describe tells the keys of a set apart, without the keys.
func (s *set) describe() string {
	var b strings.Builder
	for i, key := range s.entries() {
		if i > 0 {
			b.WriteString(", ")
		}
		fmt.Fprint(&b, key.KeyID())
		if key.IsPrimary() {
			b.WriteString(" (primary)")
		}
	}
	return b.String()
}
