package engine

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/golang/glog"

	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/lifecycle"
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/store"
)

const (
	housekeepingInterval = time.Hour
	purgePage            = 100 // tombstones
)

// errKept: the tombstone became a new life.
var errKept = errors.New("the record is kept")

// housekeeping removes expired tombstones and unreferenced bodies until ctx ends.
func (t *Term) housekeeping(ctx context.Context) {
	for {
		if n, err := t.purgeTombstones(ctx); err != nil && ctx.Err() == nil && t.lease.Held() {
			glog.Errorf("purging tombstones failed err=%q", err)
		} else if n > 0 {
			glog.Infof("tombstones purged count=%d older_than=%s", n, t.config().Tombstones)
		}
		if n, err := t.sweepBodies(ctx); err != nil && ctx.Err() == nil && t.lease.Held() {
			glog.Errorf("sweeping bodies failed err=%q", err)
		} else if n > 0 {
			glog.Infof("bodies swept count=%d", n)
		}
		if !sleep(ctx, housekeepingInterval) {
			return
		}
	}
}

// sweepBodies deletes bodies that no record has named for store.BodyAge.
func (t *Term) sweepBodies(ctx context.Context) (deleted int, err error) {
	if !t.lease.Held() {
		return 0, errDeposed
	}
	return t.engine.store.SweepBodies(ctx, t.config().Now())
}

func (t *Term) purgeTombstones(ctx context.Context) (purged int, err error) {
	before := t.config().Now().Add(-t.config().Tombstones)
	for ctx.Err() == nil {
		keys, err := t.engine.store.Tombstones(ctx, before, purgePage)
		if err != nil {
			return purged, err
		}
		kept := 0
		for _, k := range keys {
			if !t.lease.Held() {
				return purged, errDeposed
			}
			err := t.engine.store.Delete(ctx, k, func(r *store.Record) error {
				if !lifecycle.IsTombstone(r) || !r.Settled || !r.Deleted.Before(before) {
					return errKept
				}
				return nil
			})
			switch {
			case errors.Is(err, errKept), lifecycle.IsUnrecoverable(err):
				kept++
			case err != nil:
				return purged, fmt.Errorf("%s: %w", k, err)
			default:
				purged++
			}
		}
		if len(keys) < purgePage || kept == len(keys) {
			return purged, nil
		}
	}
	return purged, ctx.Err()
}
