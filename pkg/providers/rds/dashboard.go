package rds

import (
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/providers"
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/providers/console"
)

var _ providers.Dashboarder = instances{}

// consolePages returns the pages of databases: the one of an instance as Security Center
// answers it (Sas API, GetCloudAssetDetail, DetailLink), the list of a region as the help
// pages of RDS name it, and both on the international host, which these pages name.
func consolePages() map[console.Site]console.Pages {
	const page, list = "/detail/{resource}/basicInfo?region={region}", "/rdsList/{region}/basic"
	return map[console.Site]console.Pages{
		console.China:         {Resource: "https://rdsnext.console.aliyun.com" + page, List: "https://rdsnext.console.aliyun.com" + list},
		console.International: {Resource: "https://rds.console.alibabacloud.com" + page, List: "https://rds.console.alibabacloud.com" + list},
	}
}

// DashboardURL returns the page of the instance or, until the cloud has given its id,
// the list of its region.
func (i instances) DashboardURL(t providers.Task) string {
	return i.deps.Console.Of("rds", consolePages()).Address(t.Region, t.Facts.Open[factInstance])
}
