package oss

import (
	"net"
	"net/http"
	"regexp"
	"strings"
)

// cloudHost is a host of the real service: a bucket's name, which may be
// missing, and the endpoint of a region, public, internal or dual-stack.
var cloudHost = regexp.MustCompile(`^(?:([^.]*)\.)?(?:oss-([a-z0-9-]+?)(?:-internal)?|([a-z0-9-]+)\.oss)\.aliyuncs\.com$`)

// An address is one possible reading of the bucket and key that a request
// names.
type address struct {
	target

	region string // the region of the addressed endpoint; empty if the host has none
}

// addresses lists the possible readings of the request, the likelier first. A
// client in path style can still send the bucket's own host name, with the
// bucket in the path or without it, so that only the signature decides.
func addresses(r *http.Request) []address {
	host := r.Host
	if h, _, err := net.SplitHostPort(host); err == nil {
		host = h
	}
	host = strings.ToLower(host)
	inPath := address{target: pathStyle(r.URL.Path)}
	if m := cloudHost.FindStringSubmatch(host); m != nil {
		region := m[2] + m[3]
		if strings.HasPrefix(region, "accelerate") {
			region = ""
		}
		inPath.region = region
		if m[1] == "" {
			return []address{inPath}
		}
		inHost := address{target: target{m[1], strings.TrimPrefix(r.URL.Path, "/")}, region: region}
		if inPath.bucket == m[1] {
			return []address{inPath, inHost}
		}
		return []address{inHost}
	}
	if name, ok := strings.CutSuffix(host, ".localhost"); ok {
		return []address{{target: target{name, strings.TrimPrefix(r.URL.Path, "/")}}}
	}
	return []address{inPath}
}

// pathStyle reads /bucket/key. The path is the decoded one, as it came: a key
// may hold slashes in a row, and dots between them.
func pathStyle(path string) target {
	name, key, _ := strings.Cut(strings.TrimPrefix(path, "/"), "/")
	return target{name, key}
}
