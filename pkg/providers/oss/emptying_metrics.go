package oss

import (
	"fmt"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/providers/descriptor"
)

// Values of the label "what" of the metric.
const (
	removedObjects = "objects"
	removedUploads = "uploads"
)

// emptyingMetrics counts the removed content of buckets.
type emptyingMetrics struct{ removed *prometheus.CounterVec }

func newEmptyingMetrics(d descriptor.Deps) (emptyingMetrics, error) {
	m := emptyingMetrics{prometheus.NewCounterVec(prometheus.CounterOpts{
		Name: "alibabacloud_broker_bucket_content_removed_total",
		Help: "Content that emptying buckets before their deletion removed: objects (versions and delete markers) and unfinished uploads.",
	}, []string{"what"})}
	for _, what := range []string{removedObjects, removedUploads} {
		m.removed.WithLabelValues(what)
	}
	if err := d.Register(m.removed); err != nil {
		return m, fmt.Errorf("oss: register metrics: %w", err)
	}
	return m, nil
}

func (m emptyingMetrics) count(what string, r removal) {
	if m.removed != nil {
		m.removed.WithLabelValues(what).Add(float64(r.Removed))
	}
}
