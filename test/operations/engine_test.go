package operations_test

import (
	"context"
	"errors"
	"sync/atomic"
	"testing"
	"time"

	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/store"
)

// flakyElection is a store whose Lead and Watch fail a few times at first.
type flakyElection struct {
	store.Store

	leads, watches atomic.Int32 // how often still
}

var errNoRoom = errors.New("no room on the disk")

func (s *flakyElection) Lead(ctx context.Context, run func(context.Context, store.Lease) error) error {
	if s.leads.Add(-1) >= 0 {
		return errNoRoom
	}
	return s.Store.Lead(ctx, run)
}

func (s *flakyElection) Watch(ctx context.Context, changed func(store.Key)) error {
	if s.watches.Add(-1) >= 0 {
		return errNoRoom
	}
	return s.Store.Watch(ctx, changed)
}

// The disk is full when the broker starts: it answers polls, and the operations
// go on once there is room.
func TestEngine_FailingLead_IsRetried(t *testing.T) {
	inBubble(t, func(w *harness) {
		w.config = func(c *settings) {
			st := &flakyElection{Store: c.Store}
			st.leads.Store(5)
			c.Store = st
		}
		w.restart()
		got := w.provision("a", body("slow", ""))
		w.want("provision", got, 202)
		if op := w.finally("a", "", got); op.State != "succeeded" {
			w.t.Errorf("provision ended with %s %s", op.State, op.Description)
		}
	})
}

func TestEngine_FailingWatch_IsRetried(t *testing.T) {
	inBubble(t, func(w *harness) {
		st := &flakyElection{Store: w.store}
		st.watches.Store(5)
		engine := w.replica(st)
		ctx, stop := context.WithCancel(w.t.Context())
		ended := make(chan error, 1)
		go func() { ended <- engine.Listen(ctx) }()
		w.pass(10 * time.Minute)
		if n := st.watches.Load(); n >= 0 {
			w.t.Errorf("it would still be refused %d times", n+1)
		}
		stop()
		if err := <-ended; err != nil {
			w.t.Errorf("Listen = %v", err)
		}
	})
}
