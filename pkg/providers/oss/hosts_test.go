package oss

import (
	"slices"
	"testing"
)

// OSS documentation, "Regions and endpoints".
func TestHosts_EveryKindOfRegion_HasItsHosts(t *testing.T) {
	table := hosts()
	for region, want := range map[string]regionHosts{
		"cn-hangzhou":           {"oss-cn-hangzhou.aliyuncs.com", "oss-cn-hangzhou-internal.aliyuncs.com"},
		"us-west-1":             {"oss-us-west-1.aliyuncs.com", "oss-us-west-1-internal.aliyuncs.com"},
		"cn-hangzhou-finance":   {"oss-cn-hzfinance.aliyuncs.com", "oss-cn-hzfinance-internal.aliyuncs.com"},
		"cn-shanghai-finance-1": {"oss-cn-shanghai-finance-1-pub.aliyuncs.com", "oss-cn-shanghai-finance-1-pub-internal.aliyuncs.com"},
		"cn-shenzhen-finance-1": {"oss-cn-szfinance.aliyuncs.com", "oss-cn-szfinance-internal.aliyuncs.com"},
		"cn-beijing-finance-1":  {"oss-cn-beijing-finance-1-pub.aliyuncs.com", "oss-cn-beijing-finance-1-pub-internal.aliyuncs.com"},
		"cn-north-2-gov-1":      {"oss-cn-north-2-gov-1.aliyuncs.com", "oss-cn-north-2-gov-1-internal.aliyuncs.com"},
		"rg-china-mainland":     {"oss-rg-china-mainland.aliyuncs.com", ""},
	} {
		got := table.of(region)
		if got != want {
			t.Errorf("%s has %+v, want %+v", region, got, want)
		}
		if back := table.regionAt(got.Public); back != region {
			t.Errorf("%s is the host of %q, want %s", got.Public, back, region)
		}
		at := offlineService(nil).endpoints(region)
		if at.public.Host != want.Public || at.region+cloudDomain != want.Public || want.Internal == "" && at.internal != at.public {
			t.Errorf("the endpoints of %s are %s, %s; ali-oss calls it %s", region, at.public, at.internal, at.region)
		}
	}
	if region := table.regionAt("files.example.com"); region != "" {
		t.Errorf("another host is that of %s", region)
	}
	for region := range table.Regions {
		if slices.Contains([]string{table.of(region).Public}, "") {
			t.Errorf("%s has no public host", region)
		}
	}
}
