package engine

import (
	"github.com/prometheus/client_golang/prometheus"

	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/providers"
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/store"
)

// metrics counts operations. Labels come from fixed sets, so that ids stay out.
type metrics struct {
	operations *prometheus.CounterVec
	duration   *prometheus.HistogramVec
	calls      *prometheus.CounterVec
	retries    *prometheus.CounterVec
	removals   *prometheus.CounterVec
	// keptResources counts resources that deletions left to their owners.
	keptResources *prometheus.CounterVec
	leader        prometheus.Gauge
	quarantined   prometheus.Gauge
}

// Names of labels.
const (
	labelProvider = "provider"
	labelKind     = "kind"
	labelClass    = "class"
)

func newMetrics(r prometheus.Registerer) *metrics {
	m := &metrics{
		operations: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "alibabacloud_broker_operations_total",
			Help: "Ended operations, by provider, kind, state (succeeded, failed) and cause of a failure.",
		}, []string{labelProvider, labelKind, "state", "cause"}),
		duration: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Name:    "alibabacloud_broker_operation_duration_seconds",
			Help:    "Time from the platform's request to the end of the operation.",
			Buckets: []float64{0.1, 0.5, 1, 5, 15, 60, 300, 600, 1200, 3600, 7200},
		}, []string{labelProvider, labelKind}),
		calls: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "alibabacloud_broker_steps_total",
			Help: "Mutating calls to the cloud, by provider, step and result (ok, or the class of the error).",
		}, []string{labelProvider, "step", "result"}),
		retries: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "alibabacloud_broker_retries_total",
			Help: "Failed attempts that will be retried, by error class: alarm on operator and unexplained.",
		}, []string{labelProvider, labelKind, labelClass}),
		removals: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "alibabacloud_broker_locked_accounts_removed_total",
			Help: "Locked database accounts that were deleted because their server had as many accounts as it may have, by provider.",
		}, []string{labelProvider}),
		keptResources: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "alibabacloud_broker_retained_resources_total",
			Help: "Resources that the deletion of their instance left to their owner, as the plan's deletion: retain says, by provider.",
		}, []string{labelProvider}),
		leader: prometheus.NewGauge(prometheus.GaugeOpts{
			Name: "alibabacloud_broker_leader",
			Help: "1 in the replica that runs the operations, else 0: alarm if the sum over all replicas is not 1.",
		}),
		quarantined: prometheus.NewGauge(prometheus.GaugeOpts{
			Name: "alibabacloud_broker_quarantined_records",
			Help: "Records left alone because they are unreadable, panic, or hang in a provider call: alarm above 0.",
		}),
	}
	if r != nil {
		r.MustRegister(m.operations, m.duration, m.calls, m.retries, m.removals, m.keptResources, m.leader, m.quarantined)
	}
	return m
}

// expect makes the series of operators' failures and unexplained refusals before the first failure, because
// an increase is visible only on a series that exists.
func (m *metrics) expect(provider string) {
	for _, kind := range []store.Kind{store.Provision, store.Update, store.Deprovision, store.Bind, store.Unbind, store.Expire} {
		for _, cause := range []string{string(providers.Operator), string(providers.Unexplained), store.CauseDeadline} {
			m.operations.WithLabelValues(provider, string(kind), string(store.Failed), cause)
		}
		m.retries.WithLabelValues(provider, string(kind), string(providers.Unexplained))
	}
	m.removals.WithLabelValues(provider)
	m.keptResources.WithLabelValues(provider)
}

// removed counts a locked account that made room for another one.
func (m *metrics) removed(provider string) { m.removals.WithLabelValues(provider).Inc() }

func (m *metrics) ended(provider string, op *store.Operation) {
	m.operations.WithLabelValues(provider, string(op.Kind), string(op.State), causeOf(op)).Inc()
	m.duration.WithLabelValues(provider, string(op.Kind)).Observe(op.Finished.Sub(op.Started).Seconds())
}

// causeOf returns the cause of a failure as a label: its error class, or deadline.
func causeOf(op *store.Operation) string {
	if op.State != store.Failed {
		return "none"
	}
	switch op.CauseKind {
	case store.CauseDeadline, string(providers.Unexplained):
		return op.CauseKind
	case string(providers.Broken), string(providers.Operator):
		return string(providers.Operator)
	}
	return string(providers.User)
}

func (m *metrics) called(provider, step string, err error) {
	result := "ok"
	if err != nil {
		result = string(providers.ClassOf(err))
	}
	m.calls.WithLabelValues(provider, step, result).Inc()
}

func (m *metrics) retried(provider string, kind store.Kind, class providers.Class) {
	m.retries.WithLabelValues(provider, string(kind), string(class)).Inc()
}
