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

// The values of --store.
const (
	storeBolt       = "bolt"
	storeKubernetes = "kubernetes"
)

// openStore opens the store of --store with the keys that seal its secrets. A
// keyset is made for an empty store.
func openStore(ctx context.Context, c *config, metrics prometheus.Registerer) (store.Store, *sealed.Keys, error) {
	open := c.openBolt
	if c.store == storeKubernetes {
		open = c.openKubernetes
	}
	records, keyset, err := open(ctx)
	if err != nil {
		return nil, nil, err
	}
	if c.keysetFile != "" {
		keyset = sealed.File(c.keysetFile)
	}
	if !c.isShared() {
		warnIfOpen("--data-dir", c.dataDir)
	}
	if path := c.keysetPath(); path != "" {
		warnIfOpen("--keyset-file", path)
	}
	keys, err := sealed.Ensure(ctx, keyset, records, &sealed.Options{SingleProcess: !c.isShared(), Metrics: metrics, Report: reportKeys})
	if err != nil {
		return nil, nil, errors.Join(err, records.Close())
	}
	if !keys.RequiresBoxes() {
		glog.Warningf("records without a box are accepted as they are: run reseal once every replica is of this version keyset=%q", keyset)
	}
	return sealed.New(records, keys), keys, nil
}

// openBolt opens the store in the data directory. Its default keyset is in the
// same directory.
func (c *config) openBolt(context.Context) (store.Store, sealed.Source, error) {
	if err := os.MkdirAll(c.dataDir, 0o700); err != nil {
		return nil, nil, fmt.Errorf("--data-dir: %w", err)
	}
	file, err := bolt.Open(filepath.Join(c.dataDir, "broker.db"), nil)
	if err != nil {
		return nil, nil, err
	}
	return file, sealed.File(c.keysetPath()), nil
}

// keysetPath returns the path of the file with the keyset; empty if the keyset is
// in a Secret.
func (c *config) keysetPath() string {
	if c.keysetFile == "" && !c.isShared() {
		return filepath.Join(c.dataDir, "keyset.json")
	}
	return c.keysetFile
}

// openKubernetes opens the store of Secrets. Its default keyset is one of them.
func (c *config) openKubernetes(ctx context.Context) (store.Store, sealed.Source, error) {
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
		Warn: func(err error) { glog.Warningf("store warning err=%q", err) },
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

// namespaceFile has the namespace of the pod.
const namespaceFile = "/var/run/secrets/kubernetes.io/serviceaccount/namespace"

// cluster returns how to reach the API server.
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
		return nil, fmt.Errorf("the cluster is unknown: set --kubeconfig outside a pod: %w", err)
	}
	return config, nil
}

// reportKeys logs an event of the keyset.
func reportKeys(event string, err error) {
	if err != nil {
		glog.Errorf("keyset event=%q err=%q", event, err)
		return
	}
	glog.Infof("keyset event=%q", event)
}
