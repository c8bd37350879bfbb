package broker

import (
	"net/url"
	"strconv"
	"time"

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

// metadataOf an instance, as far as the platform knows of metadata (PROV-15,
// PROV-16, UPD-19, FI-04).
func metadataOf(req request, r *store.Record) *osb.InstanceMetadata {
	if !req.since(16) {
		return nil
	}
	m := &osb.InstanceMetadata{Labels: map[string]string{labelRegion: r.Region}}
	if req.since(17) {
		m.Attributes = map[string]string{}
		if r.Account != "" {
			m.Attributes[attributeAccount] = r.Account
		}
		for _, name := range providers.ResourceFacts() {
			if id := r.Facts[name]; id != "" {
				m.Attributes[name] = id
			}
		}
	}
	return m
}

// provisioned is the body for an instance that is ready.
func provisioned(req request, r *store.Record) osb.Provisioned {
	return osb.Provisioned{Metadata: metadataOf(req, r)}
}

// binding is the body for a binding that is ready.
func (b *BusinessLogic) binding(req request, r *store.Record) (osb.Binding, error) {
	credentials, err := lifecycle.OpenStrings(r.Credentials)
	if err != nil {
		return osb.Binding{}, err
	}
	body := osb.Binding{Credentials: credentials}
	if b.config.SendEndpoints && req.since(15) {
		body.Endpoints = endpointsOf(credentials)
	}
	if !r.Expires.IsZero() && req.since(16) {
		body.Metadata = &osb.BindingMetadata{ExpiresAt: r.Expires.UTC().Format(osb.TimeFormat)}
		if req.since(17) {
			body.Metadata.RenewBefore = r.Renew.UTC().Format(osb.TimeFormat)
		}
	}
	return body, nil
}

// endpointsOf reads from credentials where an application connects to: their
// host and port, or the port of their endpoint's scheme (BIND-22, BIND-23).
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

// retryAfter is when to poll again, in seconds, for platforms that ask (LO-11,
// BLO-09): as often as the engine looks.
func (b *BusinessLogic) retryAfter() string {
	seconds := max(1, int(b.config.PollInterval.Round(time.Second)/time.Second))
	return strconv.Itoa(seconds)
}
