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
		"an IP address":                   {"127.0.0.1:9000", "/bucket-a/dir/key", []address{{target{"bucket-a", "dir/key"}, ""}}},
		"an IP address, the bucket":       {"127.0.0.1:9000", "/bucket-a/", []address{{target{"bucket-a", ""}, ""}}},
		"an IP address, no slash":         {"127.0.0.1:9000", "/bucket-a", []address{{target{"bucket-a", ""}, ""}}},
		"an IP address, the service":      {"127.0.0.1:9000", "/", []address{{target{}, ""}}},
		"slashes of a key are kept":       {"127.0.0.1", "/bucket-a//a//", []address{{target{"bucket-a", "/a//"}, ""}}},
		"a name of our own":               {"emulator.default.svc:80", "/bucket-a/key", []address{{target{"bucket-a", "key"}, ""}}},
		"the bucket's host":               {"bucket-a.oss-cn-hangzhou.aliyuncs.com", "/dir/key", []address{{target{"bucket-a", "dir/key"}, "cn-hangzhou"}}},
		"the bucket's internal host":      {"bucket-a.oss-cn-hangzhou-internal.aliyuncs.com", "/key", []address{{target{"bucket-a", "key"}, "cn-hangzhou"}}},
		"the bucket's dual-stack host":    {"bucket-a.cn-hangzhou.oss.aliyuncs.com", "/key", []address{{target{"bucket-a", "key"}, "cn-hangzhou"}}},
		"acceleration tells no region":    {"bucket-a.oss-accelerate.aliyuncs.com", "/key", []address{{target{"bucket-a", "key"}, ""}}},
		"a region's host":                 {"oss-eu-central-1.aliyuncs.com", "/", []address{{target{}, "eu-central-1"}}},
		"a region's host after a dot":     {".oss-cn-hangzhou.aliyuncs.com", "/", []address{{target{}, "cn-hangzhou"}}},
		"a region's host, bucket in path": {"oss-cn-hangzhou.aliyuncs.com", "/bucket-a/key", []address{{target{"bucket-a", "key"}, "cn-hangzhou"}}},
		"the bucket in both: either may be": {"bucket-a.oss-cn-hangzhou.aliyuncs.com", "/bucket-a/key", []address{
			{target{"bucket-a", "key"}, "cn-hangzhou"}, {target{"bucket-a", "bucket-a/key"}, "cn-hangzhou"}}},
		"a bucket's name before localhost": {"bucket-a.localhost:9000", "/key", []address{{target{"bucket-a", "key"}, ""}}},
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
