package kubernetes_test

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/store"
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/store/kubernetes"
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/store/sealed"
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/store/storetest"
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/test/kubetest"
)

var cluster kubetest.Cluster //nolint:gochecknoglobals // what TestMain runs is what tests ask

func TestMain(m *testing.M) { os.Exit(cluster.Run(m)) }

func TestKubernetes_Contract_IsKept(t *testing.T) {
	options := folders(t)
	storetest.Run(t, func(t *testing.T, dir string) store.Store { return open(t, options(t, dir)) })
}

func TestKubernetes_Sealed_HidesSecrets(t *testing.T) {
	options := folders(t)
	storetest.RunSecrets(t, func(t *testing.T, dir string) store.Store {
		return seal(t, open(t, options(t, dir)), dir)
	})
}

func TestKubernetes_AlteredRecord_IsRefused(t *testing.T) {
	storetest.RunAltered(t, func(t *testing.T, dir string) (_, _ store.Store) {
		inner := open(t, options(t, cluster.Server(t).Namespace(t)))
		return seal(t, inner, dir), inner
	})
}

// seal seals a store with the keyset of a folder.
func seal(t *testing.T, inner store.Store, dir string) store.Store {
	t.Helper()
	keys, err := sealed.Ensure(t.Context(), sealed.File(filepath.Join(dir, "keyset.json")), inner, nil)
	if err != nil {
		t.Fatal(err)
	}
	return sealed.New(inner, keys)
}

// folders returns the options of stores by folder: each has its own namespace.
func folders(t *testing.T) func(t *testing.T, dir string) kubernetes.Options {
	t.Helper()
	namespaces := map[string]string{}
	cluster.Server(t)
	return func(t *testing.T, dir string) kubernetes.Options {
		t.Helper()
		if namespaces[dir] == "" {
			namespaces[dir] = cluster.Server(t).Namespace(t)
		}
		return options(t, namespaces[dir])
	}
}

// options returns options for a store in a namespace of the test's server.
func options(t testing.TB, namespace string) kubernetes.Options {
	t.Helper()
	return kubernetes.Options{
		Config: cluster.Server(t).Config(), Namespace: namespace,
		QPS: 10_000, Burst: 10_000, Warn: func(err error) { t.Log(err) },
	}
}

// open opens a store, which must succeed.
func open(t testing.TB, o kubernetes.Options) *kubernetes.Store {
	t.Helper()
	s, err := kubernetes.Open(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	return s
}

func TestKubernetes_Replicas_KeepContract(t *testing.T) {
	options := folders(t)
	storetest.RunShared(t, storetest.Shared{
		Open: func(t *testing.T, dir string) storetest.Replica {
			o := options(t, dir)
			proxy := cluster.Server(t).Proxy(t)
			o.Config = proxy.Config()
			return storetest.Replica{Store: open(t, o), Cut: proxy.Cut, Stall: proxy.Stall, Heal: proxy.Heal}
		},
		Compact: func(t *testing.T) {
			cluster.Server(t).Compact(t)
			cluster.Server(t).Restart(t)
		},
	})
}
