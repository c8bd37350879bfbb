package engine

import (
	"github.com/prometheus/client_golang/prometheus"

	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/providers"
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/store"
)

// metrics of operations. Labels are from fixed sets: never ids.
type metrics struct {
	operations *prometheus.CounterVec
	duration   *prometheus.HistogramVec
	calls      *prometheus.CounterVec
	retries    *prometheus.CounterVec
	leading    prometheus.Gauge
	setAside   prometheus.Gauge
}

// Names of labels.
const (
	labelProvider = "provider"
	labelKind     = "kind"
	labelBlame    = "blame"
)

func newMetrics(r prometheus.Registerer) *metrics {
	m := &metrics{
		operations: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "alibabacloud_broker_operations_total",
			Help: "Operations that ended, by provider, kind, state (succeeded, failed) and cause of a failure.",
		}, []string{labelProvider, labelKind, "state", "cause"}),
		duration: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Name:    "alibabacloud_broker_operation_duration_seconds",
			Help:    "Time from the platform's request to the end of the operation.",
			Buckets: []float64{0.1, 0.5, 1, 5, 15, 60, 300, 600, 1200, 3600, 7200},
		}, []string{labelProvider, labelKind}),
		calls: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "alibabacloud_broker_steps_total",
			Help: "Mutating calls to the cloud, by provider, step and result (ok, or who can mend the error).",
		}, []string{labelProvider, "step", "result"}),
		retries: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "alibabacloud_broker_retries_total",
			Help: "Tries that failed and were planned again, by who can mend the cause: alarm on operator.",
		}, []string{labelProvider, labelKind, labelBlame}),
		leading: prometheus.NewGauge(prometheus.GaugeOpts{
			Name: "alibabacloud_broker_leading",
			Help: "1 where this process runs the operations, of all replicas at most one: alarm where none does.",
		}),
		setAside: prometheus.NewGauge(prometheus.GaugeOpts{
			Name: "alibabacloud_broker_set_aside",
			Help: "Records that are not worked on, since they cannot be read, panic, or block their provider: alarm on any.",
		}),
	}
	if r != nil {
		r.MustRegister(m.operations, m.duration, m.calls, m.retries, m.leading, m.setAside)
	}
	return m
}

// expect shows the failures that are the operator's before the first of them:
// an increase is seen only of what was there before.
func (m *metrics) expect(provider string) {
	for _, kind := range []store.Kind{store.Provision, store.Update, store.Deprovision, store.Bind, store.Unbind} {
		for _, cause := range []string{string(blameOperator), store.CauseDeadline} {
			m.operations.WithLabelValues(provider, string(kind), string(store.Failed), cause)
		}
	}
}

func (m *metrics) ended(provider string, op *store.Operation) {
	m.operations.WithLabelValues(provider, string(op.Kind), string(op.State), causeOf(op)).Inc()
	m.duration.WithLabelValues(provider, string(op.Kind)).Observe(op.Finished.Sub(op.Started).Seconds())
}

// causeOf sorts the cause of a failure: who can mend it, or that time was over.
func causeOf(op *store.Operation) string {
	if op.State != store.Failed {
		return "none"
	}
	switch op.CauseKind {
	case store.CauseDeadline:
		return op.CauseKind
	case string(providers.Broken), string(blameOperator):
		return string(blameOperator)
	}
	return string(blameUser)
}

func (m *metrics) called(provider, step string, err error) {
	result := "ok"
	if err != nil {
		result = string(blameFor(err))
	}
	m.calls.WithLabelValues(provider, step, result).Inc()
}

func (m *metrics) retried(provider string, kind store.Kind, b blame) {
	m.retries.WithLabelValues(provider, string(kind), string(b)).Inc()
}
