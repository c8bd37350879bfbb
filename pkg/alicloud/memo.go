package alicloud

import (
	"context"
	"fmt"
	"runtime/debug"
	"sync"
	"time"

	"golang.org/x/sync/singleflight"

	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/providers"
)

// A Memo remembers answers of the cloud by key. Callers that ask for a key at the
// same time share one call, and errors are forgotten. It is safe for concurrent
// use.
type Memo[V any] struct {
	keep  time.Duration // 0: for good
	now   func() time.Time
	group singleflight.Group

	mu      sync.Mutex
	answers map[string]memoAnswer[V]
}

type memoAnswer[V any] struct {
	value V
	asked time.Time
}

const (
	memoMost     = 64               // answers of a Memo: temporary keys come and go
	shareTimeout = 30 * time.Second // of one call for all who ask
)

// NewMemo returns a Memo that keeps an answer for a while; 0 keeps it for good. now
// is the clock; nil: the real one.
func NewMemo[V any](keep time.Duration, now func() time.Time) *Memo[V] {
	if now == nil {
		now = time.Now
	}
	return &Memo[V]{keep: keep, now: now, answers: map[string]memoAnswer[V]{}}
}

// Get returns the answer for a key, from ask unless it is known.
func (m *Memo[V]) Get(ctx context.Context, key string, ask func(context.Context) (V, error)) (V, error) {
	if value, ok := m.known(key); ok {
		return value, nil
	}
	return share(ctx, &m.group, key, shareTimeout, func(ctx context.Context) (V, error) {
		if value, ok := m.known(key); ok { // another call ended a moment ago
			return value, nil
		}
		asked := m.now()
		value, err := ask(ctx)
		if err == nil {
			m.put(key, memoAnswer[V]{value, asked})
		}
		return value, err
	})
}

// Forget drops the answer for a key.
func (m *Memo[V]) Forget(key string) {
	m.mu.Lock()
	defer m.mu.Unlock()
	delete(m.answers, key)
}

func (m *Memo[V]) known(key string) (value V, ok bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	answer, ok := m.answers[key]
	if !ok || m.keep > 0 && m.now().Sub(answer.asked) >= m.keep {
		return value, false
	}
	return answer.value, true
}

func (m *Memo[V]) put(key string, answer memoAnswer[V]) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if len(m.answers) >= memoMost {
		clear(m.answers)
	}
	m.answers[key] = answer
}

// share makes a call, or waits for the one that another caller makes with the same
// key. The call serves every caller, so it takes no turn of a tenant, outlives the
// context of the first one, and ends after timeout; a caller stops waiting when its
// own context ends. A panic of the call is a panic of each caller.
func share[V any](ctx context.Context, group *singleflight.Group, key string, timeout time.Duration, call func(context.Context) (V, error)) (V, error) {
	type result struct {
		value    V
		panicked string
	}
	done := group.DoChan(key, func() (r any, err error) {
		// The library would end the process.
		defer func() {
			if p := recover(); p != nil {
				r, err = result{panicked: fmt.Sprintf("%v\n%s", p, debug.Stack())}, nil
			}
		}()
		ctx, cancel := context.WithTimeout(providers.WithTenant(context.WithoutCancel(ctx), ""), timeout)
		defer cancel()
		value, err := call(ctx)
		return result{value: value}, err
	})
	var none V
	select {
	case got := <-done:
		r, _ := got.Val.(result)
		if r.panicked != "" {
			panic(r.panicked)
		}
		return r.value, got.Err
	case <-ctx.Done():
		return none, ctx.Err()
	}
}
