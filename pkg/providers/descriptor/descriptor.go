// Package descriptor defines the statement of a service about itself. The list of
// all descriptors is in package all; catalog, endpoints, cloud clients, RAM
// policies and documentation derive from that list.
package descriptor

import (
	"context"
	"encoding/json"
	"net"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/alicloud"
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/catalog"
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/providers"
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/providers/console"
)

// A Descriptor holds the facts of one service.
type Descriptor struct {
	// Name is the value of "provider" in offerings, and stands in records.
	Name string
	// Catalog holds the offerings and plans.
	Catalog catalog.Source
	// Products are the ones that the provider calls: hosts, versions, error codes.
	Products []alicloud.Product
	// New makes the provider.
	New func(Deps) (providers.Provider, error)
	// Owner makes the function that names the owner of a task's resources.
	Owner func(Deps) Owner
	// Resource names the fact that is the id of an instance's resource in the
	// cloud, as its owner finds it there. Records hold that fact for as long as
	// there is an instance, so the name stays.
	Resource string
	// CheckSettings refuses settings of a plan that an operator's overlay may bring and
	// no instance could be made with. It may be nil.
	CheckSettings func(settings json.RawMessage) error
	// Policies are the RAM policies that the broker's identity needs.
	Policies []Policy
}

// An Owner returns the cloud account, or the cluster, that the resources of a
// task belong to.
type Owner func(context.Context, providers.Task) (string, error)

// Deps are the dependencies of providers. A provider uses some of them.
type Deps struct {
	// Profiles reach the cloud; each task names its own. Required.
	Profiles Profiles
	// Console is the web console that shows the resources.
	Console console.Choice
	// Metrics takes the metrics of providers; it may be nil.
	Metrics prometheus.Registerer
	// PollInterval is the time between looks at slow work; 0 means 10 s.
	PollInterval time.Duration
	// Metadata reads the metadata service of the broker's machine; it may be nil.
	Metadata *alicloud.Metadata
	// Vicinity tells the regions whose internal endpoints are called. Nil: none.
	Vicinity *alicloud.Vicinity
	// Clusters have the service accounts that may assume the roles of bindings.
	Clusters Clusters
	// Dial opens connections to servers that providers work on without an API of the
	// cloud; nil: the network of the broker's machine.
	Dial func(ctx context.Context, network, address string) (net.Conn, error)
	// MySQLCA are the certificates that sign the ones of MySQL servers with TLS. Nil:
	// not known.
	MySQLCA *Certificates
}

// Register registers a metric; without a registry it does nothing.
func (d Deps) Register(c prometheus.Collector) error {
	if d.Metrics == nil {
		return nil
	}
	return d.Metrics.Register(c)
}

// A Network is the operator's choice for instances inside a VPC. Each member
// may be empty.
type Network struct {
	VpcID, ZoneID string
	// VSwitchIDs are the VSwitches of instances, the preferred one first.
	VSwitchIDs []string
	// AllowedVPCs are the VPCs that users may choose. Empty: any of the account.
	AllowedVPCs []string
	// Whitelist holds the addresses and CIDRs that may connect. Empty: the
	// CIDRs of the instance's VPC.
	Whitelist []string
	// BrokerAddresses are the addresses and CIDRs from which the broker itself reaches
	// databases. Empty: the address of the broker's machine, else the CIDRs of the
	// instance's VPC.
	BrokerAddresses []string
}

// CloudAccount is the Owner of services in the cloud: the account of the
// credentials of the task's profile.
func CloudAccount(d Deps) Owner {
	return func(ctx context.Context, t providers.Task) (string, error) {
		profile, err := d.Profiles.Of(t)
		if err != nil {
			return "", err
		}
		return profile.Clients.Caller(ctx)
	}
}
