package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/golang/glog"
	"github.com/prometheus/client_golang/prometheus"
	"k8s.io/client-go/rest"
	"k8s.io/client-go/tools/clientcmd"

	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/store"
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/store/bolt"
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/store/kubernetes"
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/store/sealed"
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/store/sealed/secretsource"
)

// The stores, as --store names them.
const (
	inFile       = "bolt"
	inKubernetes = "kubernetes"
)

// openStore opens the records, and the keys that seal their secrets.
func openStore(ctx context.Context, c *config, metrics prometheus.Registerer) (store.Store, *sealed.Keys, error) {
	open := c.openFile
	if c.store == inKubernetes {
		open = c.openCluster
	}
	records, keyset, err := open(ctx)
	if err != nil {
		return nil, nil, err
	}
	if c.keysetFile != "" {
		keyset = sealed.File(c.keysetFile)
	}
	keys, err := sealed.Ensure(ctx, keyset, records, &sealed.Options{Alone: !c.shared(), Metrics: metrics, Report: reportKeys})
	if err != nil {
		return nil, nil, errors.Join(err, records.Close())
	}
	return sealed.New(records, keys), keys, nil
}

// openFile opens the store in the data directory, where its keys are too.
func (c *config) openFile(context.Context) (store.Store, sealed.Source, error) {
	if err := os.MkdirAll(c.dataDir, 0o700); err != nil {
		return nil, nil, fmt.Errorf("--data-dir: %w", err)
	}
	file, err := bolt.Open(filepath.Join(c.dataDir, "broker.db"), nil)
	if err != nil {
		return nil, nil, err
	}
	return file, sealed.File(filepath.Join(c.dataDir, "keyset.json")), nil
}

// openCluster opens the store in Kubernetes, where its keys are too.
func (c *config) openCluster(ctx context.Context) (store.Store, sealed.Source, error) {
	cluster, err := c.cluster()
	if err != nil {
		return nil, nil, err
	}
	namespace := c.namespace
	if namespace == "" {
		b, err := os.ReadFile(namespaceFile)
		if err != nil {
			return nil, nil, fmt.Errorf("--namespace is required outside a pod: %w", err)
		}
		namespace = strings.TrimSpace(string(b))
	}
	records, err := kubernetes.Open(ctx, kubernetes.Options{
		Config: cluster, Namespace: namespace, Name: c.storeName,
		Warn: func(err error) { glog.Warningf("store: %v", err) },
	})
	if err != nil {
		return nil, nil, err
	}
	keyset, err := secretsource.New(cluster, namespace, c.storeName)
	if err != nil {
		return nil, nil, errors.Join(err, records.Close())
	}
	return records, keyset, nil
}

// namespaceFile is where a pod reads its namespace.
const namespaceFile = "/var/run/secrets/kubernetes.io/serviceaccount/namespace"

// cluster is the way to the API server.
func (c *config) cluster() (*rest.Config, error) {
	if c.kubeconfig != "" {
		config, err := clientcmd.BuildConfigFromFlags("", c.kubeconfig)
		if err != nil {
			return nil, fmt.Errorf("--kubeconfig: %w", err)
		}
		return config, nil
	}
	config, err := rest.InClusterConfig()
	if err != nil {
		return nil, fmt.Errorf("no way to a cluster: set --kubeconfig outside a pod: %w", err)
	}
	return config, nil
}

// reportKeys logs what becomes of the keys.
func reportKeys(what string, err error) {
	if err != nil {
		glog.Errorf("%s: %v", what, err)
		return
	}
	glog.Info(what)
}
