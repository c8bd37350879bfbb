// Package environment builds the parts of a broker that suites share, each in
// one place: a folder in memory, a sealed store that can fail, passes of an engine,
// and clients with all providers on an emulated cloud. Suites take the parts they
// need: test/stack makes a whole broker of them, test/operations one on a clock of
// its own, and providertest the store and the passes alone.
package environment

import (
	"context"
	"errors"
	"net/url"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/alicloud"
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/emulator"
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/providers"
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/providers/all"
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/providers/descriptor"
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/store"
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/store/bolt"
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/store/sealed"
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/store/storetest"
)

// Folder returns a folder of the test in memory, where syncs are free, if the
// system has such: processes crash in tests, and the machine runs on.
func Folder(t testing.TB) string {
	t.Helper()
	dir, err := os.MkdirTemp("/dev/shm", "osb-test-") //nolint:usetesting // t.TempDir is on the disk
	if err != nil {
		return t.TempDir()
	}
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	return dir
}

// StoreFile is the file of Open's store in its folder.
func StoreFile(dir string) string { return filepath.Join(dir, "store.db") }

// KeysFile is the file of the store's keys.
func KeysFile(dir string) string { return filepath.Join(dir, "keyset.json") }

// A Store is a sealed store. Faulty, below the sealing, makes it fail.
type Store struct {
	store.Store // the sealed store

	Unsealed store.Store
	Faulty   *storetest.Faulty
	Keys     *sealed.Keys
}

// Open opens the sealed store in a file of the folder, as a process does that
// starts.
func Open(ctx context.Context, dir string) (*Store, error) {
	// A crashed process may still have a transaction to end.
	file, err := bolt.Open(StoreFile(dir), &bolt.Options{LockTimeout: 10 * time.Second})
	if err != nil {
		return nil, err
	}
	return Seal(ctx, file, dir)
}

// Seal seals a store with the keyset in the folder. On an error the store is
// closed.
func Seal(ctx context.Context, unsealed store.Store, dir string) (*Store, error) {
	keys, err := sealed.Ensure(ctx, sealed.File(KeysFile(dir)), unsealed, &sealed.Options{SingleProcess: true})
	if err != nil {
		return nil, errors.Join(err, unsealed.Close())
	}
	faulty := storetest.NewFaulty(unsealed)
	return &Store{Store: sealed.New(faulty, keys), Unsealed: unsealed, Faulty: faulty, Keys: keys}, nil
}

// MustOpen opens the store for a test, and closes it with the test.
func MustOpen(t testing.TB, dir string) *Store {
	t.Helper()
	s, err := Open(t.Context(), dir)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Errorf("closing the store: %v", err)
		}
	})
	return s
}

// AccountKey signs as the account of the cloud, which may do everything.
func AccountKey(cloud *emulator.Server) alicloud.CredentialsSource {
	key := cloud.AccessKey()
	return alicloud.Static(alicloud.Key{ID: key.ID, Secret: key.Secret})
}

// Clients returns clients of the cloud for all products, under the identity of
// the source.
func Clients(cloud *emulator.Server, source alicloud.CredentialsSource) (*alicloud.Clients, error) {
	return ClientsAt(cloud.URL(), cloud.Region(), source)
}

// ClientsAt is Clients for any server that answers as the cloud.
func ClientsAt(address, region string, source alicloud.CredentialsSource) (*alicloud.Clients, error) {
	at, err := url.Parse(address)
	if err != nil {
		return nil, err
	}
	products := all.Services().Products()
	const unpaced = 10_000
	return alicloud.New(alicloud.Config{
		Region: region, Endpoints: alicloud.EndpointsAt(at, products...), CallsPerSecond: unpaced, Credentials: source,
	}, products...)
}

// Providers returns the provider of each service, on the cloud of the clients.
func Providers(cloud *emulator.Server, clients *alicloud.Clients) (map[string]providers.Provider, error) {
	deps, err := Deps(cloud, clients)
	if err != nil {
		return nil, err
	}
	return all.Services().Providers(deps)
}

// Deps returns the dependencies of providers on the cloud of the clients.
func Deps(cloud *emulator.Server, clients *alicloud.Clients) (descriptor.Deps, error) {
	at, err := url.Parse(cloud.URL())
	if err != nil {
		return descriptor.Deps{}, err
	}
	return descriptor.Deps{
		Profiles: descriptor.OneProfile(clients, descriptor.Network{}), Metadata: alicloud.NewMetadata(at), Clusters: clusters(cloud),
	}, nil
}

// ClusterID is the clusterid of the one Kubernetes cluster that the providers know.
const ClusterID = "c-1"

// clusters returns that cluster, with an OIDC provider in the emulated account.
func clusters(cloud *emulator.Server) descriptor.Clusters {
	return descriptor.Clusters{ByID: map[string]descriptor.Cluster{ClusterID: {
		Issuer: "https://oidc.example/" + ClusterID, Audience: "sts.aliyuncs.com",
		Providers: []string{"acs:ram::" + cloud.AccountID() + ":oidc-provider/" + ClusterID},
	}}}
}

// Owner returns the function that names the owner of a task's resources: the
// account of the clients.
func Owner(clients *alicloud.Clients) func(context.Context, string, providers.Task) (string, error) {
	return all.Services().Owner(descriptor.Deps{Profiles: descriptor.OneProfile(clients, descriptor.Network{})})
}
