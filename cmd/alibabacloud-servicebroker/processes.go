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
	bounds    bounds
}

// bounds are the bounds of the connections of each port.
type bounds struct{ platforms, operators *api.Connections }

func (c *config) bounds(metrics prometheus.Registerer) (b bounds, err error) {
	standard := api.DefaultConnections
	if c.tlsCert != "" {
		standard = api.DefaultTLSConnections
	}
	if b.platforms, err = api.NewConnections("platforms", cmp.Or(c.maxConnections, standard), metrics); err != nil {
		return b, err
	}
	b.operators, err = api.NewConnections("operators", c.opsMaxConnections, metrics)
	return b, err
}

// run opens both ports and runs everything until ctx ends or one part fails.
// Then the requests of platforms end first, and the operations pause after them.
func (p *processes) run(ctx context.Context) error {
	listeners, err := openListeners(ctx, p.config)
	if err != nil {
		return err
	}
	glog.Infof("serving version=%q platforms=%s tls=%t operators=%s broker=%q",
		version, listeners.platforms.Addr(), p.tls != nil, listeners.operators.Addr(), p.config.brokerID)

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

// listeners are the two ports of the broker.
type listeners struct{ platforms, operators net.Listener }

func openListeners(ctx context.Context, c *config) (listeners, error) {
	var listening net.ListenConfig
	platforms, err := listening.Listen(ctx, "tcp", c.listen)
	if err != nil {
		return listeners{}, fmt.Errorf("--listen: %w", err)
	}
	operators, err := listening.Listen(ctx, "tcp", c.opsListen)
	if err != nil {
		return listeners{}, errors.Join(fmt.Errorf("--ops-listen: %w", err), platforms.Close())
	}
	return listeners{platforms, operators}, nil
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
