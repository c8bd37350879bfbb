package alicloud

import (
	"context"
	"errors"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/providers"
)

// metrics count calls to the cloud and the refreshes of keys. The values of labels
// come from fixed sets: the products and actions in the code.
type metrics struct {
	calls     *prometheus.CounterVec
	durations *prometheus.HistogramVec
	waits     *prometheus.CounterVec
	refreshes *prometheus.CounterVec
	expiry    *prometheus.GaugeVec

	profile string // of the credentials
}

// Names of labels.
const (
	labelProduct = "product"
	labelAction  = "action"
	labelSource  = "source"
	labelProfile = "profile" // as many as the operator's profile file has
)

// defaultProfile is the label of credentials without a name.
const defaultProfile = "default"

// Values of the label signer.
const (
	signerBroker   = "broker"   // the broker's own
	signerInstance = "instance" // one that the user gave for an instance, or a new one of a binding
)

func newMetrics(products []string) *metrics {
	m := &metrics{
		calls: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "alibabacloud_broker_cloud_requests_total",
			Help: "Requests to the cloud, by product, action, whose key signs and result.",
		}, []string{labelProduct, labelAction, "signer", "result"}),
		durations: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Name:    "alibabacloud_broker_cloud_request_duration_seconds",
			Help:    "Time from sending a request to the cloud to its answer, without the wait for the rate limit.",
			Buckets: []float64{.025, .05, .1, .25, .5, 1, 2.5, 5, 10, 25},
		}, []string{labelProduct, labelAction}),
		waits: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "alibabacloud_broker_cloud_pacing_seconds_total",
			Help: "Time that requests to the cloud waited for the rate limit, by product.",
		}, []string{labelProduct}),
		refreshes: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "alibabacloud_broker_credentials_refreshes_total",
			Help: "Attempts to get a key of the cloud from its source, by profile, source and result.",
		}, []string{labelProfile, labelSource, "result"}),
		expiry: prometheus.NewGaugeVec(prometheus.GaugeOpts{
			Name: "alibabacloud_broker_credentials_expiry_timestamp_seconds",
			Help: "When the current key expires, in Unix time; 0 for a key that lasts.",
		}, []string{labelProfile, labelSource}),
		profile: defaultProfile,
	}
	for _, product := range products {
		m.waits.WithLabelValues(product)
	}
	return m
}

// register adds the metrics, and a gauge of the rate of each product.
func (c *Clients) register(r prometheus.Registerer) error {
	m := c.metrics
	all := []prometheus.Collector{m.calls, m.durations, m.waits, m.refreshes, m.expiry}
	for _, product := range c.products.names() {
		all = append(all, prometheus.NewGaugeFunc(prometheus.GaugeOpts{
			Name:        "alibabacloud_broker_cloud_pace_ratio",
			Help:        "Pace at which the cloud is called now, as a part of the full pace, by product; below 1 it has throttled.",
			ConstLabels: prometheus.Labels{labelProduct: product},
		}, func() float64 { return c.pacers.ratio(product) }))
	}
	for _, collector := range all {
		if err := r.Register(collector); err != nil {
			return err
		}
	}
	return nil
}

// answered counts a request by its result; err is classified.
func (c *Clients) answered(op Op, err error) {
	c.metrics.calls.WithLabelValues(op.product(), op.Action, c.signer, resultOf(err)).Inc()
}

// sent observes the time until an answer.
func (m *metrics) sent(op Op, took time.Duration) {
	m.durations.WithLabelValues(op.product(), op.Action).Observe(took.Seconds())
}

// expect shows a source at zero, so that its first failure is an increase. On a nil
// receiver it returns at once.
func (m *metrics) expect(source string) {
	if m != nil {
		m.refreshes.WithLabelValues(m.profile, source, "failed")
	}
}

// refreshed counts an attempt to get a key. On a nil receiver it returns at once.
func (m *metrics) refreshed(source string, key Key, err error) {
	if m == nil {
		return
	}
	if err != nil {
		m.refreshes.WithLabelValues(m.profile, source, "failed").Inc()
		return
	}
	m.refreshes.WithLabelValues(m.profile, source, "ok").Inc()
	expires := 0.0
	if !key.Expires.IsZero() {
		expires = float64(key.Expires.Unix())
	}
	m.expiry.WithLabelValues(m.profile, source).Set(expires)
}

// ofProfile returns the metrics of the credentials of a profile. On a nil receiver it
// returns nil.
func (m *metrics) ofProfile(name string) *metrics {
	if m == nil || name == "" {
		return m
	}
	of := *m
	of.profile = name
	return &of
}

// A measured source of credentials counts its refreshes. measure is called before
// the first use.
type measured interface{ measure(m *metrics) }

// measure implements measured, for the clients of a source and the source behind
// them.
func (c *Clients) measure(m *metrics) {
	c.metrics = m
	if source, ok := c.source.(measured); ok {
		source.measure(m)
	}
}

// resultOf names the result of a request by its classified error: of several
// reasons, the first in the table, which helps an operator most.
func resultOf(err error) string {
	if err == nil {
		return "ok"
	}
	for _, known := range []struct {
		reason error
		name   string
	}{
		{providers.ErrClock, "clock"},
		{providers.ErrCredentials, "credentials"},
		{providers.ErrDenied, "denied"},
		{providers.ErrArrears, "arrears"},
		{providers.ErrQuota, "quota"},
		{providers.ErrPublicEndpoint, "public_endpoint"},
		{providers.ErrUnreachable, "unreachable"},
		{providers.ErrThrottled, "throttled"},
		{providers.ErrSoldOut, "sold_out"},
		{providers.ErrInvalid, "invalid"},
		{providers.ErrTagRefused, "invalid"},
		{providers.ErrNotFound, "not_found"},
		{providers.ErrExists, "exists"},
		{providers.ErrTokenUsed, "token_used"},
		{providers.ErrWrongState, "wrong_state"},
		{providers.ErrOutcomeUnknown, "outcome_unknown"},
		{providers.ErrUnexplained, "unexplained"},
		{context.DeadlineExceeded, "timeout"},
		{context.Canceled, "canceled"},
	} {
		if errors.Is(err, known.reason) {
			return known.name
		}
	}
	return "failed"
}
