package oss

import (
	"net/url"
)

// endpoints are where the buckets of a region are reached.
type endpoints struct {
	public   *url.URL
	internal *url.URL // from the region's own network, without charges for traffic
}

// publicHost returns the host of a region.
func publicHost(region string) string { return "oss-" + region + ".aliyuncs.com" }

// endpoints returns those of a region (OSS documentation, "Regions and
// endpoints"), or the configured one.
func (p *Provider) endpoints(region string) endpoints {
	if p.override != nil {
		return endpoints{public: p.override, internal: p.override}
	}
	return endpoints{
		public:   &url.URL{Scheme: "https", Host: publicHost(region)},
		internal: &url.URL{Scheme: "https", Host: "oss-" + region + "-internal.aliyuncs.com"},
	}
}
