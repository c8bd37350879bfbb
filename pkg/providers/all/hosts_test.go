package all_test

import (
	"testing"

	"github.com/aliyun/alibaba-cloud-sdk-go/services/kms"
	"github.com/aliyun/alibaba-cloud-sdk-go/services/ram"
	"github.com/aliyun/alibaba-cloud-sdk-go/services/rds"
	"github.com/aliyun/alibaba-cloud-sdk-go/services/sts"
	"github.com/aliyun/alibaba-cloud-sdk-go/services/vpc"

	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/alicloud"
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/providers/all"
)

// The SDK has tables of hosts, in which finance and government regions stand; it
// calls a host by pattern where they are silent.
func TestHosts_EveryRegionOfTheSDK_AreItsHosts(t *testing.T) {
	products := append(all.Services().Products(), alicloud.STS())
	tables := map[string]map[string]string{
		"rds": rds.GetEndpointMap(), "vpc": vpc.GetEndpointMap(), "sts": sts.GetEndpointMap(), "ram": ram.GetEndpointMap(), "kms": kms.GetEndpointMap(),
	}
	for _, p := range products {
		for region, want := range tables[p.Name] {
			if got := p.Host(region); got != want {
				t.Errorf("%s of %s is %s, want %s", p.Name, region, got, want)
			}
		}
		delete(tables, p.Name)
	}
	if len(tables) > 0 {
		t.Errorf("no service calls %v", tables)
	}
}

func TestHosts_NewRegion_HasThePattern(t *testing.T) {
	want := map[string]string{
		"rds": "rds.mars-1.aliyuncs.com", "vpc": "vpc.mars-1.aliyuncs.com", "ram": "ram.aliyuncs.com", "sts": "sts.aliyuncs.com",
		"oss": "oss-mars-1.aliyuncs.com", "kms": "kms.mars-1.aliyuncs.com",
	}
	for _, p := range append(all.Services().Products(), alicloud.STS()) {
		if got := p.Host("mars-1"); want[p.Name] != "" && got != want[p.Name] {
			t.Errorf("%s of a new region is %s, want %s", p.Name, got, want[p.Name])
		}
	}
}
