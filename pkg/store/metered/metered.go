// Package metered counts the calls of a store, their durations and their
// failures.
package metered

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/store"
)

// metering is the decorator. How long All and Watch take is their caller's
// affair: only their errors are counted. Lead, Empty and Close pass through it.
type metering struct {
	store.Store

	durations *prometheus.HistogramVec
	failures  *prometheus.CounterVec
}

// unavailable labels errors of the store itself: disk full, server unreachable.
const unavailable = "unavailable"

// New returns inner with its use counted.
func New(inner store.Store, metrics prometheus.Registerer) (store.Store, error) {
	m := &metering{
		Store: inner,
		durations: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Name:    "alibabacloud_broker_store_duration_seconds",
			Help:    "Time that operations of the store took, by operation.",
			Buckets: []float64{.0001, .0005, .001, .005, .01, .025, .05, .1, .25, .5, 1, 2.5, 5, 10},
		}, []string{"operation"}),
		failures: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "alibabacloud_broker_store_errors_total",
			Help: "Operations of the store that failed, by operation and kind of error.",
		}, []string{"operation", "error"}),
	}
	for _, c := range []prometheus.Collector{m.durations, m.failures} {
		if err := metrics.Register(c); err != nil {
			return nil, fmt.Errorf("store: register metrics: %w", err)
		}
	}
	// A counter that is there from the start shows its first increase.
	for _, operation := range []string{"get", "update", "unfinished"} {
		m.failures.WithLabelValues(operation, unavailable)
	}
	return m, nil
}

// Get implements store.Store. A missing record counts as an answer.
func (m *metering) Get(ctx context.Context, k store.Key) (store.Record, error) {
	done := m.startTimer("get")
	r, err := m.Store.Get(ctx, k)
	done(err)
	return r, err
}

// Update implements store.Store. An error of change is the caller's.
func (m *metering) Update(ctx context.Context, k store.Key, change func(*store.Record) error) (store.Record, error) {
	done := m.startTimer("update")
	change, changed := captureError(change)
	r, err := m.Store.Update(ctx, k, change)
	done(unlessOwn(*changed, err))
	return r, err
}

// Delete implements store.Store. An error of check is the caller's.
func (m *metering) Delete(ctx context.Context, k store.Key, check func(*store.Record) error) error {
	done := m.startTimer("delete")
	if check == nil {
		err := m.Store.Delete(ctx, k, nil)
		done(err)
		return err
	}
	check, checked := captureError(check)
	err := m.Store.Delete(ctx, k, check)
	done(unlessOwn(*checked, err))
	return err
}

// Bindings implements store.Store.
func (m *metering) Bindings(ctx context.Context, instanceID string) ([]store.Item, error) {
	done := m.startTimer("bindings")
	items, err := m.Store.Bindings(ctx, instanceID)
	done(err)
	return items, err
}

// All implements store.Store. It counts errors only: its consumer determines
// the duration.
func (m *metering) All(ctx context.Context) iter.Seq2[store.Record, error] {
	return func(yield func(store.Record, error) bool) {
		for r, err := range m.Store.All(ctx) {
			m.countFailure("all", err)
			if !yield(r, err) {
				return
			}
		}
	}
}

// Unfinished implements store.Store.
func (m *metering) Unfinished(ctx context.Context) ([]store.Key, error) {
	done := m.startTimer("unfinished")
	keys, err := m.Store.Unfinished(ctx)
	done(err)
	return keys, err
}

// Tombstones implements store.Store.
func (m *metering) Tombstones(ctx context.Context, before time.Time, limit int) ([]store.Key, error) {
	done := m.startTimer("tombstones")
	keys, err := m.Store.Tombstones(ctx, before, limit)
	done(err)
	return keys, err
}

// PutBody implements store.Store.
func (m *metering) PutBody(ctx context.Context, content []byte) (string, store.Sealed, error) {
	done := m.startTimer("put_body")
	digest, key, err := m.Store.PutBody(ctx, content)
	done(err)
	return digest, key, err
}

// Body implements store.Store.
func (m *metering) Body(ctx context.Context, digest string, key store.Sealed) ([]byte, error) {
	done := m.startTimer("body")
	content, err := m.Store.Body(ctx, digest, key)
	done(err)
	return content, err
}

// SweepBodies implements store.Store.
func (m *metering) SweepBodies(ctx context.Context, now time.Time) (int, error) {
	done := m.startTimer("sweep_bodies")
	deleted, err := m.Store.SweepBodies(ctx, now)
	done(err)
	return deleted, err
}

// Watch implements store.Store.
func (m *metering) Watch(ctx context.Context, changed func(store.Key)) error {
	err := m.Store.Watch(ctx, changed)
	m.countFailure("watch", err)
	return err
}

// startTimer starts the clock of an operation; the function it returns stops it.
func (m *metering) startTimer(operation string) func(error) {
	start := time.Now()
	return func(err error) {
		m.durations.WithLabelValues(operation).Observe(time.Since(start).Seconds())
		m.countFailure(operation, err)
	}
}

func (m *metering) countFailure(operation string, err error) {
	if kind := errorLabel(err); kind != "" {
		m.failures.WithLabelValues(operation, kind).Inc()
	}
}

// errorLabel names a failure. It is empty for success, a missing record and a
// cancelled call.
func errorLabel(err error) string {
	if err == nil || errors.Is(err, store.ErrNotFound) || errors.Is(err, context.Canceled) {
		return ""
	}
	for _, known := range []struct {
		err  error
		name string
	}{
		{store.ErrNewer, "newer"},
		{store.ErrUnsealed, "unsealed"},
		{store.ErrNoBody, "no_body"},
		{store.ErrAltered, "altered"},
		{store.ErrSeal, "seal"},
		{store.ErrCorrupt, "corrupt"},
		{store.ErrForeign, "foreign"},
		{store.ErrTooLarge, "too_large"},
		{store.ErrLocked, "locked"},
		{store.ErrClosed, "closed"},
		{context.DeadlineExceeded, "timeout"},
	} {
		if errors.Is(err, known.err) {
			return known.name
		}
	}
	return unavailable
}

// captureError returns f, and where the error is kept that it returned last.
func captureError(f func(*store.Record) error) (func(*store.Record) error, *error) {
	last := new(error)
	return func(r *store.Record) error {
		*last = f(r)
		return *last
	}, last
}

// unlessOwn returns err, or nil if the caller's own function returned it.
func unlessOwn(own, err error) error {
	if own != nil && errors.Is(err, own) {
		return nil
	}
	return err
}
