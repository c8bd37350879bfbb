package api

import (
	"container/list"
	"crypto/tls"
	"fmt"
	"net"
	"sync"

	"github.com/golang/glog"
	"github.com/prometheus/client_golang/prometheus"
)

// Connections bounds the open connections of one port, so that clients without
// credentials cannot take the process's memory. At the bound a new connection
// takes the place of the oldest one that has never authenticated. If all have
// authenticated, the new one is closed. Either is counted, and logged once per
// interval.
type Connections struct {
	port   string
	most   int
	closed *prometheus.CounterVec
	log    *CountedLog

	mu            sync.Mutex
	open          int
	authenticated int
	unknown       list.List // of *connection that have never authenticated, the oldest first
}

// Reasons to close a connection before its client does.
const (
	closedOldest = "oldest" // it had never authenticated, and a new one took its place
	closedNewest = "newest" // all others had authenticated
	closedHeader = "header" // too many lines
)

// NewConnections returns the bound of a port: at most `most` connections at once.
// The port's name, such as "platforms", is a label of the metrics. The registerer
// may be nil.
func NewConnections(port string, most int, metrics prometheus.Registerer) (*Connections, error) {
	if most < 1 {
		return nil, fmt.Errorf("connections of %s: the bound is %d, and must be 1 or more", port, most)
	}
	labels := prometheus.Labels{"port": port}
	c := &Connections{
		port: port, most: most,
		closed: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name:        "alibabacloud_broker_connections_closed_total",
			Help:        "Connections that the broker closed early, by port and reason.",
			ConstLabels: labels,
		}, []string{"reason"}),
	}
	c.log = NewCountedLog(LogInterval, 0, func(count int, last string) {
		glog.Warningf("connections closed at the bound port=%s bound=%d count=%d in=%v last=%q", port, most, count, LogInterval, last)
	})
	for _, reason := range []string{closedOldest, closedNewest, closedHeader} {
		c.closed.WithLabelValues(reason) // shown from the start
	}
	if metrics == nil {
		return c, nil
	}
	for _, collector := range []prometheus.Collector{c.closed, c.gauge("new", labels, c.countUnknown), c.gauge("authenticated", labels, c.countAuthenticated)} {
		if err := metrics.Register(collector); err != nil {
			return nil, fmt.Errorf("connections of %s: register metrics: %w", port, err)
		}
	}
	return c, nil
}

func (c *Connections) gauge(state string, labels prometheus.Labels, count func() float64) prometheus.Collector {
	return prometheus.NewGaugeFunc(prometheus.GaugeOpts{
		Name:        "alibabacloud_broker_connections",
		Help:        "Open connections, by port and by whether one of their requests had good credentials.",
		ConstLabels: prometheus.Labels{"port": labels["port"], "state": state},
	}, count)
}

func (c *Connections) countUnknown() float64 {
	c.mu.Lock()
	defer c.mu.Unlock()
	return float64(c.open - c.authenticated)
}

func (c *Connections) countAuthenticated() float64 {
	c.mu.Lock()
	defer c.mu.Unlock()
	return float64(c.authenticated)
}

// add counts a connection, and returns the one to close for it: the oldest that
// has never authenticated, the new one itself, or nil below the bound.
func (c *Connections) add(opened *connection) (closing *connection) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.open >= c.most {
		oldest := c.unknown.Front()
		if oldest == nil {
			return opened
		}
		closing, _ = oldest.Value.(*connection)
		c.forget(closing)
	}
	c.open++
	opened.place = c.unknown.PushBack(opened)
	opened.counted = true
	return closing
}

// authenticate keeps a connection from being closed for a new one.
func (c *Connections) authenticate(known *connection) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if known.counted && known.place != nil {
		c.unknown.Remove(known.place)
		known.place = nil
		c.authenticated++
	}
}

func (c *Connections) remove(gone *connection) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.forget(gone)
}

// forget is remove for a holder of the mutex. It may be called again.
func (c *Connections) forget(gone *connection) {
	if !gone.counted {
		return
	}
	gone.counted = false
	c.open--
	if gone.place == nil {
		c.authenticated--
		return
	}
	c.unknown.Remove(gone.place)
	gone.place = nil
}

// A boundedListener accepts connections under the bound. Accept waits for new
// connections alone: whatever the open ones do, one of them makes place.
type boundedListener struct {
	net.Listener

	connections *Connections
	secure      *tls.Config // nil for plain HTTP
}

// Accept returns the next connection, a *connection.
func (l *boundedListener) Accept() (net.Conn, error) {
	for {
		raw, err := l.Listener.Accept()
		if err != nil {
			return nil, err
		}
		opened := newConnection(raw, l.connections, l.secure)
		closing := l.connections.add(opened)
		if closing != nil {
			reason := closedOldest
			if closing == opened {
				reason = closedNewest
			}
			l.connections.closed.WithLabelValues(reason).Inc()
			l.connections.log.Add(reason + " from " + closing.raw.RemoteAddr().String())
			closing.drop()
		}
		if closing != opened {
			return opened, nil
		}
	}
}
