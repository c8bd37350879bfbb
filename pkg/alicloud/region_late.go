package alicloud

import (
	"context"
	"fmt"
	"sync"
)

// A lateRegion is a region that may be unknown at first.
type lateRegion struct {
	find func(context.Context) (string, error) // nil: it is known

	mu     sync.Mutex
	region string
}

// known returns the region, or "".
func (r *lateRegion) known() string {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.region
}

// get finds the region, unless it is known.
func (r *lateRegion) get(ctx context.Context) (string, error) {
	if region := r.known(); region != "" {
		return region, nil
	}
	region, err := r.find(ctx)
	if err != nil {
		return "", err
	}
	if !IsRegion(region) {
		return "", fmt.Errorf("alicloud: region %q is not a region id", region)
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.region = region
	return region, nil
}

// FindRegion returns the region that requests name. Where Config leaves it open,
// FindRegion asks Config.FindRegion until that knows it.
func (c *Clients) FindRegion(ctx context.Context) (string, error) { return c.region.get(ctx) }
