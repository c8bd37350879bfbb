package broker

import (
	"context"
	"runtime/debug"
	"time"

	"github.com/golang/glog"

	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/store"
)

// ask calls a provider, which has that long. One that panics, or does not come
// back in spite of its context, breaks nobody but its own record: that one is
// left alone until the call is back.
func ask[T any](ctx context.Context, t *Term, k store.Key, limit time.Duration, call func(context.Context) (T, error)) (T, error) {
	type answer struct {
		value T
		err   error
	}
	ctx, end := context.WithTimeout(ctx, limit)
	answers, back := make(chan answer, 1), make(chan struct{})
	go func() {
		defer close(back)
		defer end()
		var a answer
		defer func() {
			if p := recover(); p != nil {
				a.err = &panicError{p, debug.Stack()}
			}
			answers <- a
		}()
		a.value, a.err = call(ctx)
	}()
	select {
	case a := <-answers:
		return a.value, a.err
	case <-ctx.Done():
	}
	grace := time.NewTimer(t.config.Grace)
	defer grace.Stop()
	select {
	case a := <-answers:
		return a.value, a.err
	case <-grace.C:
	}
	t.giveUp(k, back)
	var none T
	return none, errGivenUp
}

// giveUp leaves a record alone until the provider is back from it.
func (t *Term) giveUp(k store.Key, back <-chan struct{}) {
	glog.Errorf("%s: the provider does not come back although its time is over; the record is left alone until it does", k)
	t.metrics.setAside.Inc()
	t.mu.Lock()
	defer t.mu.Unlock()
	t.busy[k] = back
}

// isBack says, once, that the provider has come back to a record that was left
// alone.
func (t *Term) isBack(k store.Key) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	if _, was := t.busy[k]; !was {
		return false
	}
	delete(t.busy, k)
	t.metrics.setAside.Dec()
	return true
}
