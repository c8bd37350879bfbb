package sealed

import (
	"fmt"

	"github.com/prometheus/client_golang/prometheus"
)

// keyMetrics are the figures of the keys.
type keyMetrics struct {
	reloads  *prometheus.CounterVec
	broken   prometheus.Gauge
	unopened prometheus.Counter
	altered  prometheus.Counter
}

func newKeyMetrics(metrics prometheus.Registerer) (*keyMetrics, error) {
	m := &keyMetrics{
		reloads: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "alibabacloud_broker_keyset_reloads_total",
			Help: "Changes of the keyset, by whether they could be used.",
		}, []string{"result"}),
		broken: prometheus.NewGauge(prometheus.GaugeOpts{
			Name: "alibabacloud_broker_keyset_broken",
			Help: "1 while the keyset cannot be used and the keys known before are.",
		}),
		unopened: prometheus.NewCounter(prometheus.CounterOpts{
			Name: "alibabacloud_broker_secrets_unopened_total",
			Help: "Secrets of records that no key opened.",
		}),
		altered: prometheus.NewCounter(prometheus.CounterOpts{
			Name: "alibabacloud_broker_records_altered_total",
			Help: "Uses of records that were refused because the records were changed outside of the broker.",
		}),
	}
	if metrics == nil {
		return m, nil
	}
	for _, c := range []prometheus.Collector{m.reloads, m.broken, m.unopened, m.altered} {
		if err := metrics.Register(c); err != nil {
			return nil, fmt.Errorf("keys: register metrics: %w", err)
		}
	}
	return m, nil
}
