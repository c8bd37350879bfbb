package engine

import (
	"context"
	"sync"
)

// tenantShares bounds the passes of each tenant that run at a time, so that slow or
// hanging calls of one tenant leave workers for the others. A tenant may run as
// many passes as workers are left beside it, in two counts: the passes in a quick
// call share the workers of the configuration, and all passes share these with the
// spares that slow calls add. One tenant alone so takes half of each, the next one
// half of the rest. A tenant without a pass may always run one.
type tenantShares struct {
	workers, capacity int // of the configuration, and with their spares

	mu     sync.Mutex
	quick  passCounts
	all    passCounts
	parked map[string][]string // instance ids that wait for the end of a pass, by tenant
	ids    map[string]bool     // the parked ones: an instance that is woken again stays parked once
}

// passCounts counts passes by tenant.
type passCounts struct {
	of    map[string]int
	total int
}

func (c *passCounts) add(tenant string, n int) {
	c.total += n
	if c.of[tenant] += n; c.of[tenant] == 0 {
		delete(c.of, tenant)
	}
}

// leaves reports whether one more pass of the tenant leaves as many of n workers as
// it takes.
func (c *passCounts) leaves(tenant string, n int) bool { return c.of[tenant] < n-c.total }

func newTenantShares(workers int) *tenantShares {
	return &tenantShares{
		workers: workers, capacity: workers * (1 + sparesPerWorker),
		quick: passCounts{of: map[string]int{}}, all: passCounts{of: map[string]int{}},
		parked: map[string][]string{}, ids: map[string]bool{},
	}
}

// begin returns the running pass of an instance, or nil where it may not run now:
// the instance is parked until a pass returns it. A pass of an unknown tenant, "",
// only reads the tenant; it always runs and is not counted.
func (s *tenantShares) begin(tenant, instanceID string) *runningPass {
	s.mu.Lock()
	defer s.mu.Unlock()
	switch {
	case tenant == "":
	case s.mayRun(tenant):
		s.quick.add(tenant, 1)
		s.all.add(tenant, 1)
	default:
		if !s.ids[instanceID] {
			s.ids[instanceID] = true
			s.parked[tenant] = append(s.parked[tenant], instanceID)
		}
		return nil
	}
	return &runningPass{s, tenant}
}

// mayRun reports whether the tenant may run another pass. The caller holds the
// lock.
func (s *tenantShares) mayRun(tenant string) bool {
	return s.all.of[tenant] == 0 || s.quick.leaves(tenant, s.workers) && s.all.leaves(tenant, s.capacity)
}

// due returns the parked instances that may run now, one of a tenant at most. The
// caller holds the lock.
func (s *tenantShares) due() (ids []string) {
	for tenant, parked := range s.parked {
		if !s.mayRun(tenant) {
			continue
		}
		ids = append(ids, parked[0])
		delete(s.ids, parked[0])
		if len(parked) > 1 {
			s.parked[tenant] = parked[1:]
		} else {
			delete(s.parked, tenant)
		}
	}
	return ids
}

// waiting returns the number of parked instances.
func (s *tenantShares) waiting() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.ids)
}

// A runningPass is a pass that tenantShares lets run. A nil one counts nothing.
type runningPass struct {
	shares *tenantShares
	tenant string
}

// slow says that the pass is in a slow call, for which the pool has a spare worker.
// It returns the parked instances that may run now.
func (p *runningPass) slow() (due []string) { return p.count(-1, 0) }

// quick says that the slow call has returned.
func (p *runningPass) quick() { p.count(1, 0) }

// end ends a pass in no slow call. It returns the parked instances that may run
// now.
func (p *runningPass) end() (due []string) { return p.count(-1, -1) }

func (p *runningPass) count(quick, all int) (due []string) {
	if p == nil || p.tenant == "" {
		return nil
	}
	p.shares.mu.Lock()
	defer p.shares.mu.Unlock()
	p.shares.quick.add(p.tenant, quick)
	p.shares.all.add(p.tenant, all)
	return p.shares.due()
}

// passKey is the key of a runningPass in the context of its calls.
type passKey struct{}

func (p *runningPass) context(ctx context.Context) context.Context {
	return context.WithValue(ctx, passKey{}, p)
}

// passOf returns the running pass of a call, nil for a pass outside of the pool.
func passOf(ctx context.Context) *runningPass {
	p, _ := ctx.Value(passKey{}).(*runningPass)
	return p
}
