package engine

import (
	"time"

	"github.com/golang/glog"

	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/store"
)

// foreignAfter is how long a lease must be held on, beside a record of a
// greater epoch, before the record is taken for one of another history. It is
// much longer than a lease that was lost goes unnoticed.
const foreignAfter = time.Minute

// A sighting is when this term first saw a record of a greater epoch than its
// own.
type sighting struct {
	epoch uint64
	since time.Time
}

// waitsFor says until when a record of a greater epoch than ours is left
// alone; zero: it is not, or no longer. Either another process has the lease,
// and ours will turn out to be lost; or records were restored from a backup,
// and their epochs are of leases that are no more.
func (t *Term) waitsFor(r *store.Record) (until time.Time) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if r.Epoch <= t.lease.Epoch {
		delete(t.ahead, r.Key)
		return time.Time{}
	}
	now := t.config.Now()
	seen, ok := t.ahead[r.Key]
	if !ok || seen.epoch != r.Epoch {
		seen = sighting{r.Epoch, now}
		t.ahead[r.Key] = seen
		glog.Warningf("%s: worked on in epoch %d, and this is epoch %d: left alone for %s, in case the lease is lost", r.Key, r.Epoch, t.lease.Epoch, foreignAfter)
	}
	if until = seen.since.Add(foreignAfter); now.Before(until) {
		return until
	}
	return time.Time{}
}

// isForeign says whether a record's greater epoch is of a lease that is no
// more, so that the record may be taken over.
func (t *Term) isForeign(r *store.Record) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	seen, ok := t.ahead[r.Key]
	return ok && seen.epoch == r.Epoch && !t.config.Now().Before(seen.since.Add(foreignAfter))
}
