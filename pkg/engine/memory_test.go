package engine

import (
	"context"
	"errors"
	"runtime"
	"testing"
	"time"

	"github.com/golang/glog"
	"github.com/prometheus/client_golang/prometheus"

	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/lifecycle"
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/providers"
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/store"
)

// oneRecord is a store with a single record, whatever its key.
type oneRecord struct {
	store.Store
	record store.Record
}

func (s oneRecord) Get(context.Context, store.Key) (store.Record, error) { return s.record, nil }

// newTestTerm returns a term of an engine whose calls time out at once.
func newTestTerm(t *testing.T, st store.Store, held bool) *Term {
	t.Helper()
	e := New(Config{Store: lifecycle.Checked(st), CallTimeout: time.Millisecond, Grace: time.Millisecond})
	term := e.Begin(t.Context(), store.Lease{Epoch: 1, Held: func() bool { return held }})
	t.Cleanup(term.Stop)
	return term
}

// gaugeValue returns the value of a gauge.
func gaugeValue(t *testing.T, g prometheus.Gauge) float64 {
	t.Helper()
	registry := prometheus.NewRegistry()
	registry.MustRegister(g)
	families, err := registry.Gather()
	if err != nil {
		t.Fatal(err)
	}
	return families[0].GetMetric()[0].GetGauge().GetValue()
}

// A purge settles a record while its call hangs. The quarantine ends when the
// call returns: the alarm on quarantined records would stay on otherwise.
func TestMemory_PurgedWhileHung_EndsQuarantine(t *testing.T) {
	r := store.Record{Key: store.Key{InstanceID: "i"}, Revision: 1, Settled: true}
	term := newTestTerm(t, oneRecord{record: r}, true)
	term.memory.requeueAfter(&store.Record{Key: r.Key}, time.Now().Add(time.Hour))
	returned := make(chan struct{})
	term.quarantineHung(&r, returned, false)
	quarantined := term.engine.metrics.quarantined
	pass := func(want float64) {
		t.Helper()
		term.wake(r.Key, lifecycle.TenantOf(&r))
		if _, err := term.Reconcile(t.Context(), "i"); err != nil {
			t.Fatal(err)
		}
		if got := gaugeValue(t, quarantined); got != want {
			t.Errorf("%v quarantined records, want %v", got, want)
		}
	}
	pass(1)
	close(returned)
	pass(0)
	if n := len(term.memory.records); n != 0 {
		t.Errorf("the memory still has %d records", n)
	}
}

// hangingProvider makes calls that hang until release is closed, and undoes them.
type hangingProvider struct {
	providers.Provider
	release chan struct{}
}

func (p hangingProvider) Do(context.Context, providers.Task, providers.Step) (providers.Facts, error) {
	<-p.release
	return providers.Facts{}, nil
}

func (p hangingProvider) Undo(context.Context, providers.Task, providers.Step, providers.Facts) error {
	return nil
}

// The race detector proves that the undo of a late call reads nothing that the
// attempt writes meanwhile.
func TestAttempt_LateUndo_ReadsItsOwnRecord(t *testing.T) {
	term := newTestTerm(t, nil, false)
	p := hangingProvider{release: make(chan struct{})}
	a := &attempt{term: term, config: term.config(), record: &store.Record{Key: store.Key{InstanceID: "i"}}, provider: p}
	if _, err := a.do(t.Context(), providers.Step{Name: "create"}); !errors.Is(err, errHung) {
		t.Fatalf("do = %v, want errHung", err)
	}
	// The undo ends with a line of log: a warning, or an error if it took too long.
	lines := func() int64 { return glog.Stats.Warning.Lines() + glog.Stats.Error.Lines() }
	logged := lines()
	close(p.release)
	for lines() == logged {
		*a.record = store.Record{Key: store.Key{InstanceID: "i"}, Sequence: a.record.Sequence + 1}
		runtime.Gosched()
	}
}
