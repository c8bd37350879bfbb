package providertest

import (
	"fmt"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/alicloud"
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/emulator"       //nolint:depguard // this package is for tests alone
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/emulator/cloud" //nolint:depguard // this package is for tests alone
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
	deps := descriptor.Deps{Clients: Clients(t, server, d.Products...)}
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

// Mutations implements Cloud.
func (e emulated) Mutations() []string {
	var made []string
	for _, call := range e.server.Calls("") {
		name := strings.TrimPrefix(call.Action, "oss:")
		if !slices.ContainsFunc([]string{"Describe", "List", "Get", "Head"}, func(read string) bool { return strings.HasPrefix(name, read) }) {
			made = append(made, call.Action)
		}
	}
	return made
}

// Advance implements Cloud.
func (e emulated) Advance(d time.Duration) { e.server.Clock().Advance(d) }

// Left implements Cloud.
func (e emulated) Left() []string {
	var left []string
	note := func(format string, args ...any) { left = append(left, fmt.Sprintf(format, args...)) }
	state := e.server.Dump()
	for _, i := range state.Instances {
		note("instance %s %q tags %v", i.ID, i.Description, i.Tags)
		for _, a := range i.Accounts {
			note("account %s of %s", a.Name, i.ID)
		}
		for _, d := range i.Databases {
			note("database %s of %s", d, i.ID)
		}
	}
	for _, b := range state.Buckets {
		note("bucket %s tags %v", b.Name, b.Tags)
	}
	for _, u := range state.Users {
		note("user %s %q", u.Name, u.Comments)
	}
	for _, k := range state.Keys {
		note("key %s of %s", k.ID, k.User)
	}
	for _, p := range state.Policies {
		note("policy %s %q", p.Name, p.Description)
	}
	for _, g := range state.Groups {
		note("group %s", g)
	}
	return left
}
