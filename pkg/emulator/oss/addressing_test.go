package oss

import (
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestAddresses_HostAndPath_NameTheBucket(t *testing.T) {
	for name, c := range map[string]struct {
		host, path string
		want       []address
	}{
		"an IP address":                   {"127.0.0.1:9000", "/bucket-a/dir/key", []address{{target: target{"bucket-a", "dir/key"}, ownDomain: true}}},
		"an IP address, the bucket":       {"127.0.0.1:9000", "/bucket-a/", []address{{target: target{"bucket-a", ""}, ownDomain: true}}},
		"an IP address, no slash":         {"127.0.0.1:9000", "/bucket-a", []address{{target: target{"bucket-a", ""}, ownDomain: true}}},
		"an IP address, the service":      {"127.0.0.1:9000", "/", []address{{target: target{}, ownDomain: true}}},
		"slashes of a key are kept":       {"127.0.0.1", "/bucket-a//a//", []address{{target: target{"bucket-a", "/a//"}, ownDomain: true}}},
		"a name of our own":               {"emulator.default.svc:80", "/bucket-a/key", []address{{target: target{"bucket-a", "key"}, ownDomain: true}}},
		"the bucket's host":               {"bucket-a.oss-cn-hangzhou.aliyuncs.com", "/dir/key", []address{{target: target{"bucket-a", "dir/key"}, region: "cn-hangzhou"}}},
		"the bucket's internal host":      {"bucket-a.oss-cn-hangzhou-internal.aliyuncs.com", "/key", []address{{target: target{"bucket-a", "key"}, region: "cn-hangzhou"}}},
		"the bucket's dual-stack host":    {"bucket-a.cn-hangzhou.oss.aliyuncs.com", "/key", []address{{target: target{"bucket-a", "key"}, region: "cn-hangzhou"}}},
		"acceleration tells no region":    {"bucket-a.oss-accelerate.aliyuncs.com", "/key", []address{{target: target{"bucket-a", "key"}}}},
		"a region's host":                 {"oss-eu-central-1.aliyuncs.com", "/", []address{{target: target{}, region: "eu-central-1"}}},
		"a region's host after a dot":     {".oss-cn-hangzhou.aliyuncs.com", "/", []address{{target: target{}, region: "cn-hangzhou"}}},
		"a region's host, bucket in path": {"oss-cn-hangzhou.aliyuncs.com", "/bucket-a/key", []address{{target: target{"bucket-a", "key"}, region: "cn-hangzhou", forbidden: true}}},
		"the bucket in both: either may be": {"bucket-a.oss-cn-hangzhou.aliyuncs.com", "/bucket-a/key", []address{
			{target: target{"bucket-a", "key"}, region: "cn-hangzhou"}, {target: target{"bucket-a", "bucket-a/key"}, region: "cn-hangzhou"}}},
		"the bucket before a bare region":   {"bucket-a.cn-hangzhou.aliyuncs.com", "/key", []address{{target: target{"bucket-a", "key"}, region: "cn-hangzhou"}}},
		"a dual-stack host, bucket in path": {"cn-hangzhou.oss.aliyuncs.com", "/bucket-a", []address{{target: target{"bucket-a", ""}, region: "cn-hangzhou", forbidden: true}}},
		"a bucket's name before localhost":  {"bucket-a.localhost:9000", "/key", []address{{target: target{"bucket-a", "key"}}}},
	} {
		t.Run(name, func(t *testing.T) {
			r := httptest.NewRequest(http.MethodGet, "http://placeholder", nil)
			r.Host, r.URL.Path = c.host, c.path
			if diff := cmp.Diff(c.want, addresses(r), cmp.AllowUnexported(address{}, target{})); diff != "" {
				t.Errorf("addresses (-want, +got):\n%s", diff)
			}
		})
	}
}
