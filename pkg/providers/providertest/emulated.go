package providertest

import (
	"net/url"
	"testing"
	"time"

	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/alicloud"
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/emulator"
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/emulator/cloud"
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/providers"
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/providers/descriptor"
)

// Emulated returns an emulated cloud for a harness.
func Emulated(server *emulator.Server) Cloud { return emulated{server} }

// Clients returns clients that reach an emulated cloud as its account.
func Clients(t *testing.T, server *emulator.Server, products ...alicloud.Product) *alicloud.Clients {
	t.Helper()
	u, err := url.Parse(server.URL())
	if err != nil {
		t.Fatal(err)
	}
	key := server.AccessKey()
	clients, err := alicloud.New(alicloud.Config{
		Region: server.Region(), Credentials: alicloud.Static(alicloud.Key{ID: key.ID, Secret: key.Secret}),
		Endpoints: alicloud.EndpointsAt(u, products...), CallsPerSecond: 1e6,
	}, products...)
	if err != nil {
		t.Fatal(err)
	}
	return clients
}

// NewProvider makes the provider of a service, whose clients reach an emulated
// cloud as its account. Each change is applied to the dependencies.
func NewProvider(t *testing.T, server *emulator.Server, d descriptor.Descriptor, changes ...func(*descriptor.Deps)) providers.Provider {
	t.Helper()
	deps := descriptor.Deps{Profiles: descriptor.OneProfile(Clients(t, server, d.Products...), descriptor.Network{})}
	for _, change := range changes {
		change(&deps)
	}
	provider, err := d.New(deps)
	if err != nil {
		t.Fatal(err)
	}
	return provider
}

type emulated struct{ server *emulator.Server }

// Break implements Cloud.
func (e emulated) Break(fault Fault, actions []string) {
	effect := map[Fault]cloud.Fault{
		Refused:   {Effect: cloud.FailBefore, Code: "Throttling.User"},
		Dropped:   {Effect: cloud.DropBefore},
		Lost:      {Effect: cloud.DropAfter},
		LateError: {Effect: cloud.FailAfter, Code: "InternalError"},
	}
	f, ok := effect[fault]
	if !ok {
		return
	}
	for _, action := range actions {
		f.Action, f.Times = action, 1
		e.server.Faults().Add(f)
	}
}

// Mend implements Cloud.
func (e emulated) Mend() { e.server.Faults().Clear() }

// Mutations implements Cloud. The emulator's products say which calls only read.
func (e emulated) Mutations() []string {
	var made []string
	for _, call := range e.server.Calls("") {
		if !e.server.ReadOnly(call) {
			made = append(made, call.Action)
		}
	}
	return made
}

// Advance implements Cloud.
func (e emulated) Advance(d time.Duration) { e.server.Clock().Advance(d) }

// Now implements Cloud.
func (e emulated) Now() time.Time { return e.server.Clock().Now() }

// Owner implements Cloud.
func (e emulated) Owner() string { return e.server.AccountID() }

// Left implements Cloud. The emulator's products list what exists.
func (e emulated) Left() []string { return e.server.Leftovers() }
