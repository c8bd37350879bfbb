package engine

import (
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/providers"
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/store"
)

// work describes an unfinished record for metrics, as the term last saw it.
type work struct {
	labels workLabels
	since  time.Time // start of its operation
}

// workLabels are the labels by which work is grouped.
type workLabels struct{ provider, kind, state, class string }

// States of work.
const (
	stateRunning  = "running"  // a platform waits for it
	stateCleaning = "cleaning" // the operation has failed, and its leftovers are being removed
)

// track remembers an unfinished record for metrics, and forgets a settled one.
func (m *memory) track(r *store.Record) {
	m.mu.Lock()
	defer m.mu.Unlock()
	op := r.Operation
	if r.Revision == 0 || r.Settled || op == nil {
		if entry := m.records[r.Key]; entry != nil {
			entry.work = nil
			m.prune(r.Key)
		}
		return
	}
	w := work{labels: workLabels{r.Provider, string(op.Kind), stateRunning, "none"}, since: op.Started}
	if op.State.Finished() {
		w.labels.state = stateCleaning
	}
	switch class := providers.Class(op.CauseKind); class {
	case providers.Transient, providers.Look, providers.User, providers.Operator, providers.Unexplained:
		if op.Attempt > 0 {
			w.labels.class = string(class)
		}
	}
	m.entry(r.Key).work = &w
}

// A workGroup is the work with the same labels.
type workGroup struct {
	count  int
	oldest time.Time
}

func (m *memory) workGroups() map[workLabels]workGroup {
	m.mu.Lock()
	defer m.mu.Unlock()
	groups := map[workLabels]workGroup{}
	for _, entry := range m.records {
		w := entry.work
		if w == nil {
			continue
		}
		g := groups[w.labels]
		g.count++
		if g.oldest.IsZero() || w.since.Before(g.oldest) {
			g.oldest = w.since
		}
		groups[w.labels] = g
	}
	return groups
}

// A workCollector collects the unfinished work of the term.
type workCollector struct {
	engine                *Engine
	count, oldest, queued *prometheus.Desc
}

func newWorkCollector(e *Engine) *workCollector {
	labels := []string{labelProvider, labelKind, "state", labelClass}
	return &workCollector{
		engine: e,
		count: prometheus.NewDesc("alibabacloud_broker_unfinished",
			"Unfinished records of this process, by provider, kind of operation, state and class of the last error.", labels, nil),
		oldest: prometheus.NewDesc("alibabacloud_broker_unfinished_oldest_age_seconds",
			"Age of the oldest unfinished operation, counted from the platform's request.", labels, nil),
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
		queued = t.fair.Len() + t.shares.waiting()
		now := c.engine.config.Now()
		for labels, group := range t.memory.workGroups() {
			values := []string{labels.provider, labels.kind, labels.state, labels.class}
			ch <- prometheus.MustNewConstMetric(c.count, prometheus.GaugeValue, float64(group.count), values...)
			ch <- prometheus.MustNewConstMetric(c.oldest, prometheus.GaugeValue, max(0, now.Sub(group.oldest).Seconds()), values...)
		}
	}
	ch <- prometheus.MustNewConstMetric(c.queued, prometheus.GaugeValue, float64(queued))
}
