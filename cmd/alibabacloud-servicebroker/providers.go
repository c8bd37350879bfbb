package main

import (
	"net/url"

	"github.com/golang/glog"

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
		MySQLCA:      &descriptor.Certificates{},
	}
}

// logInternalEndpoint tells operators which endpoint --oss-endpoint=auto has chosen.
func logInternalEndpoint(endpoint *url.URL, err error) {
	if err != nil {
		glog.Warningf("the internal endpoint does not answer, though the machine is in its region, so the public one is called endpoint=%s err=%q", endpoint, err)
		return
	}
	glog.Infof("the internal endpoint is called, since the machine is in its region endpoint=%s", endpoint)
}

// planFiles returns the sources of the catalog in the order that platforms show.
func planFiles() []catalog.Source { return all.Services().Sources() }

// endpointProducts returns the products that --endpoint accepts.
func endpointProducts() []string { return all.Services().Endpoints() }
