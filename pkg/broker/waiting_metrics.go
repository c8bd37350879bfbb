package broker

import (
	"github.com/prometheus/client_golang/prometheus"
)

// waitingGauges show how many requests wait for their operations, and the bound.
func (b *BusinessLogic) waitingGauges() []prometheus.Collector {
	return []prometheus.Collector{
		prometheus.NewGaugeFunc(prometheus.GaugeOpts{
			Name: "alibabacloud_broker_waiting_requests",
			Help: "Requests that wait for their own operation to end.",
		}, func() float64 { return float64(b.waiting.inUse()) }),
		prometheus.NewGaugeFunc(prometheus.GaugeOpts{
			Name: "alibabacloud_broker_waiting_requests_limit",
			Help: "How many requests may wait at a time; more are answered at once.",
		}, func() float64 { return float64(b.waiting.limit) }),
	}
}

// Reasons of a shortened wait, as label values.
const (
	shortenedFull  = "full"  // no place was free, and the tenant had its share
	shortenedShare = "share" // another tenant needed the place
)

// shortenedWaits counts the requests that got no place, or lost theirs.
type shortenedWaits struct{ *prometheus.CounterVec }

func newShortenedWaits() shortenedWaits {
	c := prometheus.NewCounterVec(prometheus.CounterOpts{
		Name: "alibabacloud_broker_waiting_requests_shortened_total",
		Help: "Requests that were answered before the end of their wait, by reason: all places taken, or the place given to another tenant.",
	}, []string{"reason"})
	for _, reason := range []string{shortenedFull, shortenedShare} {
		c.WithLabelValues(reason)
	}
	return shortenedWaits{c}
}

// count counts the consequence of a request for a place.
func (c shortenedWaits) count(ok, endedAnother bool) {
	switch {
	case !ok:
		c.WithLabelValues(shortenedFull).Inc()
	case endedAnother:
		c.WithLabelValues(shortenedShare).Inc()
	}
}
