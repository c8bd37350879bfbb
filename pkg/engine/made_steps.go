package engine

import (
	"slices"
	"time"

	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/store"
)

// The madeSteps of a record are the steps of its operation, each of which has
// succeeded, so that the provider need not look at their effects before the next one
// (providers.Task.Made). They live in the memory of one term alone, and hold for the
// revision that the last result or wait made: after any other write, an error, a
// restart, or madeFor, the provider looks at everything.
type madeSteps struct {
	revision uint64
	steps    []string
	at       time.Time // of the last result
}

// madeFor is the time for which the answer to a call stands for a look. Keys and
// accounts count within it; people may have removed something after it.
const madeFor = time.Minute

// noteMade adds a step whose result was stored in r. made are the steps until then,
// and begun the ones whose calls may have been made: the list is of every call of an
// operation or empty.
func (m *memory) noteMade(r *store.Record, made madeSteps, begun []string, step string) {
	if len(made.steps) == 0 && len(begun) > 0 {
		return
	}
	m.keepMade(r, madeSteps{steps: append(slices.Clone(made.steps), step), at: m.now()})
}

// keepMade keeps the made steps while r waits.
func (m *memory) keepMade(r *store.Record, made madeSteps) {
	if len(made.steps) == 0 {
		return
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	made.revision = r.Revision
	m.entry(r.Key).made = &made
}

// takeMade returns the made steps of r, and forgets them: an attempt that ends in
// anything but a successful call or a wait leaves none.
func (m *memory) takeMade(r *store.Record) madeSteps {
	m.mu.Lock()
	defer m.mu.Unlock()
	entry := m.records[r.Key]
	if entry == nil || entry.made == nil {
		return madeSteps{}
	}
	made := *entry.made
	entry.made = nil
	m.prune(r.Key)
	age := m.now().Sub(made.at)
	if made.revision != r.Revision || age < 0 || age >= madeFor || r.Call != nil || len(r.Unsettled) > 0 || !r.Repeated.IsZero() {
		return madeSteps{}
	}
	return made
}
