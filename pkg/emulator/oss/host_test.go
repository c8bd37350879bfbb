package oss_test

import (
	"context"
	"net"
	"net/http"
	"strings"
	"testing"

	sdk "github.com/aliyun/alibabacloud-oss-go-sdk-v2/oss"
)

// byHost sends the SDK's requests to the emulator under the hosts of the real
// service.
func (e *environment) byHost(version sdk.SignatureVersionType, endpoint string, pathStyle bool) *sdk.Client {
	transport := &http.Transport{DisableKeepAlives: true, DialContext: func(ctx context.Context, network, _ string) (net.Conn, error) {
		return new(net.Dialer).DialContext(ctx, network, strings.TrimPrefix(e.url, "http://"))
	}}
	return e.client(keyID, secret, version, func(c *sdk.Config) {
		c.WithEndpoint(endpoint).WithUsePathStyle(pathStyle).WithHttpClient(&http.Client{Transport: transport})
	})
}

func TestHosts_OfRealService_Served(t *testing.T) {
	for name, version := range map[string]sdk.SignatureVersionType{"V1": sdk.SignatureVersionV1, "V4": sdk.SignatureVersionV4} {
		for _, pathStyle := range []bool{false, true} {
			t.Run(name, func(t *testing.T) {
				e := newEnvironment(t)
				c := e.byHost(version, "http://oss-cn-hangzhou.aliyuncs.com", pathStyle)
				mustPutBucket(t, c, "bucket-a")
				mustPut(t, c, "bucket-a", "bucket-a/dir/é", "v")
				if got, err := get(t.Context(), c, "bucket-a", "bucket-a/dir/é"); err != nil || got != "v" {
					t.Errorf("get = %q, %v", got, err)
				}
				if list, err := c.ListBuckets(t.Context(), &sdk.ListBucketsRequest{}); err != nil || len(list.Buckets) != 1 {
					t.Errorf("list = %+v, %v", list, err)
				}
				if got := e.Buckets()[0]; got.Region != "cn-hangzhou" || got.Objects != 1 {
					t.Errorf("bucket: %+v", got)
				}
				elsewhere := e.byHost(sdk.SignatureVersionV1, "http://oss-cn-beijing.aliyuncs.com", pathStyle)
				_, err := get(t.Context(), elsewhere, "bucket-a", "bucket-a/dir/é")
				wantCode(t, err, "AccessDenied")
			})
		}
	}
}
