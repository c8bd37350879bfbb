package engine

import "sync"

// tenantShares bounds the passes of each tenant that run at a time, so that slow or
// hanging calls of one tenant leave workers for the others. A tenant may run as
// many passes as workers are left beside it: one alone takes half of the pool with
// its spares, the next one half of the rest. A tenant without a pass may always run
// one.
type tenantShares struct {
	capacity int // workers of the pool and their spares

	mu      sync.Mutex
	running map[string]int // passes, by tenant
	total   int
	parked  map[string][]string // instance ids that wait for the end of a pass, by tenant
	ids     map[string]bool     // the parked ones: an instance that is woken again stays parked once
}

func newTenantShares(workers int) *tenantShares {
	return &tenantShares{
		capacity: workers * (1 + sparesPerWorker),
		running:  map[string]int{}, parked: map[string][]string{}, ids: map[string]bool{},
	}
}

// begin reports whether a pass of an instance may run now; the caller then calls
// end. Otherwise the instance is parked until end returns it. A pass of an unknown
// tenant, "", only reads the tenant and always runs.
func (s *tenantShares) begin(tenant, instanceID string) bool {
	if tenant == "" {
		return true
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if !s.mayRun(tenant) {
		if !s.ids[instanceID] {
			s.ids[instanceID] = true
			s.parked[tenant] = append(s.parked[tenant], instanceID)
		}
		return false
	}
	s.running[tenant]++
	s.total++
	return true
}

// end ends a pass that begin let run. It returns the parked instances that may run
// now, one of a tenant at most.
func (s *tenantShares) end(tenant string) (due []string) {
	if tenant == "" {
		return nil
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.total--
	if s.running[tenant]--; s.running[tenant] == 0 {
		delete(s.running, tenant)
	}
	for tenant, ids := range s.parked {
		if !s.mayRun(tenant) {
			continue
		}
		due = append(due, ids[0])
		delete(s.ids, ids[0])
		if len(ids) > 1 {
			s.parked[tenant] = ids[1:]
		} else {
			delete(s.parked, tenant)
		}
	}
	return due
}

// mayRun reports whether the tenant may run another pass. The caller holds the
// lock.
func (s *tenantShares) mayRun(tenant string) bool {
	n := s.running[tenant]
	return n == 0 || n < s.capacity-s.total
}

// waiting returns the number of parked instances.
func (s *tenantShares) waiting() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.ids)
}
