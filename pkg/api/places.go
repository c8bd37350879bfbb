package api

import (
	"context"
	"errors"
	"slices"
	"sync"
)

// errNoPlace means that more clients wait than there are waiting places, and that
// the client's address has the most of them.
var errNoPlace = errors.New("too many wait, most of them from this address")

// places bounds work that is done at once. The others wait, and addresses take
// turns, so that a flood from one address delays another by one turn. When all
// waiting places are taken, the address with the most of them loses its newest.
type places struct {
	atOnce, mostWaiting int

	mu      sync.Mutex
	taken   int
	waiting int
	queues  map[string][]*waiter
	order   []string // the addresses that wait, the next one first
}

// A waiter is a client that waits; the channel gets nil when its turn has come.
type waiter struct {
	address string
	turn    chan error
}

func newPlaces(atOnce, mostWaiting int) *places {
	return &places{atOnce: atOnce, mostWaiting: mostWaiting, queues: map[string][]*waiter{}}
}

// take waits for a place, which its caller must give back by leave.
func (p *places) take(ctx context.Context, address string) error {
	w := p.begin(address)
	if w == nil {
		return nil
	}
	select {
	case err := <-w.turn:
		return err
	case <-ctx.Done():
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.drop(w) {
		return ctx.Err()
	}
	err := <-w.turn // decided meanwhile
	if err == nil {
		p.pass()
	}
	return ctx.Err()
}

// begin takes a free place and returns nil, or else begins to wait.
func (p *places) begin(address string) *waiter {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.taken < p.atOnce {
		p.taken++
		return nil
	}
	w := &waiter{address: address, turn: make(chan error, 1)}
	if len(p.queues[address]) == 0 {
		p.order = append(p.order, address)
	}
	p.queues[address] = append(p.queues[address], w)
	p.waiting++
	if p.waiting > p.mostWaiting {
		longest := address
		for _, other := range p.order {
			if len(p.queues[other]) > len(p.queues[longest]) {
				longest = other
			}
		}
		newest := p.queues[longest][len(p.queues[longest])-1]
		p.drop(newest)
		newest.turn <- errNoPlace
	}
	return w
}

// leave gives a place back.
func (p *places) leave() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.pass()
}

// pass gives a place to the next address.
func (p *places) pass() {
	if len(p.order) == 0 {
		p.taken--
		return
	}
	next := p.queues[p.order[0]][0]
	p.drop(next)
	if i := slices.Index(p.order, next.address); i >= 0 { // it goes to the end of the order
		p.order = append(slices.Delete(p.order, i, i+1), next.address)
	}
	next.turn <- nil
}

// drop removes a waiter, and reports whether it was still waiting.
func (p *places) drop(w *waiter) bool {
	queue := p.queues[w.address]
	i := slices.Index(queue, w)
	if i < 0 {
		return false
	}
	p.waiting--
	if queue = slices.Delete(queue, i, i+1); len(queue) > 0 {
		p.queues[w.address] = queue
		return true
	}
	delete(p.queues, w.address)
	p.order = slices.DeleteFunc(p.order, func(address string) bool { return address == w.address })
	return true
}
