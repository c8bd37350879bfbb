package catalog

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"slices"
	"sync/atomic"
	"time"

	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/osb"
)

// A Snapshot is one state of the catalog together with the answers to
// GET /v2/catalog that belong to it. It never changes.
//
// A request loads the snapshot from Current once and passes it on, so that all
// of its decisions rest on one state:
//
//	snapshot := current.Snapshot()
//	offering, ok := snapshot.Catalog.Offering(id)
//	answer := snapshot.Answer(minor) // body and ETag for OSB 2.minor
type Snapshot struct {
	Catalog  *Catalog
	Modified time.Time // when the snapshot was made, in whole seconds of UTC

	latest  Answer
	earlier Answer // for platforms before OSB 2.17
}

// An Answer is a rendered catalog, ready to send.
type Answer struct {
	Body []byte
	ETag string // weak, since proxies may compress the body; with its quotes
}

// NewSnapshot renders the catalog.
func NewSnapshot(c *Catalog, now time.Time) (*Snapshot, error) {
	rendered := c.Render()
	latest, err := newAnswer(rendered)
	if err != nil {
		return nil, err
	}
	earlier, err := newAnswer(before217(rendered))
	if err != nil {
		return nil, err
	}
	return &Snapshot{Catalog: c, Modified: now.UTC().Truncate(time.Second), latest: latest, earlier: earlier}, nil
}

// Answer returns the catalog for a platform that speaks OSB 2.minor.
func (s *Snapshot) Answer(minor int) Answer {
	if minor < 17 {
		return s.earlier
	}
	return s.latest
}

// before217 drops the members that OSB 2.17 added: earlier platforms may ignore
// them, and some fail instead (VER-05).
func before217(catalog osb.Catalog) osb.Catalog {
	earlier := osb.Catalog{Services: slices.Clone(catalog.Services)}
	for i := range earlier.Services {
		plans := slices.Clone(earlier.Services[i].Plans)
		for j := range plans {
			plans[j].BindingRotatable = false
		}
		earlier.Services[i].Plans = plans
	}
	return earlier
}

func newAnswer(catalog osb.Catalog) (Answer, error) {
	var body bytes.Buffer
	encoder := json.NewEncoder(&body)
	encoder.SetEscapeHTML(false) // URIs are read by people
	if err := encoder.Encode(catalog); err != nil {
		return Answer{}, fmt.Errorf("catalog: encode: %w", err)
	}
	sum := sha256.Sum256(body.Bytes())
	return Answer{Body: body.Bytes(), ETag: `W/"` + hex.EncodeToString(sum[:16]) + `"`}, nil
}

// Current holds the snapshot in force; all of its methods may be called
// concurrently. Replace swaps catalog, answers and ETags in one step. Metrics
// about the catalog read Current when they are scraped, so that they change in
// the same step.
type Current struct {
	snapshot atomic.Pointer[Snapshot]
}

// NewCurrent returns a holder of the first snapshot.
func NewCurrent(first *Snapshot) *Current {
	c := &Current{}
	c.snapshot.Store(first)
	return c
}

// Snapshot returns the snapshot in force.
func (c *Current) Snapshot() *Snapshot { return c.snapshot.Load() }

// Replace puts another snapshot in force. Requests that loaded the earlier one
// finish with it.
func (c *Current) Replace(next *Snapshot) { c.snapshot.Store(next) }
