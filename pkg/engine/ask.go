package engine

import (
	"context"
	"errors"
	"runtime/debug"
	"sync/atomic"
	"time"

	"github.com/golang/glog"

	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/lifecycle"
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/providers"
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/store"
)

// patient is how long a worker waits for a provider before another stands in
// for it.
const patient = 2 * time.Second

// errHalted: the term ends, and the answer is not waited for.
var errHalted = errors.New("the term ends")

// look lets the provider observe. A look that is under way when the term ends
// is left: it changes nothing.
func (m *move) look(ctx context.Context) (providers.Seen, error) {
	return ask(ctx, m, question[providers.Seen]{
		limit: m.config.LookTimeout, harmless: true,
		call: func(ctx context.Context) (providers.Seen, error) { return m.provider.Observe(ctx, m.task) },
	})
}

// do lets the provider make the call of a step. A result that comes when the
// record is no longer left alone for it, or not ours any more, is taken back.
func (m *move) do(ctx context.Context, step providers.Step) (providers.Facts, error) {
	// Both have the values of now, whatever becomes of m.
	task, last := m.task, *m
	return ask(ctx, m, question[providers.Facts]{
		limit: m.config.CallTimeout,
		call:  func(ctx context.Context) (providers.Facts, error) { return last.provider.Do(ctx, task, step) },
		late:  func(made providers.Facts) { last.undo(step, made) },
	})
}

// A question is one call of a provider.
type question[T any] struct {
	limit    time.Duration
	harmless bool // it changes nothing
	call     func(context.Context) (T, error)
	// late gets a good answer that came when nobody waited for it any more.
	late func(T)
}

// ask asks a provider. One that panics, or does not come back in spite of its
// context, breaks nobody but its own record: that one is left alone until the
// call is back.
func ask[T any](ctx context.Context, m *move, q question[T]) (T, error) {
	type answer struct {
		value T
		err   error
	}
	ctx, end := context.WithTimeout(ctx, q.limit)
	halted := make(<-chan struct{})
	if q.harmless {
		halted = m.going.Done()
		defer end()
	}
	t, r := m.Term, *m.r
	answers, back := make(chan answer, 1), make(chan struct{})
	var decided atomic.Bool // whether it is an answer, or was given up: what came first
	go func() {
		defer end()
		var a answer
		defer func() {
			if p := recover(); p != nil {
				a.err = &lifecycle.PanicError{Value: p, Stack: debug.Stack()}
			}
			inTime := decided.CompareAndSwap(false, true)
			answers <- a
			close(back)
			if !inTime && t.cameLate(r.Key, back) && a.err == nil && q.late != nil {
				q.late(a.value)
			}
		}()
		a.value, a.err = q.call(ctx)
	}()
	var none T
	slow := time.NewTimer(patient)
	defer slow.Stop()
	over := ctx.Done()
	var given <-chan time.Time
	for {
		select {
		case a := <-answers:
			return a.value, a.err
		case <-halted:
			return none, errHalted
		case <-slow.C:
			defer t.crew.relieve()()
		case <-over:
			over = nil
			grace := time.NewTimer(t.config.Grace)
			defer grace.Stop()
			given = grace.C
		case <-given:
			if decided.CompareAndSwap(false, true) {
				t.giveUp(&r, back, q.harmless)
				return none, errGivenUp
			}
			given = nil // the answer has just come
		}
	}
}

// An absence is a call of a provider that was given up and has not come back.
// Its record is left alone until it does. Another request of the platform or an
// operator need not wait for a look, nor, after the time in which lost calls
// settle, for a call.
type absence struct {
	back  <-chan struct{}
	asked uint64    // asks of the record then
	until time.Time // another request waits until then
}

// giveUp leaves a record alone until the provider is back from it.
func (t *Term) giveUp(r *store.Record, back <-chan struct{}, harmless bool) {
	glog.Errorf("%s is set aside: the provider does not come back although its time is over; it goes on when that does", r.Key)
	until := t.config.Now()
	if !harmless {
		until = until.Add(t.config.Settle)
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	if _, already := t.away[r.Key]; !already {
		t.metrics.setAside.Inc()
	}
	t.away[r.Key] = absence{back, lifecycle.Requests(r), until}
}

// isAway says whether the provider has not come back from a record, and until
// when the record is left alone: the zero time is until it comes. t.mu is held.
func (t *Term) isAway(r *store.Record) (until time.Time, yes bool) {
	a, ok := t.away[r.Key]
	if !ok {
		return time.Time{}, false
	}
	select {
	case <-a.back: // takeOver puts the record right
		return time.Time{}, false
	default:
	}
	if a.asked == lifecycle.Requests(r) {
		return time.Time{}, true
	}
	if t.config.Now().Before(a.until) {
		return a.until, true
	}
	delete(t.away, r.Key)
	t.metrics.setAside.Dec()
	return time.Time{}, false
}

// isBack says, once, that the provider has come back to a record that was left
// alone.
func (t *Term) isBack(k store.Key) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	if _, was := t.away[k]; !was {
		return false
	}
	delete(t.away, k)
	t.metrics.setAside.Dec()
	return true
}

// cameLate wakes the record of a call that was given up and is back now. It
// says whether what the call made is nobody's: the record was not left alone
// for it to the end, or another process has it.
func (t *Term) cameLate(k store.Key, back <-chan struct{}) (nobodys bool) {
	t.mu.Lock()
	a, ok := t.away[k]
	t.mu.Unlock()
	if !ok || a.back != back {
		return true
	}
	t.wake(k, "")
	return !t.lease.Held()
}
