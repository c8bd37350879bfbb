// Package rds brokers ApsaraDB RDS for MySQL: an instance is a DB instance with
// one database, a binding is an account that may read and write it (package
// dbaccount).
//
// Steps of an instance: create, whitelist, database. A step with a visible effect
// is searched for before it is made, and a step just made is given time to show.
package rds

import (
	_ "embed" // plans and the policy
	"encoding/json"
	"fmt"

	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/alicloud"
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/catalog"
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/providers"
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/providers/descriptor"
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/providers/network"
)

// Plans is the offering of MySQL, in the form of the catalog. Each engine has a
// document of its own.
//
//go:embed plans/mysql.yaml
var Plans []byte

//go:embed policy.json
var policy []byte

// Catalog is the service's part of the catalog: a document for each engine.
func Catalog() catalog.Source {
	return catalog.Join(
		catalog.Embedded("rds/plans/mysql.yaml", Plans),
	)
}

// Descriptor states the service.
func Descriptor() descriptor.Descriptor {
	return descriptor.Descriptor{
		Name:     "rds",
		Catalog:  Catalog(),
		Products: []alicloud.Product{product(), network.Product()},
		New:      New,

		CheckSettings: checkSettings,

		Owner:    descriptor.CloudAccount,
		Resource: factInstance,
		Policies: append([]descriptor.Policy{{Name: "rds", Document: policy, For: "databases"}}, optionPolicies()...),
	}
}

// New returns the provider.
func New(d descriptor.Deps) (providers.Provider, error) {
	for _, profile := range d.Profiles {
		if err := network.CheckWhitelist(profile.Network.Whitelist); err != nil {
			return nil, fmt.Errorf("rds: %w", err)
		}
	}
	i := instances{deps: d, lookups: network.NewLookups(nil), waiting: newWaitingList(d), sold: newSoldMemory()}
	return providers.Compose(i, awake{Provider: i.bindings(), instances: i}), nil
}

// checkSettings refuses unusable settings of a plan at the start.
func checkSettings(raw json.RawMessage) error {
	s, err := settingsOf(raw)
	if err != nil {
		return err
	}
	return checkBackups(s)
}
