// Package oss brokers Object Storage Service: an instance is a bucket, a
// binding is a RAM user with a key for that bucket alone (package ramuser), or a RAM
// role that a Kubernetes service account assumes (package ramrole).
//
// Steps of an instance: bucket, tags, and the ACL where an update changes it.
// Their removal goes the other way round.
package oss

import (
	_ "embed" // plans.yaml
	"net/url"

	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/alicloud"
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/catalog"
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/providers"
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/providers/console"
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/providers/descriptor"
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/providers/ramuser"
)

// Plans is the service's part of the catalog.
//
//go:embed plans.yaml
var Plans []byte

// Descriptor states the service.
func Descriptor() descriptor.Descriptor {
	return descriptor.Descriptor{
		Name:          "oss",
		Catalog:       catalog.Embedded("oss/plans.yaml", Plans),
		Products:      []alicloud.Product{product(), kmsProduct(), ramuser.Product()},
		New:           New,
		Owner:         descriptor.CloudAccount,
		Resource:      factBucket,
		CheckSettings: checkSettings,
		Policies:      policies(),
	}
}

// New returns the provider. An override of the endpoint "oss" replaces the
// endpoints of all regions; bound credentials name it too.
func New(d descriptor.Deps) (providers.Provider, error) {
	metrics, err := newEmptyingMetrics(d)
	if err != nil {
		return nil, err
	}
	s := service{
		profiles: d.Profiles, hosts: hosts(), vicinity: d.Vicinity, regions: alicloud.NewMemo[[]string](keepRegions, nil),
		clusters: d.Clusters, emptying: metrics,
		pages: d.Console.Of("oss", consolePages()),
	}
	return providers.Compose(instances{service: s}, s.bindings()), nil
}

// A service is the common part of instances and bindings. The method of sets cloud and
// override by the profile of the task at work.
type service struct {
	profiles descriptor.Profiles
	cloud    *alicloud.Clients
	override *url.URL // of the endpoint; nil: the real ones
	hosts    hostTable
	vicinity *alicloud.Vicinity
	regions  *alicloud.Memo[[]string]
	clusters descriptor.Clusters
	emptying emptyingMetrics
	pages    console.Pages
}

// of returns the service as the profile of a task reaches it.
func (s service) of(t providers.Task) (service, error) {
	profile, err := s.profiles.Of(t)
	if err != nil {
		return s, err
	}
	s.cloud, s.override = profile.Clients, profile.Clients.Override(productName)
	return s, nil
}
