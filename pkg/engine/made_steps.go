package engine

import (
	"slices"

	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/store"
)

// The madeSteps of a record are the steps of its operation, each of which has
// succeeded, so that the provider need not look at their effects before the next one
// (providers.Task.Made). They live in the memory of one term alone, and hold for the
// revision that the last result made: after any other write, an error, a wait, or a
// restart, the provider looks at everything.
type madeSteps struct {
	revision uint64
	steps    []string
}

// noteMade adds a step whose result was stored in r. before are the steps until then,
// and begun the ones whose calls may have been made: the list is of every call of an
// operation or empty.
func (m *memory) noteMade(r *store.Record, before, begun []string, step string) {
	if len(before) == 0 && len(begun) > 0 {
		return
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	m.entry(r.Key).made = &madeSteps{r.Revision, append(slices.Clone(before), step)}
}

// takeMade returns the made steps of r, and forgets them: an attempt that ends in
// anything but a successful call leaves none.
func (m *memory) takeMade(r *store.Record) []string {
	m.mu.Lock()
	defer m.mu.Unlock()
	entry := m.records[r.Key]
	if entry == nil || entry.made == nil {
		return nil
	}
	made := entry.made
	entry.made = nil
	m.prune(r.Key)
	if made.revision != r.Revision || r.Call != nil || len(r.Unsettled) > 0 || !r.Repeated.IsZero() {
		return nil
	}
	return made.steps
}
