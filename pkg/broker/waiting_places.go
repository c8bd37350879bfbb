package broker

import (
	"context"
	"slices"
	"sync"
)

// waitingPlaces bounds the requests that wait for their operations at a time, and
// shares the places between tenants. A tenant may hold all of them while the others
// need none. Once they are taken, a request of a tenant with fewer places than the
// largest tenant ends a wait of that one, so a tenant without any place gets one.
type waitingPlaces struct {
	limit int

	mu      sync.Mutex
	taken   int
	tenants map[string][]*waitingPlace // by tenant, the oldest first
}

// A waitingPlace is held by one waiting request.
type waitingPlace struct {
	tenant            string
	acceptsIncomplete bool
	end               context.CancelFunc // ends the wait
}

func newWaitingPlaces(limit int) *waitingPlaces {
	return &waitingPlaces{limit: limit, tenants: map[string][]*waitingPlace{}}
}

// take gives a place to p, and reports whether there was one. ended reports whether
// another tenant's wait was ended for it.
func (w *waitingPlaces) take(p *waitingPlace) (ok, ended bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.taken >= w.limit {
		victim := w.victimFor(p.tenant)
		if victim == nil {
			return false, false
		}
		w.remove(victim)
		victim.end()
		ended = true
	}
	w.taken++
	w.tenants[p.tenant] = append(w.tenants[p.tenant], p)
	return true, ended
}

// release frees the place of p, unless it was given to another tenant already.
func (w *waitingPlaces) release(p *waitingPlace) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.remove(p)
}

// inUse returns the number of taken places.
func (w *waitingPlaces) inUse() int {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.taken
}

// victimFor returns the place to free for another request of the tenant: one of
// the tenant with the most places, if it keeps at least as many as the requesting
// tenant then has. A request that gets an asynchronous answer loses the least, then
// the one that has waited longest. The caller holds the lock.
func (w *waitingPlaces) victimFor(tenant string) *waitingPlace {
	var largest []*waitingPlace
	for _, places := range w.tenants {
		if len(places) > len(largest) {
			largest = places
		}
	}
	if len(w.tenants[tenant])+1 > len(largest)-1 {
		return nil
	}
	if i := slices.IndexFunc(largest, func(p *waitingPlace) bool { return p.acceptsIncomplete }); i >= 0 {
		return largest[i]
	}
	return largest[0]
}

// remove drops p if it is among the places. The caller holds the lock.
func (w *waitingPlaces) remove(p *waitingPlace) {
	places := w.tenants[p.tenant]
	i := slices.Index(places, p)
	if i < 0 {
		return
	}
	w.taken--
	if places = slices.Delete(places, i, i+1); len(places) > 0 {
		w.tenants[p.tenant] = places
	} else {
		delete(w.tenants, p.tenant)
	}
}
