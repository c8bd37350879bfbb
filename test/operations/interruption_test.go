package operations_test

import (
	"context"
	"errors"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/osb"
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/store"
)

// A flakyStore fails to read at times.
type flakyStore struct {
	store.Store

	away *atomic.Bool
}

func (b flakyStore) Get(ctx context.Context, k store.Key) (store.Record, error) {
	if b.away.Load() {
		return store.Record{}, errors.New("the store is away")
	}
	return b.Store.Get(ctx, k)
}

// A stored request goes on: a platform that received a failure would delete the
// instance, and Service Catalog never binds again.
func TestProvision_StoreFailsDuringWait_IsAccepted(t *testing.T) {
	inBubble(t, func(w *harness) {
		w.stop()
		var away atomic.Bool
		w.config = func(c *settings) { c.Store = flakyStore{c.Store, &away} }
		w.start()
		w.inner.onWrite(func(store.Record) error { away.Store(true); return nil })
		accepted := w.provision("a", `{"service_id":"fast-id","plan_id":"fast-plan","organization_guid":"o","space_guid":"s"}`)
		w.want("provision", accepted, 202)
		w.inner.onWrite(nil)
		away.Store(false)
		if op := w.ended("a", "", accepted); op.State != osb.Succeeded {
			t.Errorf("it ended as %s", op.State)
		}
	})
}

func TestBind_TooLongApplication_IsRefusedBeforeStoring(t *testing.T) {
	inBubble(t, func(w *harness) {
		w.made("a", "fast")
		w.want("bind", w.bind("a", "x", `{"service_id":"fast-id","plan_id":"fast-plan","bind_resource":{"app_guid":"`+strings.Repeat("a", 2000)+`"}}`), 400)
		w.want("fetch of the binding that was refused", w.fetchBinding("a", "x"), 404)
	})
}

// Service Catalog takes every failure for final, and sends a bind again after a
// lost connection.
func TestBind_StoreFails_IsLeftUnanswered(t *testing.T) {
	for platform, dropped := range map[string]bool{"kubernetes": true, "cloudfoundry": false} {
		inBubble(t, func(w *harness) {
			w.made("a", "fast")
			w.stop()
			var away atomic.Bool
			w.opts.DropUnfinishedBinds = true
			w.config = func(c *settings) { c.Store = flakyStore{c.Store, &away} }
			w.start()
			bind := func() reply {
				return w.bind("a", "x", `{"service_id":"fast-id","plan_id":"fast-plan","context":{"platform":"`+platform+`"}}`)
			}
			away.Store(true)
			if got := bind(); got.dropped != dropped || !dropped && got.status != 503 {
				w.t.Errorf("%s: the bind was left unanswered: %t; it was answered %d", platform, got.dropped, got.status)
			}
			away.Store(false)
			if got := bind(); got.status != 201 {
				w.t.Errorf("%s: the bind that comes again answers %d (left: %t), want 201", platform, got.status, got.dropped)
			}
		})
	}
}
