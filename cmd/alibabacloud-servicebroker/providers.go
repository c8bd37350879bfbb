package main

import (
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/alicloud"
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/catalog"
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/providers"
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/providers/oss"
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/providers/rds"
)

// providers returns the providers by the name that their offerings state.
func (c *config) providers(cloud *alicloud.Clients) (map[string]providers.Provider, error) {
	databases := rds.Config{
		Clients: cloud, Metadata: c.metadata(),
		VpcID: c.vpcID, VSwitchID: c.vswitchID, ZoneID: c.zoneID, Whitelist: c.whitelist,
	}
	if err := databases.Validate(); err != nil {
		return nil, err
	}
	return map[string]providers.Provider{
		"rds": rds.New(databases),
		"oss": oss.New(oss.Config{Clients: cloud}),
	}, nil
}

// planFiles returns the sources of the catalog in the order that platforms show.
func planFiles() []catalog.Source {
	return []catalog.Source{catalog.Embedded("rds/plans.yaml", rds.Plans), catalog.Embedded("oss/plans.yaml", oss.Plans)}
}

// endpointProducts returns the products that --endpoint accepts.
func endpointProducts() []string { return []string{"rds", "ram", "vpc", "sts", "oss", "metadata"} }
