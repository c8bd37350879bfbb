package api

import (
	"time"

	"github.com/prometheus/client_golang/prometheus"
)

// metrics count answered requests. Label values come from fixed sets, whatever
// callers send: route templates, methods and status classes.
type metrics struct {
	requests  *prometheus.CounterVec
	durations *prometheus.HistogramVec
	refusals  *prometheus.CounterVec
}

func newMetrics() metrics {
	return metrics{
		requests: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "alibabacloud_broker_requests_total",
			Help: "Requests of platforms, by route, method and class of status.",
		}, []string{"route", "method", "status"}),
		durations: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Name:    "alibabacloud_broker_request_duration_seconds",
			Help:    "Time from the start of a request to the end of its answer.",
			Buckets: []float64{.001, .0025, .005, .01, .025, .05, .1, .25, .5, 1, 2.5, 5, 10, 20, 50, 60},
		}, []string{"route", "method"}),
		refusals: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "alibabacloud_broker_authentication_failures_total",
			Help: "Requests refused with 401, by the scheme of their credentials; none without credentials.",
		}, []string{"scheme"}),
	}
}

func (m metrics) collectors() []prometheus.Collector {
	return []prometheus.Collector{m.requests, m.durations, m.refusals}
}

// observe counts a request; a status of 0 is a dropped connection.
func (m metrics) observe(route, method string, status int, took time.Duration) {
	classes := [...]string{1: "1xx", 2: "2xx", 3: "3xx", 4: "4xx", 5: "5xx"}
	class := "none"
	if at := status / 100; at > 0 && at < len(classes) {
		class = classes[at]
	}
	m.requests.WithLabelValues(route, method, class).Inc()
	m.durations.WithLabelValues(route, method).Observe(took.Seconds())
}
