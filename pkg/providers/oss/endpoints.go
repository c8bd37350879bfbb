package oss

import (
	"context"
	"net/url"

	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/alicloud"
)

// An endpoints is where the buckets of a region are reached.
type endpoints struct {
	public   *url.URL
	internal *url.URL // from the region's own network, where traffic is free
	region   string   // as ali-oss names it
}

// endpoints returns the endpoints of a region (hosts.yaml), or the configured one. A
// region without an internal endpoint has the public one in its place.
func (s service) endpoints(region string) endpoints {
	at := s.hosts.of(region)
	found := endpoints{region: at.sdkRegion()}
	if s.override != nil {
		found.public, found.internal = s.override, s.override
		return found
	}
	found.public = &url.URL{Scheme: "https", Host: at.Public}
	found.internal = found.public
	if at.Internal != "" {
		found.internal = &url.URL{Scheme: "https", Host: at.Internal}
	}
	return found
}

// reach returns the endpoint that the broker itself calls: the internal one where the
// broker's machine is in the network of the region, else the public one. A refusal or
// a lost connection never changes it.
func (s service) reach(ctx context.Context, region string) (at *url.URL, isInternal bool) {
	found := s.endpoints(region)
	if found.internal != found.public && s.vicinity.Reaches(ctx, alicloud.Place{Region: region, Home: s.cloud.Region(), Internal: found.internal}) {
		return found.internal, true
	}
	return found.public, false
}

// clientIn returns the client that calls the buckets of a region.
func (s service) clientIn(clients *alicloud.Clients, region string) client {
	return client{
		cloud: clients, region: region, emptying: s.emptying,
		reach: func(ctx context.Context) (*url.URL, bool) { return s.reach(ctx, region) },
	}
}
