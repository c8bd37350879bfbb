package metered_test

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/prometheus/client_golang/prometheus"

	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/store"
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/store/bolt"
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/store/metered"
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/store/sealed"
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/store/storetest"
)

func TestMetered_Contract_IsKept(t *testing.T) {
	storetest.Run(t, func(t *testing.T, dir string) store.Store {
		return meter(t, openBolt(t, dir), prometheus.NewRegistry())
	})
}

func TestMetered_AlteredRecord_IsRefused(t *testing.T) {
	storetest.RunAltered(t, func(t *testing.T, dir string) (_, _ store.Store) {
		inner := openBolt(t, dir)
		keys, err := sealed.Ensure(t.Context(), sealed.File(filepath.Join(dir, "keyset.json")), inner, nil)
		if err != nil {
			t.Fatal(err)
		}
		return meter(t, sealed.New(inner, keys), prometheus.NewRegistry()), inner
	})
}

func openBolt(t *testing.T, dir string) store.Store {
	t.Helper()
	file, err := bolt.Open(filepath.Join(dir, "broker.db"), nil)
	if err != nil {
		t.Fatal(err)
	}
	return file
}

func meter(t *testing.T, inner store.Store, registry *prometheus.Registry) store.Store {
	t.Helper()
	m, err := metered.New(inner, registry)
	if err != nil {
		t.Fatal(err)
	}
	return m
}

// A broken store fails every call.
type broken struct {
	store.Store

	err error
}

func (b broken) Get(context.Context, store.Key) (store.Record, error) { return store.Record{}, b.err }

func (b broken) Unfinished(context.Context) ([]store.Key, error) { return nil, b.err }

func (b broken) Delete(_ context.Context, k store.Key, check func(*store.Record) error) error {
	if check != nil {
		if err := check(&store.Record{Key: k}); err != nil {
			return err
		}
	}
	return b.err
}

func TestMetered_Failures_AreCountedByOperationAndKind(t *testing.T) {
	registry := prometheus.NewPedanticRegistry()
	var inner broken
	s := meter(t, &inner, registry)
	k := store.Key{InstanceID: "i"}
	for _, inner.err = range []error{
		errors.New("disk full"), &store.RecordError{Key: k, Err: store.ErrCorrupt},
		&store.RecordError{Key: k, Err: store.ErrNotFound}, context.Canceled, context.DeadlineExceeded, nil,
	} {
		_, _ = s.Get(t.Context(), k)
	}
	inner.err = errors.New("server away")
	_, _ = s.Unfinished(t.Context())
	_ = s.Delete(t.Context(), k, nil)
	_ = s.Delete(t.Context(), k, func(*store.Record) error { return nil })
	_ = s.Delete(t.Context(), k, func(*store.Record) error { return errors.New("not this one") })
	want := map[string]float64{
		"errors_total unavailable get": 1, "errors_total corrupt get": 1, "errors_total timeout get": 1,
		"errors_total unavailable unfinished": 1, "errors_total unavailable delete": 2,
		"duration_seconds get": 6, "duration_seconds unfinished": 1, "duration_seconds delete": 3,
	}
	if diff := cmp.Diff(want, shown(t, registry)); diff != "" {
		t.Errorf("metrics (-want +got):\n%s", diff)
	}
}

func TestMetered_ErrorOfTheCaller_IsNoFailure(t *testing.T) {
	registry := prometheus.NewPedanticRegistry()
	s := meter(t, openBolt(t, t.TempDir()), registry)
	t.Cleanup(func() { _ = s.Close() })
	k := store.Key{InstanceID: "i"}
	_, _ = s.Update(t.Context(), k, func(*store.Record) error { return errors.New("conflict") })
	_, _ = s.Update(t.Context(), k, func(*store.Record) error { return fmt.Errorf("it was %w", store.ErrCorrupt) })
	if _, err := s.Update(t.Context(), k, func(r *store.Record) error { r.Created = time.Now(); return nil }); err != nil {
		t.Fatal(err)
	}
	_ = s.Delete(t.Context(), k, func(*store.Record) error { return errors.New("not this one") })
	if diff := cmp.Diff(map[string]float64{"duration_seconds update": 3, "duration_seconds delete": 1}, shown(t, registry)); diff != "" {
		t.Errorf("metrics (-want +got):\n%s", diff)
	}
}

// shown returns the values by metric and labels; of histograms, the counts.
func shown(t *testing.T, registry prometheus.Gatherer) map[string]float64 {
	t.Helper()
	families, err := registry.Gather()
	if err != nil {
		t.Fatal(err)
	}
	figures := map[string]float64{}
	for _, family := range families {
		for _, m := range family.GetMetric() {
			name := strings.TrimPrefix(family.GetName(), "alibabacloud_broker_store_")
			for _, l := range m.GetLabel() {
				name += " " + l.GetValue()
			}
			if figure := m.GetCounter().GetValue() + float64(m.GetHistogram().GetSampleCount()); figure > 0 {
				figures[name] = figure
			}
		}
	}
	return figures
}
