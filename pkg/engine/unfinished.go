package engine

import (
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/store"
)

// An inHand is what a term knows of the records that it works on, as it last
// saw them, for those who ask how much there is to do and how old it is.
type inHand struct {
	mu      sync.Mutex
	records map[store.Key]work
}

// work is one record that is not settled.
type work struct {
	sort  sortOfWork
	since time.Time // when its operation began
}

// A sortOfWork is the labels of work.
type sortOfWork struct{ provider, kind, state, blame string }

// States of work.
const (
	stateRunning  = "running"  // a platform waits for it
	stateCleaning = "cleaning" // the operation has failed, and what it left is being removed
)

// see remembers a record as it is; one that is settled is forgotten.
func (h *inHand) see(r *store.Record) {
	h.mu.Lock()
	defer h.mu.Unlock()
	op := r.Operation
	if r.Revision == 0 || r.Settled || op == nil {
		delete(h.records, r.Key)
		return
	}
	w := work{sort: sortOfWork{r.Provider, string(op.Kind), stateRunning, "none"}, since: op.Started}
	if op.State.Finished() {
		w.sort.state = stateCleaning
	}
	switch b := blame(op.CauseKind); b {
	case blameNobody, blameLook, blameUser, blameOperator:
		if op.Attempt > 0 {
			w.sort.blame = string(b)
		}
	}
	if h.records == nil {
		h.records = map[store.Key]work{}
	}
	h.records[r.Key] = w
}

// A heap of work is of one sort.
type heap struct {
	count  int
	oldest time.Time
}

func (h *inHand) heaps() map[sortOfWork]heap {
	h.mu.Lock()
	defer h.mu.Unlock()
	heaps := map[sortOfWork]heap{}
	for _, w := range h.records {
		of := heaps[w.sort]
		of.count++
		if of.oldest.IsZero() || w.since.Before(of.oldest) {
			of.oldest = w.since
		}
		heaps[w.sort] = of
	}
	return heaps
}

// A workCollector tells of the term's work when metrics are asked for.
type workCollector struct {
	engine                *Engine
	count, oldest, queued *prometheus.Desc
}

func newWorkCollector(e *Engine) *workCollector {
	sort := []string{labelProvider, labelKind, "state", labelBlame}
	return &workCollector{
		engine: e,
		count: prometheus.NewDesc("alibabacloud_broker_unfinished",
			"Records that this process works on, by provider, kind of operation, state and who can mend the last error.", sort, nil),
		oldest: prometheus.NewDesc("alibabacloud_broker_unfinished_oldest_age_seconds",
			"Age of the oldest operation among those records, counted from the platform's request.", sort, nil),
		queued: prometheus.NewDesc("alibabacloud_broker_queued_instances",
			"Instances that are due and wait for a worker.", nil, nil),
	}
}

// Describe implements prometheus.Collector.
func (c *workCollector) Describe(ch chan<- *prometheus.Desc) {
	ch <- c.count
	ch <- c.oldest
	ch <- c.queued
}

// Collect implements prometheus.Collector.
func (c *workCollector) Collect(ch chan<- prometheus.Metric) {
	queued := 0
	if t := c.engine.current(); t != nil {
		queued = t.fair.Len()
		now := c.engine.config.Now()
		for s, h := range t.hand.heaps() {
			labels := []string{s.provider, s.kind, s.state, s.blame}
			ch <- prometheus.MustNewConstMetric(c.count, prometheus.GaugeValue, float64(h.count), labels...)
			ch <- prometheus.MustNewConstMetric(c.oldest, prometheus.GaugeValue, max(0, now.Sub(h.oldest).Seconds()), labels...)
		}
	}
	ch <- prometheus.MustNewConstMetric(c.queued, prometheus.GaugeValue, float64(queued))
}
