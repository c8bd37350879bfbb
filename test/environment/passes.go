package environment

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/engine"
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/store"
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/store/storetest"
)

// Passes drives the engine of one process pass by pass, on the clock of a test.
type Passes struct {
	engine *engine.Engine
	term   *engine.Term
}

// Lead begins a term of the engine, which ends with the test. The process is the
// only one, so its lease stays held after Lead. A lost answer of the store is
// asked again; any other error means that the process died at once.
func Lead(t testing.TB, e *engine.Engine, st store.Store) (*Passes, error) {
	t.Helper()
	p := &Passes{engine: e}
	lead := func() error {
		return st.Lead(t.Context(), func(_ context.Context, l store.Lease) error {
			l.Held = func() bool { return true }
			p.term = e.Begin(t.Context(), l)
			t.Cleanup(p.term.Stop)
			return nil
		})
	}
	err := lead()
	if errors.Is(err, storetest.ErrLost) {
		err = lead()
	}
	return p, err
}

// Retry makes the unfinished records of an instance due at once, as the operator's
// command does.
func (p *Passes) Retry(ctx context.Context, instanceID string) error {
	_, err := p.engine.Retry(ctx, instanceID)
	return err
}

// Expire begins the expires that are due, as a term does that has read all records.
func (p *Passes) Expire(ctx context.Context) error {
	if err := p.term.ScanExpiries(ctx); err != nil {
		return err
	}
	return p.term.BeginExpires(ctx)
}

// Run makes a pass over records of one instance, and returns the time of the next
// pass. After a lost answer of the store that is now.
func (p *Passes) Run(ctx context.Context, now time.Time, keys ...store.Key) (time.Time, error) {
	for _, k := range keys {
		p.engine.Wake(k, "")
	}
	next, err := p.term.Reconcile(ctx, keys[0].InstanceID)
	if errors.Is(err, storetest.ErrLost) {
		return now, nil
	}
	return next, err
}
