package oss

import (
	"encoding/xml"
	"strings"
)

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
	wanted := strings.TrimPrefix(r.query.Get("regions"), "oss-")
	var list regionInfoList
	for _, region := range s.cfg.Regions {
		if wanted != "" && wanted != region {
			continue
		}
		host := "oss-" + region
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
