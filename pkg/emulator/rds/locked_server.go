package rds

import (
	"context"
	"fmt"
	"time"
)

// lockServers makes the servers of locked instances read-only, and those of free ones
// writable again (A570); where the key of the disks is disabled, the server admits no client
// (A542). It works at each look at the service and each switch, with the server in the
// background; a failure is tried again with the next. The caller holds mu.
func (s *Service) lockServers(now time.Time) {
	if s.engine == nil || s.backgroundCtx.Err() != nil {
		return
	}
	for _, in := range s.order {
		if in.server == nil || in.leaving {
			continue
		}
		if barred := !s.usable(in); barred != in.barred {
			in.barred = barred
			s.admit(in)
		}
		in.applyDue(now) // a disk that has grown is free
		if in.locking {
			continue
		}
		if locked := s.lockMode(in, now) != unlocked; locked != in.readOnly {
			in.locking = true
			s.background.Go(func() { s.lockServer(in, locked) })
		}
	}
}

// lockServer makes the server of one instance read-only or writable.
func (s *Service) lockServer(in *instance, locked bool) {
	in.work.Lock() // wait for a call on its way inside the server
	defer in.work.Unlock()
	ctx, cancel := context.WithTimeout(s.backgroundCtx, time.Minute)
	defer cancel()
	err := in.server.ReadOnly(ctx, locked)
	s.mu.Lock()
	defer s.mu.Unlock()
	in.locking = false
	switch {
	case s.backgroundCtx.Err() != nil || in.leaving: // the server ends
	case err != nil:
		s.report(fmt.Errorf("rds: lock or unlock the engine of %s: %w", in.id, err))
	default:
		in.readOnly = locked
		s.lockServers(s.clock.Now()) // the lock may have changed meanwhile
	}
}
