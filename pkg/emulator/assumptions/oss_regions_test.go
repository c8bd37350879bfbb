package assumptions_test

import (
	"strings"
	"testing"

	"github.com/aliyun/alibabacloud-oss-go-sdk-v2/oss"

	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/emulator"
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/emulator/emulatortest"
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/emulator/vpc"
)

func TestA451_FinanceRegion_IsNamedAsItsHosts(t *testing.T) {
	const region = "cn-hangzhou-finance"
	verify(t, never, func(e *environment) {
		c := e.bucketClient(func(config *oss.Config) {
			config.WithRegion(region).WithEndpoint("http://oss-cn-hzfinance.aliyuncs.com").WithProxyHost("http://" + e.srv.Addr()).WithUsePathStyle(false)
		})
		name := e.name()
		if _, err := c.PutBucket(e.Context(), &oss.PutBucketRequest{Bucket: &name}); err != nil {
			e.Fatal(err)
		}
		info, err := c.GetBucketInfo(e.Context(), &oss.GetBucketInfoRequest{Bucket: &name})
		if err != nil || oss.ToString(info.BucketInfo.Location) != "oss-cn-hzfinance" || !strings.HasPrefix(oss.ToString(info.BucketInfo.IntranetEndpoint), "oss-cn-hzfinance-internal.") {
			e.Errorf("the bucket is %+v, %v", info, err)
		}
		regions, err := c.DescribeRegions(e.Context(), &oss.DescribeRegionsRequest{Regions: oss.Ptr("oss-cn-hzfinance")})
		if err != nil || oss.ToString(regions.RegionInfoList.RegionInfos[0].InternetEndpoint) != "oss-cn-hzfinance.aliyuncs.com" {
			e.Errorf("the region is %+v, %v", regions, err)
		}
	}, emulatortest.WithConfig(func(c *emulator.Config) { c.Regions = vpc.DefaultRegions(region) }))
}
