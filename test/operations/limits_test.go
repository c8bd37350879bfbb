package operations_test

import (
	"context"
	"sync"

	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/providers"
)

// limits end calls as if their time were over, when the test says so.
type limits struct {
	mu   sync.Mutex
	over chan struct{} // of the call that is on its way
}

// limit returns the context of a call, and the function that ends its care.
func (l *limits) limit(ctx context.Context) (context.Context, func()) {
	over := make(chan struct{})
	l.mu.Lock()
	defer l.mu.Unlock()
	l.over = over
	return timed{ctx, over}, func() {
		l.mu.Lock()
		defer l.mu.Unlock()
		l.over = nil
	}
}

// end lets the time of the call be over that is on its way.
func (l *limits) end() {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.over != nil {
		close(l.over)
		l.over = nil
	}
}

// A timed context ends as at its deadline.
type timed struct {
	context.Context //nolint:containedctx // it is a context

	over chan struct{}
}

func (c timed) Done() <-chan struct{} { return c.over }

func (c timed) Err() error {
	select {
	case <-c.over:
		return context.DeadlineExceeded
	default:
		return c.Context.Err()
	}
}

// A limited provider makes its calls within limits.
type limited struct {
	providers.Provider

	limits *limits
}

func (p limited) Observe(ctx context.Context, t providers.Task) (providers.Seen, error) {
	ctx, end := p.limits.limit(ctx)
	defer end()
	return p.Provider.Observe(ctx, t)
}

func (p limited) Do(ctx context.Context, t providers.Task, s providers.Step) (providers.Facts, error) {
	ctx, end := p.limits.limit(ctx)
	defer end()
	return p.Provider.Do(ctx, t, s)
}

// Unwrap gives the abilities of the provider inside.
func (p limited) Unwrap() providers.Provider { return p.Provider }
