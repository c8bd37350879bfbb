package lifecycle

import (
	"time"

	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/store"
)

// keptHistory is the number of events that a record keeps.
const keptHistory = 50

// Note adds an event to the bounded history of r. class is the error class or the
// final state. An event that repeats the last one replaces it, a failed attempt as well
// as a call of a step that works in pages.
func Note(r *store.Record, now time.Time, step, outcome, class string) {
	e := store.Event{Time: now, Step: step, Outcome: outcome, Kind: class}
	if r.Operation != nil {
		e.Op, e.Attempt = r.Operation.Kind, r.Operation.Attempt
	}
	events := r.History.Events()
	if last := len(events) - 1; (class != "" || outcome == "done") && last >= 0 {
		if prior := &events[last]; prior.Op == e.Op && prior.Step == step && prior.Outcome == outcome && prior.Kind == class {
			prior.Time, prior.Attempt = now, e.Attempt
			r.History = store.NewHistory(events...)
			return
		}
	}
	events = append(events, e)
	r.History = store.NewHistory(events[max(0, len(events)-keptHistory):]...)
}
