package oss

import "testing"

// Data calls of today's account are refused at the cloud's public hosts alone.
func TestPublicEndpoint_HostsOfTheCloud_AreToldApart(t *testing.T) {
	for host, want := range map[string]bool{
		"oss-cn-hangzhou.aliyuncs.com":               true,
		"b.oss-cn-hangzhou.aliyuncs.com:80":          true,
		"B.OSS-CN-HANGZHOU.ALIYUNCS.COM":             true,
		"b.cn-hangzhou.aliyuncs.com":                 true, // of ali-oss
		"cn-hangzhou.oss.aliyuncs.com":               true, // dual stack
		"oss-cn-hangzhou-internal.aliyuncs.com":      false,
		"b.oss-cn-hangzhou-internal.aliyuncs.com:80": false,
		"oss-cn-hzjbp-a-internal.aliyuncs.com":       false, // of finance
		"vpc100-oss-cn-hangzhou.aliyuncs.com":        false,
		"127.0.0.1:8007":                             false,
		"[::1]:8007":                                 false,
		"localhost:8007":                             false,
		"b.localhost:8007":                           false,
		"emulator.default.svc:8007":                  false,
		"files.example.com":                          false,
		"aliyuncs.com.example.org":                   false,
	} {
		if isPublicEndpoint(host) != want {
			t.Errorf("%s is public: %v, want %v", host, !want, want)
		}
	}
	for region, want := range map[string]bool{"cn-hangzhou": true, "cn-shanghai-finance-1": true, "cn-hongkong": false, "ap-southeast-1": false, "eu-central-1": false} {
		if isMainland(region) != want {
			t.Errorf("%s is in mainland China: %v, want %v", region, !want, want)
		}
	}
}
