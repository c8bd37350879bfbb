package rds

import (
	"testing"

	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/providers"
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/providers/console"
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/providers/descriptor"
)

// Until the cloud has given the id, the address is the list of the region.
func TestDashboard_ID_MakesTheAddressPrecise(t *testing.T) {
	for site, want := range map[console.Site][2]string{
		"": {"https://rdsnext.console.aliyun.com/rdsList/cn-hangzhou/basic", "https://rdsnext.console.aliyun.com/detail/rm-1/basicInfo?region=cn-hangzhou"},
		console.International: {
			"https://rds.console.alibabacloud.com/rdsList/cn-hangzhou/basic", "https://rds.console.alibabacloud.com/detail/rm-1/basicInfo?region=cn-hangzhou",
		},
		console.Off: {},
	} {
		i := instances{deps: descriptor.Deps{Console: console.Choice{Site: site}}}
		task := providers.Task{Region: "cn-hangzhou"}
		before := i.DashboardURL(task)
		task.Facts.Open = map[string]string{factInstance: "rm-1"}
		if got := [2]string{before, i.DashboardURL(task)}; got != want {
			t.Errorf("on %q: %q, want %q", site, got, want)
		}
	}
}
