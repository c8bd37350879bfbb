package api

import (
	"context"
	"errors"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
)

// A line is the order in which waiting clients got their places.
type line struct {
	mu    sync.Mutex
	order []string
}

// wait takes a place for an address, and notes its turn.
func (l *line) wait(t *testing.T, p *places, address string) {
	t.Helper()
	go func() {
		if p.take(t.Context(), address) == nil {
			l.mu.Lock()
			l.order = append(l.order, address)
			l.mu.Unlock()
		}
	}()
	synctest.Wait()
}

func TestPlaces_Waiting_IsSharedByAddress(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p, l := newPlaces(1, 100), &line{}
		if err := p.take(t.Context(), "first"); err != nil {
			t.Fatal(err)
		}
		for _, address := range []string{"flood", "flood", "flood", "a", "flood", "b", "a"} {
			l.wait(t, p, address)
		}
		for range 7 {
			p.leave()
			synctest.Wait()
		}
		if want := []string{"flood", "a", "b", "flood", "a", "flood", "flood"}; !slices.Equal(l.order, want) {
			t.Errorf("the order is %v, want %v", l.order, want)
		}
		p.leave()
		if p.taken != 0 || p.waiting != 0 || len(p.queues) != 0 || len(p.order) != 0 {
			t.Errorf("at the end %d are taken, %d wait", p.taken, p.waiting)
		}
	})
}

func TestPlaces_AllTaken_LongestAddressLoses(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := newPlaces(1, 3)
		if err := p.take(t.Context(), "first"); err != nil {
			t.Fatal(err)
		}
		refused := make(chan string, 10)
		wait := func(name, address string) {
			go func() {
				if errors.Is(p.take(t.Context(), address), errNoPlace) {
					refused <- name
				}
			}()
			synctest.Wait()
		}
		wait("flood 1", "flood")
		wait("flood 2", "flood")
		wait("flood 3", "flood")
		wait("platform", "platform")
		wait("flood 4", "flood")
		if got := []string{<-refused, <-refused}; !slices.Equal(got, []string{"flood 3", "flood 4"}) || p.waiting != 3 {
			t.Errorf("%v lose their places, %d wait", got, p.waiting)
		}
		for range 4 {
			p.leave()
			synctest.Wait()
		}
	})
}

func TestPlaces_ClientGone_FreesItsPlace(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p, l := newPlaces(1, 3), &line{}
		if err := p.take(t.Context(), "first"); err != nil {
			t.Fatal(err)
		}
		ctx, leave := context.WithCancel(t.Context())
		gone := make(chan error, 1)
		go func() { gone <- p.take(ctx, "gone") }()
		synctest.Wait()
		l.wait(t, p, "next")
		leave()
		if err := <-gone; !errors.Is(err, context.Canceled) {
			t.Errorf("take = %v of a client that has gone", err)
		}
		p.leave()
		synctest.Wait()
		if !slices.Equal(l.order, []string{"next"}) || p.waiting != 0 {
			t.Errorf("the order is %v, %d wait", l.order, p.waiting)
		}
		p.leave()
	})
}
