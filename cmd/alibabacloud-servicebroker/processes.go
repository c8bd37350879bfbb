package main

import (
	"cmp"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"net/http"
	"sync/atomic"

	"github.com/golang/glog"
	"github.com/prometheus/client_golang/prometheus"
	"golang.org/x/sync/errgroup"

	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/api"
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/engine"
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/filewatch"
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/store/sealed"
)

// processes are the parts of the broker that run until it stops.
type processes struct {
	config    *config
	engine    *engine.Engine
	files     *filewatch.Watcher
	keys      *sealed.Keys
	ready     *readiness
	platforms http.Handler
	tls       *tls.Config // of the platforms' port; nil for plain HTTP
	operators http.Handler
	metrics   http.Handler
	bounds    bounds
}

// bounds are the bounds of the connections of each port.
type bounds struct{ platforms, operators, metrics *api.Connections }

// metricsConnections bounds the open connections of the metrics' port: scrapers
// are few.
const metricsConnections = 64

func (c *config) bounds(metrics prometheus.Registerer) (b bounds, err error) {
	standard := api.DefaultConnections
	if c.tlsCert != "" {
		standard = api.DefaultTLSConnections
	}
	if b.platforms, err = api.NewConnections("platforms", cmp.Or(c.maxConnections, standard), metrics); err != nil {
		return b, err
	}
	if b.operators, err = api.NewConnections("operators", c.opsMaxConnections, metrics); err != nil {
		return b, err
	}
	b.metrics, err = api.NewConnections("metrics", metricsConnections, metrics)
	return b, err
}

// run opens the ports and runs everything until ctx ends or one part fails.
// Then the requests of platforms end first, and the operations pause after them.
func (p *processes) run(ctx context.Context) error {
	listeners, err := openListeners(ctx, p.config)
	if err != nil {
		return err
	}
	glog.Infof("serving version=%q platforms=%s tls=%t operators=%s metrics=%s broker=%q",
		version, listeners.platforms.Addr(), p.tls != nil, listeners.operators.Addr(), listeners.metricsAddress(), p.config.brokerID)

	drained, stop := context.WithCancel(context.WithoutCancel(ctx)) // it ends with the last request of a platform
	defer stop()
	group, ctx := errgroup.WithContext(ctx)
	group.Go(func() error { return p.engine.Listen(drained) })
	group.Go(func() error {
		if p.config.isShared() { // another replica takes over while requests end here
			return p.engine.Run(ctx)
		}
		return p.engine.Run(drained)
	})
	group.Go(func() error {
		drain := api.Drain{Time: p.config.drainTime}
		return api.Serve(drained, listeners.operators, cancelWith(drained, p.operators), api.ServerConfig{
			Drain: drain, Connections: p.bounds.operators,
		})
	})
	if listeners.metrics != nil {
		group.Go(func() error {
			drain := api.Drain{Time: p.config.drainTime}
			return api.Serve(drained, listeners.metrics, p.metrics, api.ServerConfig{Drain: drain, Connections: p.bounds.metrics})
		})
	}
	group.Go(func() error { p.files.Watch(drained); return nil })
	group.Go(func() error { p.keys.Watch(drained); return nil })
	group.Go(func() error {
		defer stop()
		p.ready.set(true)
		context.AfterFunc(ctx, func() { p.ready.set(false) })
		drain := api.Drain{Delay: p.config.drainDelay, Time: p.config.drainTime}
		return api.Serve(ctx, listeners.platforms, p.platforms, api.ServerConfig{
			TLS: p.tls, Drain: drain, Connections: p.bounds.platforms,
		})
	})
	err = group.Wait()
	glog.Info("stopped")
	return err
}

// listeners are the ports of the broker; metrics is nil where they are off.
type listeners struct{ platforms, operators, metrics net.Listener }

func (l listeners) metricsAddress() string {
	if l.metrics == nil {
		return "off"
	}
	return l.metrics.Addr().String()
}

func openListeners(ctx context.Context, c *config) (listeners, error) {
	var listening net.ListenConfig
	var l listeners
	for _, port := range []struct {
		flag, address string
		into          *net.Listener
	}{
		{"--listen", c.listen, &l.platforms},
		{"--ops-listen", c.opsListen, &l.operators},
		{"--metrics-listen", c.metricsListen, &l.metrics},
	} {
		if port.address == "" && port.into == &l.metrics {
			continue
		}
		listener, err := listening.Listen(ctx, "tcp", port.address)
		if err != nil {
			return listeners{}, errors.Join(fmt.Errorf("%s: %w", port.flag, err), l.close())
		}
		*port.into = listener
	}
	return l, nil
}

// close closes the open ones.
func (l listeners) close() error {
	var all []error
	for _, listener := range []net.Listener{l.platforms, l.operators, l.metrics} {
		if listener != nil {
			all = append(all, listener.Close())
		}
	}
	return errors.Join(all...)
}

// readiness is the answer of /readyz.
type readiness struct{ ready atomic.Bool }

func (r *readiness) set(ready bool) { r.ready.Store(ready) }

func (r *readiness) check() error {
	if !r.ready.Load() {
		return errors.New("starting or stopping")
	}
	return nil
}
