package engine

import (
	"fmt"
	"testing"
)

// run lets n passes of a tenant begin and returns the number that may run.
func (s *tenantShares) run(tenant string, n int) (running int) {
	for i := range n {
		if s.begin(tenant, fmt.Sprint(tenant, i)) {
			running++
		}
	}
	return running
}

// Whatever the tenants before it run, the next one finds workers.
func TestTenantShares_BusyTenants_LeaveWorkers(t *testing.T) {
	s := newTenantShares(2) // 32 with the spares
	left := s.capacity
	for _, tenant := range []string{"a", "b", "c", "d"} {
		got := s.run(tenant, 100)
		if got != left/2 {
			t.Errorf("%s runs %d passes, want half of the %d that were left", tenant, got, left)
		}
		left -= got
	}
	if s.run("", 100) != 100 || s.total != 32-left {
		t.Errorf("passes that only read a tenant are counted: %d", s.total)
	}
}

// Parked instances run in their order as passes end, each once, also when they
// were woken again meanwhile.
func TestTenantShares_PassesEnd_RunTheParked(t *testing.T) {
	s := newTenantShares(1)
	s.capacity = 8
	if n := s.run("a", 20); n != 4 || s.waiting() != 16 {
		t.Fatalf("%d passes run, %d wait", n, s.waiting())
	}
	s.run("a", 20)
	if s.run("b", 3) != 2 {
		t.Fatalf("%d instances wait", s.waiting())
	}
	seen, running := map[string]bool{}, []string{"a", "a", "a", "a", "b", "b"}
	for len(running) > 0 {
		due := s.end(running[0])
		running = running[1:]
		for _, id := range due {
			if seen[id] || !s.begin(id[:1], id) {
				t.Fatalf("%s was returned before, or may not run", id)
			}
			seen[id] = true
			running = append(running, id[:1])
		}
	}
	if s.waiting() != 0 || s.total != 0 || len(s.running) != 0 {
		t.Errorf("%d instances wait and %d passes run at the end", s.waiting(), s.total)
	}
	if len(seen) < 17 {
		t.Errorf("%d parked instances ran: %v", len(seen), seen)
	}
}
