package broker

import (
	"fmt"
	"testing"
)

// waiter takes a place and remembers whether it lost it.
type waiter struct {
	place *waitingPlace
	ok    bool
	lost  bool
}

func (w *waitingPlaces) waiter(tenant string, acceptsIncomplete bool) *waiter {
	got := &waiter{}
	got.place = &waitingPlace{tenant, acceptsIncomplete, func() { got.lost = true }}
	got.ok, _ = w.take(got.place)
	return got
}

func TestWaitingPlaces_OneTenant_MayHoldAll(t *testing.T) {
	w := newWaitingPlaces(4)
	for range 4 {
		if !w.waiter("a", false).ok {
			t.Error("a free place was refused")
		}
	}
	if w.waiter("a", false).ok || w.inUse() != 4 {
		t.Errorf("%d of 4 places are taken", w.inUse())
	}
}

// However many tenants fill the places, one more gets its share of what the
// largest holds, request by request, until the shares are equal.
func TestWaitingPlaces_AllTaken_AreSharedWithOthers(t *testing.T) {
	for _, tenants := range []int{1, 2, 3, 5} {
		const limit = 30
		w := newWaitingPlaces(limit)
		held := map[string][]*waiter{}
		for n := range 10 * limit {
			tenant := fmt.Sprint("a", n%tenants)
			held[tenant] = append(held[tenant], w.waiter(tenant, false))
		}
		got := 0
		for range limit {
			if w.waiter("new", false).ok {
				got++
			}
		}
		if want := limit / (tenants + 1); got != want || w.inUse() != limit {
			t.Errorf("beside %d tenants a new one gets %d of %d places, want %d; %d are taken", tenants, got, limit, want, w.inUse())
		}
		for tenant, waiters := range held {
			kept := 0
			for _, one := range waiters {
				if one.ok && !one.lost {
					kept++
				}
			}
			if want := limit / (tenants + 1); kept < want {
				t.Errorf("%s keeps %d places, want its share of %d", tenant, kept, want)
			}
		}
	}
}

// The wait that loses the least is ended: one with an asynchronous answer before
// the oldest. Its own end then frees nothing twice.
func TestWaitingPlaces_Shared_EndsTheCheapestWait(t *testing.T) {
	w := newWaitingPlaces(4)
	oldest, second, async, last := w.waiter("a", false), w.waiter("a", false), w.waiter("a", true), w.waiter("a", false)
	if !w.waiter("b", true).ok || !async.lost || oldest.lost {
		t.Errorf("the first wait to end was another than the asynchronous one: %v %v", async, oldest)
	}
	if !w.waiter("b", false).ok || !oldest.lost || second.lost || last.lost {
		t.Errorf("the second wait to end was another than the oldest")
	}
	w.release(async.place)
	w.release(oldest.place)
	if w.inUse() != 4 {
		t.Errorf("%d places are taken, want 4", w.inUse())
	}
	w.release(second.place)
	if w.inUse() != 3 || !w.waiter("c", false).ok {
		t.Error("a released place is not free")
	}
}
