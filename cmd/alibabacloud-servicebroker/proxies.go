package main

import (
	"fmt"
	"net/url"
	"strings"
)

// checkProxies refuses variables of proxies that net/http cannot use: its errors would
// have the URL with its password, in every log line of a failed call.
func checkProxies(getenv func(string) string) error {
	for _, name := range []string{"HTTPS_PROXY", "https_proxy", "HTTP_PROXY", "http_proxy"} {
		value := getenv(name)
		if value != "" && !strings.Contains(value, "://") {
			value = "http://" + value
		}
		if value != "" && !isProxy(value) {
			return fmt.Errorf("%s is no URL of a proxy, such as http://user:password@proxy.example.com:3128: escape signs of the password as in URLs (@ as %%40)", name)
		}
	}
	return nil
}

func isProxy(value string) bool {
	u, err := url.Parse(value)
	if err != nil || u.Hostname() == "" || strings.ContainsAny(u.Host, "@/ ") {
		return false
	}
	switch u.Scheme {
	case "http", "https", "socks5", "socks5h":
		return true
	}
	return false
}
