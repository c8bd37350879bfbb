package alicloud

import (
	"fmt"
	"strings"
	"sync"
	"time"
)

// sharedPacers pace the calls that the broker signs. The cloud limits calls by
// account, region and product, so profiles of one account share a pacer.
type sharedPacers struct {
	rate float64
	now  func() time.Time

	mu       sync.Mutex
	all      map[paceScope]*pacer
	unknowns int // clients that were made for an unknown account
}

// A paceScope is the part of the cloud that has a limit of its own.
type paceScope struct{ account, region, product string }

func newSharedPacers(perSecond float64, now func() time.Time) *sharedPacers {
	return &sharedPacers{rate: perSecond, now: now, all: map[paceScope]*pacer{}}
}

// newUnknown returns a name for an account that is unknown yet.
func (s *sharedPacers) newUnknown() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.unknowns++
	return fmt.Sprint("unknown ", s.unknowns)
}

func (s *sharedPacers) of(scope paceScope) *pacer {
	s.mu.Lock()
	defer s.mu.Unlock()
	p := s.all[scope]
	if p == nil {
		p = newPacer(s.rate, s.now)
		s.all[scope] = p
	}
	return p
}

// ratio returns the slowest pace of a product, as a part of the full one.
func (s *sharedPacers) ratio(product string) float64 {
	s.mu.Lock()
	defer s.mu.Unlock()
	slowest := 1.0
	for scope, p := range s.all {
		if scope.product == product {
			slowest = min(slowest, p.ratio())
		}
	}
	return slowest
}

// pacer returns the pacer of a product. Until the account is known, clients are
// paced apart.
func (c *Clients) pacer(product string) *pacer {
	account, _ := c.account.Load().(string)
	scope := paceScope{account: account, region: c.Region(), product: strings.ToLower(product)}
	if scope.account == "" {
		scope.account = c.unknown
	}
	return c.pacers.of(scope)
}
