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

// How tombstones are purged: so many at a time, so often.
const (
	purgePage  = 100
	purgeEvery = time.Hour
)

// errKept: the record is not one to purge, or not any more.
var errKept = errors.New("the record is kept")

// forgetTombstones removes the tombstones that no platform polls for any more.
func (t *Term) forgetTombstones(ctx context.Context) {
	for {
		if n, err := t.purgeOnce(ctx); err != nil && ctx.Err() == nil && t.lease.Held() {
			glog.Errorf("purging tombstones: %v", err)
		} else if n > 0 {
			glog.Infof("purged the tombstones of %d records that were deleted more than %s ago", n, t.config.Tombstones)
		}
		wait := time.NewTimer(purgeEvery)
		select {
		case <-ctx.Done():
			wait.Stop()
			return
		case <-wait.C:
		}
	}
}

func (t *Term) purgeOnce(ctx context.Context) (purged int, err error) {
	before := t.config.Now().Add(-t.config.Tombstones)
	for ctx.Err() == nil {
		keys, err := t.store.Tombstones(ctx, before, purgePage)
		if err != nil {
			return purged, err
		}
		kept := 0
		for _, k := range keys {
			if !t.lease.Held() {
				return purged, errDeposed
			}
			err := t.store.Delete(ctx, k, func(r *store.Record) error {
				if !lifecycle.IsTombstone(r) || !r.Settled || !r.Deleted.Before(before) {
					return errKept // a new life
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
