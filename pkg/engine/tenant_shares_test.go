package engine

import (
	"fmt"
	"testing"
)

// run lets n passes of a tenant begin and returns the ones that may run.
func (s *tenantShares) run(tenant string, n int) (running []*runningPass) {
	for i := range n {
		if p := s.begin(tenant, fmt.Sprint(tenant, i)); p != nil {
			running = append(running, p)
		}
	}
	return running
}

// Whatever the tenants before it run, the next one finds workers; slow calls, each
// with its spare worker, leave room for more up to half of what is left.
func TestTenantShares_BusyTenants_LeaveWorkers(t *testing.T) {
	s := newTenantShares(16)
	left, capacity := 16, s.capacity
	for _, tenant := range []string{"a", "b", "c", "d"} {
		got := s.run(tenant, 100)
		if len(got) != left/2 {
			t.Errorf("%s runs %d passes, want half of the %d workers that were left", tenant, len(got), left)
		}
		left -= len(got)
	}
	if len(s.run("", 100)) != 100 || s.all.total != 16-left {
		t.Errorf("passes that only read a tenant are counted: %d", s.all.total)
	}

	s = newTenantShares(16)
	for _, tenant := range []string{"a", "b", "c"} {
		slow := 0
		for running := s.run(tenant, 100); len(running) > 0; running = s.run(tenant, 100) {
			for _, p := range running {
				p.slow()
				slow++
			}
		}
		if slow != capacity/2 {
			t.Errorf("%s has %d slow calls, want half of the %d that were left", tenant, slow, capacity)
		}
		capacity -= slow
	}
}

// Parked instances run as passes end or become slow, each once, also where they
// were woken again meanwhile.
func TestTenantShares_PassesEnd_RunTheParked(t *testing.T) {
	s := newTenantShares(8)
	running := s.run("a", 20)
	if len(running) != 4 || s.waiting() != 16 {
		t.Fatalf("%d passes run, %d instances wait", len(running), s.waiting())
	}
	s.run("a", 20)
	running = append(running, s.run("b", 3)...)
	seen := map[string]bool{}
	for n := 0; len(running) > 0; n++ {
		due := running[0].slow()
		if n%2 == 0 {
			running[0].quick()
			due = append(due, running[0].end()...)
			running = running[1:]
		} else {
			running[0].quick()
			running = append(running[1:], running[0])
		}
		for _, id := range due {
			if seen[id] {
				t.Fatalf("%s was returned twice", id)
			}
			seen[id] = true
			if p := s.begin(id[:1], id); p != nil {
				running = append(running, p)
			} else {
				delete(seen, id) // parked again
			}
		}
	}
	if s.waiting() != 0 || s.all.total != 0 || s.quick.total != 0 || len(s.all.of)+len(s.quick.of) != 0 {
		t.Errorf("%d instances wait and %d passes run at the end: %+v", s.waiting(), s.all.total, s)
	}
	if len(seen) < 16 {
		t.Errorf("%d parked instances ran: %v", len(seen), seen)
	}
}
