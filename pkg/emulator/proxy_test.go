package emulator_test

import (
	"testing"

	"github.com/aliyun/alibaba-cloud-sdk-go/services/location"
	"github.com/aliyun/alibabacloud-oss-go-sdk-v2/oss"
	osscredentials "github.com/aliyun/alibabacloud-oss-go-sdk-v2/oss/credentials"

	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/emulator/emulatortest"
)

// A client with the emulator as its HTTP proxy keeps the hosts of the cloud.
func TestServer_AsProxy_NamesAndServesHostsOfTheCloud(t *testing.T) {
	srv := emulatortest.New(t)
	key, proxy := srv.AccessKey(), "http://"+srv.Addr()
	client, err := location.NewClientWithAccessKey("cn-hangzhou", key.ID, key.Secret)
	if err != nil {
		t.Fatal(err)
	}
	client.Domain = "location-readonly.aliyuncs.com"
	client.SetHttpProxy(proxy)
	for product, wanted := range map[string]string{
		"oss": "oss-cn-hangzhou.aliyuncs.com", "ram": "ram.aliyuncs.com", "rds": "rds.cn-hangzhou.aliyuncs.com", "vpc": "vpc.cn-hangzhou.aliyuncs.com",
	} {
		request := location.CreateDescribeEndpointsRequest()
		request.Id, request.ServiceCode, request.Scheme = "cn-hangzhou", product, "HTTP"
		got, err := client.DescribeEndpoints(request)
		if err != nil || len(got.Endpoints.Endpoint) != 1 || got.Endpoints.Endpoint[0].Endpoint != wanted {
			t.Errorf("%s is at %+v, %v, want %s", product, got, err, wanted)
		}
	}
	c := oss.NewClient(oss.LoadDefaultConfig().WithRegion("cn-hangzhou").WithEndpoint("http://oss-cn-hangzhou.aliyuncs.com").WithProxyHost(proxy).
		WithCredentialsProvider(osscredentials.NewStaticCredentialsProvider(key.ID, key.Secret)))
	if _, err := c.PutBucket(t.Context(), &oss.PutBucketRequest{Bucket: oss.Ptr("by-proxy")}); err != nil {
		t.Error(err)
	}
}
