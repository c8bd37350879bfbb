package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"net"
	"strconv"
	"sync/atomic"

	"github.com/golang/glog"
	"golang.org/x/sync/errgroup"

	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/api"
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/broker"
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/operator/server"
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/store/metered"
)

// run reads the configuration, wires the parts and serves until ctx ends.
func run(ctx context.Context, args []string, getenv func(string) string, out io.Writer) error {
	if len(args) == 1 && args[0] == "--version" {
		_, err := fmt.Fprintln(out, version)
		return err
	}
	c, err := readConfig(args, getenv, out)
	if errors.Is(err, flag.ErrHelp) {
		return nil
	}
	if err != nil {
		return err
	}
	if err := logToStderr(c.verbosity); err != nil {
		return err
	}
	defer glog.Flush()
	registry := newRegistry()
	cloud, err := c.cloud(ctx, registry)
	if err != nil {
		return err
	}
	st, keys, err := openStore(ctx, c, registry)
	if err != nil {
		return err
	}
	defer func() {
		if err := st.Close(); err != nil {
			glog.Errorf("closing the store: %v", err)
		}
	}()
	records, err := metered.New(st, registry)
	if err != nil {
		return err
	}
	offerings, err := c.offerings()
	if err != nil {
		return err
	}
	services, err := services(c, cloud)
	if err != nil {
		return err
	}
	logic, engine, err := broker.New(broker.Config{
		Catalog: offerings, Providers: services, Store: records, Region: cloud.Region(), Metrics: registry, Options: c.options,
		Engine: broker.EngineConfig{
			BrokerID: c.brokerID, Account: cloud.Caller, Settle: c.settleTime, PollSlow: c.pollInterval,
		},
	})
	if err != nil {
		return err
	}
	files, err := api.NewFiles(registry)
	if err != nil {
		return err
	}
	handler, err := c.handler(files, api.Config{
		Broker: logic, Instances: logic, Catalog: offerings.Render(), Metrics: registry,
		MissingVersionStatus: c.missingVersionStatus,
	})
	if err != nil {
		return err
	}
	secure, err := c.tls(files)
	if err != nil {
		return err
	}
	operators, err := c.operators(files, server.Config{Store: records, Engine: engine, Keys: keys, Metrics: registry})
	if err != nil {
		return err
	}
	ready := &readiness{}
	return serve(ctx, c, engine, &faces{
		platforms: handler,
		secure:    secure,
		files:     files,
		keys:      keys,
		operators: api.Ops(api.OpsConfig{Ready: ready.check, Metrics: registry, Operators: operators}),
		ready:     ready,
	})
}

// serve opens both ports, runs the operations, and stops everything when ctx
// ends or one part fails: first the platforms' requests come to their end, then
// the operations pause.
func serve(ctx context.Context, c *config, engine *broker.Engine, f *faces) error {
	var listening net.ListenConfig
	platforms, err := listening.Listen(ctx, "tcp", c.listen)
	if err != nil {
		return fmt.Errorf("--listen: %w", err)
	}
	operators, err := listening.Listen(ctx, "tcp", c.opsListen)
	if err != nil {
		return errors.Join(fmt.Errorf("--ops-listen: %w", err), platforms.Close())
	}
	glog.Infof("version %s: serving platforms on %s (TLS: %t), operators on %s, broker id %q", version, platforms.Addr(), f.secure != nil, operators.Addr(), c.brokerID)

	working, rest := context.WithCancel(context.WithoutCancel(ctx))
	defer rest()
	group, ctx := errgroup.WithContext(ctx)
	group.Go(func() error { return engine.Listen(working) })
	group.Go(func() error {
		if c.shared() { // another replica takes over while requests here come to their end
			return engine.Run(ctx)
		}
		return engine.Run(working)
	})
	group.Go(func() error {
		return api.Serve(working, operators, until(working, f.operators), nil, api.Drain{Time: c.drainTime})
	})
	group.Go(func() error { f.files.Watch(working); return nil })
	group.Go(func() error { f.keys.Watch(working); return nil })
	group.Go(func() error {
		defer rest()
		f.ready.set(true)
		context.AfterFunc(ctx, func() { f.ready.set(false) })
		return api.Serve(ctx, platforms, f.platforms, f.secure, api.Drain{Delay: c.drainDelay, Time: c.drainTime})
	})
	err = group.Wait()
	glog.Infof("stopped")
	return err
}

// readiness is what /readyz answers.
type readiness struct{ ready atomic.Bool }

func (r *readiness) set(ready bool) { r.ready.Store(ready) }

func (r *readiness) check() error {
	if !r.ready.Load() {
		return errors.New("starting or stopping")
	}
	return nil
}

// logToStderr sets glog's own flags, which it keeps in the process's flag set.
func logToStderr(verbosity int) error {
	for name, value := range map[string]string{"logtostderr": "true", "v": strconv.Itoa(verbosity)} {
		if err := flag.Set(name, value); err != nil {
			return fmt.Errorf("log: %w", err)
		}
	}
	return nil
}
