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
		}, func() float64 { return float64(len(b.waiting)) }),
		prometheus.NewGaugeFunc(prometheus.GaugeOpts{
			Name: "alibabacloud_broker_waiting_requests_limit",
			Help: "How many requests may wait at a time; more are answered at once.",
		}, func() float64 { return float64(cap(b.waiting)) }),
	}
}
