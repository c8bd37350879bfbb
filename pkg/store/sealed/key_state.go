package sealed

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/tink-crypto/tink-go/v2/keyset"
)

// retiredFor is the time that dropped keys still open: records that were read before
// their secrets were sealed anew may still be in use.
const retiredFor = time.Minute

// A state is the immutable knowledge of Keys at one time.
type state struct {
	set     *keySet
	version string // of the source, that set came from
	// ages holds, for each key of the set, since when this process has seen it
	// in its role, by its own clock.
	ages    map[uint32]keyAge
	retired []retiredSet
	// sealingErr, if set, stops sealing until the source has a good keyset.
	sealingErr error
}

// A keyAge is how long a key has been in the set.
type keyAge struct {
	known time.Time // first seen
	idle  time.Time // last time as the primary; zero: it is the primary
}

// A retiredSet still opens older boxes, until the first reload after that time.
type retiredSet struct {
	set   *keySet
	until time.Time
}

// next returns the state in which another set is in use, or the same.
func (st *state) next(set *keySet, version string, now time.Time) *state {
	next := &state{set: set, version: version, ages: make(map[uint32]keyAge, set.handle.Len())}
	for _, key := range set.entries() {
		s, ok := st.ages[key.KeyID()]
		if !ok {
			s.known = now
		}
		switch {
		case key.IsPrimary():
			s.idle = time.Time{}
		case s.idle.IsZero():
			s.idle = now
		}
		next.ages[key.KeyID()] = s
	}
	next.retired = slices.DeleteFunc(slices.Clone(st.retired), func(f retiredSet) bool { return !now.Before(f.until) })
	if st.set != nil && slices.ContainsFunc(st.set.entries(), func(key *keyset.Entry) bool { return !set.contains(key) }) {
		next.retired = append(next.retired, retiredSet{st.set, now.Add(retiredFor)})
	}
	return next
}

// withFailure returns the state after a failed reload. lost means that the
// source has lost the sealing key: it must stop sealing, and an unreachable
// source later leaves that as it is.
func (st *state) withFailure(lost bool, err error) *state {
	next := *st
	if lost {
		next.sealingErr = err
	}
	return &next
}

// open opens a box with the set in use, or one that was until a while ago.
func (st *state) open(box []byte, place string) ([]byte, error) {
	plain, err := st.set.open(box, place)
	for i := 0; err != nil && i < len(st.retired); i++ {
		plain, err = st.retired[i].set.open(box, place)
	}
	return plain, err
}

// describe lists the ids of the keys.
func (s *keySet) describe() string {
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
	if !s.requiresBoxes() {
		b.WriteString("; records without a box are accepted until reseal has run over the whole store")
	}
	return b.String()
}
