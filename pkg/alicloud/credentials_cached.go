package alicloud

import (
	"context"
	"sync"
	"time"

	"golang.org/x/sync/singleflight"
)

const (
	refreshBefore  = 5 * time.Minute  // a key is renewed that long before it expires
	refreshTimeout = 15 * time.Second // of one refresh
	refreshPause   = 10 * time.Second // between attempts while the old key still works
)

// cached keeps a temporary key until shortly before it expires. Concurrent callers
// share one refresh.
type cached struct {
	source  string // its name in metrics
	fetch   func(context.Context) (Key, error)
	now     func() time.Time
	group   singleflight.Group
	behind  measured // the source behind fetch; may be nil
	metrics *metrics // may be nil

	mu    sync.Mutex
	key   *Key
	tried time.Time // when the last refresh ended
}

func newCached(source string, fetch func(context.Context) (Key, error)) *cached {
	return &cached{source: source, fetch: fetch, now: time.Now}
}

// measure implements measured.
func (c *cached) measure(m *metrics) {
	c.metrics = m
	m.expect(c.source)
	if c.behind != nil {
		c.behind.measure(m)
	}
}

// Credentials implements CredentialsSource. While a refresh fails, the old key
// serves until it expires.
func (c *cached) Credentials(ctx context.Context) (Key, error) {
	if key, ok := c.usable(); ok {
		return key, nil
	}
	return share(ctx, &c.group, "", refreshTimeout, c.refresh)
}

// usable returns the cached key unless a refresh is due.
func (c *cached) usable() (Key, bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.key == nil {
		return Key{}, false
	}
	now := c.now()
	left := c.key.Expires.Sub(now)
	if c.key.Expires.IsZero() || left > refreshBefore || left > 0 && now.Sub(c.tried) < refreshPause {
		return *c.key, true
	}
	return Key{}, false
}

func (c *cached) refresh(ctx context.Context) (Key, error) {
	if key, ok := c.usable(); ok { // another refresh ended a moment ago
		return key, nil
	}
	key, err := c.fetch(ctx)
	c.metrics.refreshed(c.source, key, err)
	c.mu.Lock()
	defer c.mu.Unlock()
	c.tried = c.now()
	if err == nil {
		c.key = &key
		return key, nil
	}
	if c.key != nil && c.key.Expires.After(c.tried) {
		return *c.key, nil
	}
	return Key{}, err
}
