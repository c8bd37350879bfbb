package oss

import (
	"cmp"
	"encoding/xml"
	"strings"
)

// ownNames returns the regions that OSS names otherwise than the other products do. Its
// hosts have these names (OSS documentation, "Regions and endpoints"; A451).
func ownNames() map[string]string {
	return map[string]string{
		"cn-hangzhou-finance":   "cn-hzfinance",
		"cn-shanghai-finance-1": "cn-shanghai-finance-1-pub",
		"cn-shenzhen-finance-1": "cn-szfinance",
		"cn-beijing-finance-1":  "cn-beijing-finance-1-pub",
	}
}

// locationOf returns a region as OSS names it.
func locationOf(region string) string { return "oss-" + cmp.Or(ownNames()[region], region) }

// regionNamed returns the id of a region of OSS; name lacks the "oss-".
func regionNamed(name string) string {
	for region, own := range ownNames() {
		if own == name {
			return region
		}
	}
	return name
}

// regionInfo is a region in the answer of DescribeRegions.
type regionInfo struct {
	Region, InternetEndpoint, InternalEndpoint, AccelerateEndpoint string
}

type regionInfoList struct {
	XMLName     xml.Name     `xml:"RegionInfoList"`
	RegionInfos []regionInfo `xml:"RegionInfo"`
}

// describeRegions lists the regions with their endpoints, all or one (OSS API,
// DescribeRegions; A085).
func (s *Service) describeRegions(r *request) (*response, *apiError) {
	wanted := regionNamed(strings.TrimPrefix(r.query.Get("regions"), "oss-"))
	var list regionInfoList
	for _, region := range s.cfg.Regions {
		if wanted != "" && wanted != region {
			continue
		}
		host := locationOf(region)
		list.RegionInfos = append(list.RegionInfos, regionInfo{
			Region: host, InternetEndpoint: host + ".aliyuncs.com", InternalEndpoint: host + "-internal.aliyuncs.com",
			AccelerateEndpoint: "oss-accelerate.aliyuncs.com",
		})
	}
	if wanted != "" && len(list.RegionInfos) == 0 {
		return nil, errorf("NoSuchRegion", "The specified region does not exist.")
	}
	return xmlResponse(list)
}
