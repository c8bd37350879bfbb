package main

import (
	"strings"
	"testing"
)

func TestConfig_Proxies_AreCheckedWithoutPassword(t *testing.T) {
	for value, isGood := range map[string]bool{
		"":                                   true,
		"http://proxy.example.com:3128":      true,
		"proxy.example.com:3128":             true,
		"http://bank:p%40ss@10.0.0.1:3128":   true,
		"socks5://proxy.example.com:1080":    true,
		"http://bank:s3cret@a b:3128":        false,
		"http://bank:s3cret%zz@proxy:3128":   false,
		"ftp://bank:s3cret@proxy.example":    false,
		"http://bank:s3cret/word@proxy:3128": false,
		"http://":                            false,
	} {
		for _, name := range []string{"HTTPS_PROXY", "http_proxy"} {
			_, err := readConfig([]string{"--broker-id", "b", "--region", "cn-hangzhou"}, env(name, value))
			if (err == nil) != isGood {
				t.Errorf("%s=%s: %v", name, value, err)
			}
			if err != nil && strings.Contains(err.Error(), "s3cret") {
				t.Errorf("%v tells the password", err)
			}
		}
	}
}
