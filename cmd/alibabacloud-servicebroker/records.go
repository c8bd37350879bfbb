package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"github.com/golang/glog"
	"github.com/prometheus/client_golang/prometheus"

	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/store"
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/store/bolt"
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/store/sealed"
)

// openStore opens the records, and the keys that seal their secrets.
func openStore(ctx context.Context, c *config, metrics prometheus.Registerer) (store.Store, *sealed.Keys, error) {
	if err := os.MkdirAll(c.dataDir, 0o700); err != nil { //nolint:gosec // the operator names the directory
		return nil, nil, fmt.Errorf("--data-dir: %w", err)
	}
	file, err := bolt.Open(filepath.Join(c.dataDir, "broker.db"), nil)
	if err != nil {
		return nil, nil, err
	}
	keyset := c.keysetFile
	if keyset == "" {
		keyset = filepath.Join(c.dataDir, "keyset.json")
	}
	keys, err := sealed.Ensure(ctx, sealed.File(keyset), file, &sealed.Options{Alone: true, Metrics: metrics, Report: reportKeys})
	if err != nil {
		return nil, nil, errors.Join(err, file.Close())
	}
	return sealed.New(file, keys), keys, nil
}

// reportKeys logs what becomes of the keys.
func reportKeys(what string, err error) {
	if err != nil {
		glog.Errorf("%s: %v", what, err)
		return
	}
	glog.Info(what)
}
