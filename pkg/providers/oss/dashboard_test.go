package oss

import (
	"testing"

	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/providers"
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/providers/console"
)

// Records of before have an address too, since it is made from their plan.
func TestDashboard_PlanOfBefore_OpensTheBucket(t *testing.T) {
	task := providers.Task{Region: "cn-beijing", Plan: providers.Plan(`{"bucket":"osb-a","region":"cn-hangzhou","acl":"private","storage_class":"Standard"}`)}
	for site, want := range map[console.Site]string{
		"":                    "https://oss.console.aliyun.com/bucket/oss-cn-hangzhou/osb-a/object",
		console.International: "https://oss.console.alibabacloud.com/bucket/oss-cn-hangzhou/osb-a/object",
		console.Off:           "",
	} {
		i := instances{service: service{pages: console.Choice{Site: site}.Of("oss", consolePages())}}
		if got := i.DashboardURL(task); got != want {
			t.Errorf("on %q: %q, want %q", site, got, want)
		}
		if got := i.DashboardURL(providers.Task{}); got != "" {
			t.Errorf("without a plan: %q", got)
		}
	}
}
