package main

import (
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/catalog"
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/providers/all"
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/providers/descriptor"
)

// deps returns the dependencies of providers.
func (c *config) deps(profiles descriptor.Profiles) descriptor.Deps {
	return descriptor.Deps{
		PollInterval: c.pollInterval,
		Metadata:     c.metadata(),
		Console:      c.consoleChoice(),
		Profiles:     profiles,
		Vicinity:     c.vicinity,
		Clusters:     c.clusters,
	}
}

// planFiles returns the sources of the catalog in the order that platforms show.
func planFiles() []catalog.Source { return all.Services().Sources() }

// endpointProducts returns the products that --endpoint accepts.
func endpointProducts() []string { return all.Services().Endpoints() }
