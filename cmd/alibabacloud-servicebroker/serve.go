package main

import (
	"context"
	"flag"
	"fmt"
	"strconv"

	"github.com/golang/glog"

	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/api"
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/broker"
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/engine"
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/filewatch"
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/lifecycle"
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/operator/server"
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/providers/all"
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/store"
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/store/metered"
)

// serve makes the parts of the broker, gives each the parts that it needs, and
// runs them until ctx ends.
func serve(ctx context.Context, c *config) error {
	if err := logToStderr(c.verbosity); err != nil {
		return err
	}
	defer glog.Flush()
	metrics := newRegistry()
	for _, file := range c.secretFiles() {
		warnIfOpen(file.flag, file.path)
	}

	profiles, err := c.cloudProfiles(metrics)
	if err != nil {
		return err
	}
	findRegions(ctx, profiles)
	sealedStore, keys, err := openStore(ctx, c, metrics)
	if err != nil {
		return err
	}
	defer func() {
		if err := sealedStore.Close(); err != nil {
			glog.Errorf("closing the store failed err=%q", err)
		}
	}()
	records, err := metered.New(sealedStore, metrics)
	if err != nil {
		return err
	}

	catalog, err := c.currentCatalog()
	if err != nil {
		return err
	}
	services, deps := all.Services(), c.deps(profiles)
	deps.Metrics = metrics
	providers, err := services.Providers(deps)
	if err != nil {
		return err
	}
	checked := lifecycle.Checked(records)
	engine := engine.New(engine.Config{
		BrokerID: c.brokerID, Providers: providers, Store: checked, Metrics: metrics,
		Owner: services.Owner(deps), Settle: c.settleTime, PollSlow: c.pollInterval,
	})
	logic, err := broker.New(broker.Config{
		BrokerID: c.brokerID, Catalog: catalog, Providers: providers, Resources: all.Services().Resources(), Store: checked, Engine: engine, RegionOf: profiles.RegionOf,
		Metrics: metrics, PollInterval: c.pollInterval, Options: c.options,
	})
	if err != nil {
		return err
	}

	files, err := filewatch.New(metrics)
	if err != nil {
		return err
	}
	if err := c.watchMySQLCA(files, deps.MySQLCA); err != nil {
		return err
	}
	platforms, err := c.platformAPI(files, api.Config{
		Broker: logic, Metrics: metrics,
		MissingVersionStatus: c.missingVersionStatus,
	})
	if err != nil {
		return err
	}
	tls, err := c.tls(files)
	if err != nil {
		return err
	}
	operators, err := c.operatorAPI(files, server.Config{
		Store: records, Engine: engine, Keys: keys, Metrics: metrics,
		Region: func(r *store.Record) string { return lifecycle.RegionOf(c.brokerID, providers, r) },
	})
	if err != nil {
		return err
	}

	bounds, err := c.bounds(metrics)
	if err != nil {
		return err
	}

	ready := &readiness{}
	processes := &processes{
		config: c, engine: engine, files: files, keys: keys, ready: ready,
		platforms: platforms, tls: tls, bounds: bounds,
		operators: api.Ops(api.OpsConfig{Ready: ready.check, Operators: operators}),
		metrics:   api.Metrics(metrics),
	}
	return processes.run(ctx)
}

// logToStderr sets the flags of glog, which are in the process's flag set.
func logToStderr(verbosity int) error {
	for name, value := range map[string]string{"logtostderr": "true", "v": strconv.Itoa(verbosity)} {
		if err := flag.Set(name, value); err != nil {
			return fmt.Errorf("log: %w", err)
		}
	}
	return nil
}
