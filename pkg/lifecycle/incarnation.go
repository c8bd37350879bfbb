package lifecycle

import (
	"crypto/rand"
	"encoding/hex"
	"time"

	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/store"
)

// IncarnationShown is the number of characters of an incarnation that the ids of
// its operations begin with.
const IncarnationShown = 16

// keptLives is the number of earlier lives that a record keeps.
const keptLives = 5

// NewIncarnation draws the 128 random bits that name a life.
func NewIncarnation() string {
	b := make([]byte, 16)
	_, _ = rand.Read(b) // crypto/rand always succeeds
	return hex.EncodeToString(b)
}

// NewLife turns r into the record of a fresh incarnation and keeps the ended life
// with its results in Earlier.
func NewLife(r *store.Record, incarnation string, now time.Time) {
	earlier := r.Earlier
	if r.Revision != 0 {
		results := r.Results
		if r.Operation != nil && !hasResult(results, r.Operation.ID) {
			results = append(results, *r.Operation)
		}
		earlier = append(earlier, store.Life{Incarnation: r.Incarnation, Deleted: r.Deleted, Results: results})
		earlier = earlier[max(0, len(earlier)-keptLives):]
	}
	*r = store.Record{
		Key: r.Key, Revision: r.Revision, Schema: store.SchemaVersion, Epoch: r.Epoch,
		Incarnation: incarnation, Created: now, Earlier: earlier, Unknown: r.Unknown,
	}
}
