package alicloud

import (
	"context"
	"sync"
	"time"

	"golang.org/x/time/rate"

	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/providers"
)

// A pacer is a token bucket that halves its pace when the cloud throttles, and
// recovers slowly: by a tenth of the full pace every ten seconds.
type pacer struct {
	full    rate.Limit
	limiter *rate.Limiter
	turns   turns
	now     func() time.Time

	mu      sync.Mutex
	changed time.Time // time of the last change of pace
}

const (
	slowestPace  = rate.Limit(1)
	cutEvery     = time.Second // many calls in flight are throttled at once; that is one event
	recoverEvery = 10 * time.Second
)

func newPacer(perSecond float64, now func() time.Time) *pacer {
	full := rate.Limit(perSecond)
	return &pacer{full: full, limiter: rate.NewLimiter(full, max(1, int(perSecond))), now: now}
}

// wait returns when a call may be made, or when ctx ends. Calls of the tenants of
// their contexts take turns.
func (p *pacer) wait(ctx context.Context) error {
	p.recover()
	if err := p.turns.take(ctx, providers.TenantOf(ctx)); err != nil {
		return err
	}
	defer p.turns.pass()
	return p.limiter.Wait(ctx)
}

// ratio is the pace now, as a part of the full one.
func (p *pacer) ratio() float64 {
	p.recover()
	return float64(p.limiter.Limit() / p.full)
}

// slowDown halves the pace.
func (p *pacer) slowDown() {
	p.mu.Lock()
	defer p.mu.Unlock()
	now := p.now()
	if now.Sub(p.changed) < cutEvery {
		return
	}
	p.changed = now
	p.limiter.SetLimit(max(min(slowestPace, p.full), p.limiter.Limit()/2))
}

func (p *pacer) recover() {
	p.mu.Lock()
	defer p.mu.Unlock()
	limit := p.limiter.Limit()
	if limit >= p.full {
		return
	}
	now := p.now()
	steps := int(now.Sub(p.changed) / recoverEvery)
	if steps == 0 {
		return
	}
	p.changed = now
	p.limiter.SetLimit(min(p.full, limit+p.full/10*rate.Limit(steps)))
}
