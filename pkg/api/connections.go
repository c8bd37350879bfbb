package api

import (
	"cmp"
	"container/list"
	"crypto/tls"
	"fmt"
	"net"
	"sync"

	"github.com/golang/glog"
	"github.com/prometheus/client_golang/prometheus"
)

// Connections bounds the open connections of one port and the headers that their
// clients have sent, so that clients without credentials cannot take the process's
// memory. At the bound a new connection takes the place of the oldest one that has
// never authenticated; one that had an answer, or whose guess is delayed, goes
// before one whose first request is still to come. If all have authenticated, the
// new one is closed. Each is counted, and logged once per interval.
type Connections struct {
	port   string
	most   int
	closed *prometheus.CounterVec
	log    *CountedLog

	mu            sync.Mutex
	open          int
	authenticated int
	headers       int       // bytes of the headers of the others
	fresh         list.List // of *connection whose first answer is still to come, the oldest first
	answered      list.List // of *connection that had one, and never authenticated
}

// Bounds of the headers of all connections of a port that have never authenticated.
const (
	mostHeaders = 4 << 20 // bytes
	smallHeader = 2 << 10 // bytes; a connection is never closed for less
)

// Reasons to close a connection before its client does.
const (
	closedOldest = "oldest" // it had never authenticated, and a new one took its place
	closedNewest = "newest" // all others had authenticated
	closedHeader = "header" // too many lines, or it had the oldest of too many large headers
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

// add counts a connection, and returns the one to close for it: one that has
// never authenticated, the new one itself, or nil below the bound.
func (c *Connections) add(opened *connection) (closing *connection) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.open >= c.most {
		oldest := cmp.Or(c.answered.Front(), c.fresh.Front())
		if oldest == nil {
			return opened
		}
		closing, _ = oldest.Value.(*connection)
		c.forget(closing)
	}
	c.open++
	opened.list = &c.fresh
	opened.place = opened.list.PushBack(opened)
	return closing
}

// read counts bytes of a header, and returns the connection to close for them: the
// oldest that has a large header, or nil below the bound.
func (c *Connections) read(from *connection, bytes int) (closing *connection) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if from.place == nil {
		return nil
	}
	from.bytes += bytes
	if c.headers += bytes; c.headers <= mostHeaders {
		return nil
	}
	for _, group := range []*list.List{&c.answered, &c.fresh} {
		for at := group.Front(); at != nil; at = at.Next() {
			if held, _ := at.Value.(*connection); held.bytes > smallHeader {
				c.forget(held)
				return held
			}
		}
	}
	return nil
}

// answer notes that a connection without good credentials has its answer, or waits
// for a refusal. idle means that its request is over, and with it the header.
func (c *Connections) answer(to *connection, idle bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if to.place == nil {
		return
	}
	to.list.Remove(to.place)
	to.list = &c.answered
	to.place = to.list.PushBack(to)
	if idle {
		c.headers -= to.bytes
		to.bytes = 0
	}
}

// authenticate keeps a connection from being closed for a new one.
func (c *Connections) authenticate(known *connection) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if known.place != nil {
		c.forget(known)
		known.authenticated = true
		c.open++
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
	switch {
	case gone.authenticated:
		gone.authenticated = false
		c.authenticated--
	case gone.place != nil:
		gone.list.Remove(gone.place)
		gone.place = nil
		c.headers -= gone.bytes
	default:
		return
	}
	c.open--
}

// close closes a connection that was chosen, and tells why.
func (c *Connections) close(closing *connection, reason string) {
	c.closed.WithLabelValues(reason).Inc()
	c.log.Add(reason + " from " + closing.raw.RemoteAddr().String())
	closing.drop()
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
			l.connections.close(closing, reason)
		}
		if closing != opened {
			return opened, nil
		}
	}
}
