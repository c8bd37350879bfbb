package kubernetes_test

import (
	"crypto/sha256"
	"encoding/hex"
	"os"
	"testing"

	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/store"
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/store/kubernetes"
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/store/kubernetes/kubetest"
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/store/storetest"
)

var cluster kubetest.Cluster //nolint:gochecknoglobals // what TestMain runs is what tests ask

func TestMain(m *testing.M) { os.Exit(cluster.Run(m)) }

// options are those of the store that a test keeps at dir.
func options(t testing.TB, namespace, dir string) kubernetes.Options {
	t.Helper()
	sum := sha256.Sum256([]byte(dir))
	return kubernetes.Options{
		Config: cluster.Server(t).Config(), Namespace: namespace, Name: "t-" + hex.EncodeToString(sum[:8]),
		QPS: 10_000, Burst: 10_000, Warn: func(err error) { t.Log(err) },
	}
}

func open(t testing.TB, o kubernetes.Options) *kubernetes.Store {
	t.Helper()
	s, err := kubernetes.Open(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func TestKubernetes(t *testing.T) {
	namespace := cluster.Server(t).Namespace(t)
	storetest.Run(t, func(t *testing.T, dir string) store.Store { return open(t, options(t, namespace, dir)) })
}
