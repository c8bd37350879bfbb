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

// regionHost is the host that ali-oss makes of a bucket and a region without its
// prefix "oss-".
var regionHost = regexp.MustCompile(`^([^.]+)\.([a-z]{2}-[a-z0-9-]+)\.aliyuncs\.com$`)

// An address is one possible reading of the bucket and key that a request
// names.
type address struct {
	target

	region       string // the region of the addressed endpoint; empty if the host has none
	signedRegion string // the region of signature V4
	forbidden    bool   // in path style at a host of the cloud (A202)
	ownDomain    bool   // the host may be a bucket's own domain (CNAME)
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
	whole := strings.TrimPrefix(r.URL.Path, "/")
	name, region, ofCloud := readCloudHost(host)
	switch {
	case ofCloud && name == "":
		inPath.region, inPath.forbidden = region, inPath.bucket != ""
		return []address{inPath}
	case ofCloud:
		inPath.region = region
		inHost := address{target: target{name, whole}, region: region}
		if inPath.bucket == name {
			return []address{inPath, inHost}
		}
		return []address{inHost}
	}
	if name, ok := strings.CutSuffix(host, ".localhost"); ok {
		return []address{{target: target{name, whole}}}
	}
	inPath.ownDomain = true
	return []address{inPath}
}

// readCloudHost reads a host of the cloud. Accelerated endpoints have no region.
func readCloudHost(host string) (bucket, region string, ok bool) {
	if m := cloudHost.FindStringSubmatch(host); m != nil {
		if region = regionNamed(m[2] + m[3]); strings.HasPrefix(region, "accelerate") {
			region = ""
		}
		return m[1], region, true
	}
	if m := regionHost.FindStringSubmatch(host); m != nil {
		return m[1], m[2], true
	}
	return "", "", false
}

// ownDomains reads the host as the own domain of any bucket of an account: the
// signature names the bucket, the path only the key (OSS documentation, "Map custom
// domain names").
func (s *Service) ownDomains(r *http.Request, account string) []address {
	s.mu.Lock()
	defer s.mu.Unlock()
	var list []address
	for name, b := range s.buckets {
		if b.owner == account {
			list = append(list, address{target: target{name, strings.TrimPrefix(r.URL.Path, "/")}})
		}
	}
	return list
}

// pathStyle reads /bucket/key. The path is the decoded one, as it came: a key
// may hold slashes in a row, and dots between them.
func pathStyle(path string) target {
	name, key, _ := strings.Cut(strings.TrimPrefix(path, "/"), "/")
	return target{name, key}
}
