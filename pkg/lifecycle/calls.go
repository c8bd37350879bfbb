package lifecycle

import (
	"time"

	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/providers"
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/store"
)

// recentRepeat is the age up to which RestartClocks renews the time of a repeated
// call: longer than calls take to settle, by a margin for clocks that differ.
const recentRepeat = 10 * time.Minute

// AddFacts merges the facts of a call or an observation into the facts of r, and
// reports whether any of them was new.
func AddFacts(r *store.Record, secrets map[string]string, f providers.Facts) (providers.Facts, bool) {
	have := providers.Facts{Open: r.Facts, Secrets: secrets}
	changed := false
	for k, v := range f.Open {
		changed = changed || have.Open[k] != v
	}
	for k, v := range f.Secrets {
		changed = changed || have.Secrets[k] != v
	}
	if !changed {
		return have, false
	}
	return have.Merge(f), true
}

// RestartClocks restarts the waiting times of r on this process's clock, which may
// differ from the clock that set them. Lost calls then settle later rather than
// too early.
func RestartClocks(r *store.Record, now time.Time) {
	for step := range r.Unsettled {
		r.Unsettled[step] = now
	}
	if !r.Unseen.IsZero() {
		r.Unseen = now
	}
	if r.Repeated.Add(recentRepeat).After(now) {
		r.Repeated = now
	}
	r.MissingSince = time.Time{}
	if op := r.Operation; op.NextTry.After(now.Add(SlowRetry)) {
		op.NextTry = now.Add(SlowRetry)
	}
}

// Unsettle records that a call of the step may take effect until a time.
func Unsettle(r *store.Record, step string, until time.Time) {
	if r.Unsettled == nil {
		r.Unsettled = map[string]time.Time{}
	}
	if until.After(r.Unsettled[step]) {
		r.Unsettled[step] = until
	}
}
