package oss_test

import (
	"encoding/json"
	"testing"

	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/emulator/emulatortest"
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/providers"
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/providers/oss"
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/providers/providertest"
)

func TestConformance(t *testing.T) {
	settings := recordedPlan(t).Settings
	providertest.Run(t, func(t *testing.T) providertest.Harness {
		t.Helper()
		server := emulatortest.New(t)
		return providertest.Harness{
			Provider: providertest.NewProvider(t, server, oss.Descriptor()),
			Cloud:    providertest.Emulated(server),
			Instance: providertest.Spec{Settings: settings, Deletion: providers.Refuse},
			Update: &providertest.Spec{
				Settings: settings, Parameters: json.RawMessage(`{"Acl":"public-read"}`), Deletion: providers.Refuse,
			},
			Secret: []string{"secret_access_key", "uri"},
		}
	})
}
