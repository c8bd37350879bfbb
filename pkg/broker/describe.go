package broker

import (
	"net/url"

	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/lifecycle"
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/osb"
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/providers"
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/store"
)

// Keys of an instance's labels and attributes.
const (
	labelRegion      = "region"
	attributeAccount = "account"
)

// metadataOf describes an instance as far as the platform's version knows of
// metadata (PROV-15, PROV-16, UPD-19, FI-04).
func (b *BusinessLogic) metadataOf(caller osb.Caller, r *store.Record) *osb.InstanceMetadata {
	if !caller.Since(16) {
		return nil
	}
	m := &osb.InstanceMetadata{Labels: map[string]string{labelRegion: lifecycle.RegionOf(b.config.BrokerID, b.config.Providers, r)}}
	if caller.Since(17) {
		m.Attributes = map[string]string{}
		if r.Account != "" {
			m.Attributes[attributeAccount] = r.Account
		}
		name := b.config.Resources[r.Provider]
		if id := r.Facts[name]; id != "" {
			m.Attributes[name] = id
		}
	}
	return m
}

// describeBinding describes a binding that is ready.
func (b *BusinessLogic) describeBinding(caller osb.Caller, r *store.Record) (osb.Binding, error) {
	credentials, err := lifecycle.OpenStrings(r.Credentials)
	if err != nil {
		return osb.Binding{}, err
	}
	binding := osb.Binding{Credentials: credentials}
	if b.config.SendEndpoints && caller.Since(15) {
		binding.Endpoints = endpointsOf(credentials)
	}
	if !r.Expires.IsZero() && caller.Since(16) {
		binding.Metadata = &osb.BindingMetadata{ExpiresAt: r.Expires.UTC().Format(osb.TimeFormat)}
		if caller.Since(17) {
			binding.Metadata.RenewBefore = r.Renew.UTC().Format(osb.TimeFormat)
		}
	}
	return binding, nil
}

// endpointsOf reads the address that applications connect to from credentials:
// host and port, or the host of the endpoint and the port of its scheme (BIND-22,
// BIND-23).
func endpointsOf(credentials map[string]string) []osb.Endpoint {
	host, port := credentials[providers.CredentialHost], credentials[providers.CredentialPort]
	if u, err := url.Parse(credentials[providers.CredentialEndpoint]); err == nil && port == "" && u.Host != "" {
		host, port = u.Hostname(), u.Port()
		if port == "" {
			port = map[string]string{"http": "80", "https": "443"}[u.Scheme]
		}
	}
	if host == "" || port == "" {
		return nil
	}
	return []osb.Endpoint{{Host: host, Ports: []string{port}, Protocol: "tcp"}}
}
