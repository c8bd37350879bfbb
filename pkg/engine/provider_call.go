package engine

import (
	"context"
	"errors"
	"runtime/debug"
	"sync/atomic"
	"time"

	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/lifecycle"
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/providers"
)

// slowAfter is the time that a worker waits for a provider call before the pool
// adds a spare worker.
const slowAfter = 2 * time.Second

// errTermEnds: the term ends before the provider answers.
var errTermEnds = errors.New("the term ends")

// observe calls Observe of the provider. At the end of the term a running call is
// abandoned, because it only reads.
func (a *attempt) observe(ctx context.Context) (providers.Seen, error) {
	return callProvider(ctx, a, providerCall[providers.Seen]{
		timeout: a.config.LookTimeout, readOnly: true,
		call: func(ctx context.Context) (providers.Seen, error) { return a.provider.Observe(ctx, a.task) },
	})
}

// do calls Do of the provider. A result that comes after the quarantine of the
// record has ended, or after another process took the record, is undone.
func (a *attempt) do(ctx context.Context, step providers.Step) (providers.Facts, error) {
	// Copies: the attempt and its record may change before the call returns.
	task, last, record := a.task, *a, *a.record
	last.record = &record
	return callProvider(ctx, a, providerCall[providers.Facts]{
		timeout: a.config.CallTimeout,
		call:    func(ctx context.Context) (providers.Facts, error) { return last.provider.Do(ctx, task, step) },
		late:    func(made providers.Facts) { last.undo(step, made) },
	})
}

// A providerCall is one call of a provider's method.
type providerCall[T any] struct {
	timeout  time.Duration
	readOnly bool
	call     func(context.Context) (T, error)
	late     func(T) // gets a successful result that came after the time-out; may be nil
}

// callProvider runs a provider call in a goroutine of its own. A panic, or a call
// that hangs beyond its time-out and grace, quarantines its record alone.
func callProvider[T any](ctx context.Context, a *attempt, c providerCall[T]) (T, error) {
	type result struct {
		value T
		err   error
	}
	ctx, end := context.WithTimeout(ctx, c.timeout)
	abandoned := make(<-chan struct{})
	if c.readOnly {
		abandoned = a.term.accept.Done()
		defer end()
	}
	t, r := a.term, *a.record
	results, returned := make(chan result, 1), make(chan struct{})
	var decided atomic.Bool // set by the first of result and time-out
	go func() {
		defer end()
		var got result
		defer func() {
			if p := recover(); p != nil {
				got.err = &lifecycle.PanicError{Value: p, Stack: debug.Stack()}
			}
			inTime := decided.CompareAndSwap(false, true)
			results <- got
			close(returned)
			if !inTime && t.returnedLate(r.Key, returned) && got.err == nil && c.late != nil {
				c.late(got.value)
			}
		}()
		got.value, got.err = c.call(ctx)
	}()
	var none T
	slow := time.NewTimer(slowAfter)
	defer slow.Stop()
	timedOut := ctx.Done()
	var graceOver <-chan time.Time
	for {
		select {
		case got := <-results:
			return got.value, got.err
		case <-abandoned:
			return none, errTermEnds
		case <-slow.C:
			defer t.addSpare(passOf(ctx))()
		case <-timedOut:
			timedOut = nil
			grace := time.NewTimer(a.config.Grace)
			defer grace.Stop()
			graceOver = grace.C
		case <-graceOver:
			if decided.CompareAndSwap(false, true) {
				t.quarantineHung(&r, returned, c.readOnly)
				return none, errHung
			}
			graceOver = nil // the result has just come
		}
	}
}
