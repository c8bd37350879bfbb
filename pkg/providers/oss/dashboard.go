package oss

import (
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/providers"
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/providers/console"
)

var _ providers.Dashboarder = instances{}

// consolePages returns the pages of buckets: that of China as Alibaba's Serverless Devs
// prints it after a deployment (component oss), and the same on the international host,
// which the help pages of OSS name.
func consolePages() map[console.Site]console.Pages {
	return map[console.Site]console.Pages{
		console.China:         {Resource: "https://oss.console.aliyun.com/bucket/oss-{region}/{resource}/object"},
		console.International: {Resource: "https://oss.console.alibabacloud.com/bucket/oss-{region}/{resource}/object"},
	}
}

// DashboardURL returns the page of the bucket, whose name the plan has before the
// bucket is made.
func (i instances) DashboardURL(t providers.Task) string {
	plan, err := instancePlanOf(t)
	if err != nil {
		return ""
	}
	return i.service.pages.Address(plan.Region, plan.Bucket)
}
