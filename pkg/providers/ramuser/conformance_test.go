package ramuser_test

import (
	"context"
	"testing"

	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/alicloud"
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/emulator/emulatortest"
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/providers"
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/providers/providertest"
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/providers/rampolicy"
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/providers/ramuser"
)

// nothing is the part for instances of a service that consists of RAM users.
type nothing struct{}

func (nothing) Prepare(providers.Task) (providers.Plan, error) { return providers.Plan(`{}`), nil }

func (nothing) Observe(_ context.Context, t providers.Task) (providers.Seen, error) {
	var plan struct{}
	return providers.Seen{}, providers.Decode(t.Plan, "plan of the instance", &plan)
}

func (nothing) Next(providers.Task, providers.Seen) providers.Step { return providers.DoneStep(nil) }

func (nothing) Do(context.Context, providers.Task, providers.Step) (providers.Facts, error) {
	return providers.Facts{}, nil
}

// The kind takes only a document and credentials from a service.
func TestKind_ComposedWithAFakeInstance_PassesTheSuite(t *testing.T) {
	readable := func(instance providers.Task) error {
		var plan struct{}
		return providers.Decode(instance.Plan, "plan of the instance", &plan)
	}
	providertest.Run(t, func(t *testing.T) providertest.Harness {
		t.Helper()
		server := emulatortest.New(t)
		clients := providertest.Clients(t, server, ramuser.Product())
		kind := ramuser.New(ramuser.Config{
			Access: rampolicy.Access{Clients: func(instance providers.Task) (*alicloud.Clients, error) { return clients, readable(instance) }},
			Document: func(binding providers.Task) (string, error) {
				return `{"Version":"1","Statement":[{"Effect":"Allow","Action":"mns:*","Resource":"*"}]}`, readable(*binding.Of)
			},
			Credentials: func(_ providers.Task, user string, key ramuser.Key) (map[string]string, error) {
				return map[string]string{"user": user, "id": key.ID, "secret": key.Secret.Reveal()}, nil
			},
		})
		return providertest.Harness{
			Provider:     providers.Compose(nothing{}, kind),
			Cloud:        providertest.Emulated(server),
			Instance:     providertest.Spec{Deletion: providers.DeleteData},
			Secret:       []string{"secret"},
			Capabilities: providertest.Capabilities{InstanceMakesNothing: true, SealedIDs: true},
		}
	})
}
