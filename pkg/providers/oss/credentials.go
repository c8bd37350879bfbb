package oss

import (
	"net/url"
	"strings"
)

// credentialsOf returns what an application gets: the names of the first broker
// for Alibaba Cloud (bucket, username, access_key_id, secret_access_key, host,
// uri) and what an SDK needs besides.
func credentialsOf(at endpoints, i instancePlan, b bindingPlan, k key) map[string]string {
	return map[string]string{
		"type":              "oss",
		"bucket":            i.Bucket,
		"region":            i.Region,
		"endpoint":          at.public.String(),
		"internal_endpoint": at.internal.String(),
		"host":              at.public.Host,
		"username":          b.User,
		"access_key_id":     k.ID,
		"secret_access_key": k.Secret,
		"uri":               "oss://" + escape(k.ID) + ":" + escape(k.Secret) + "@" + at.public.Host + "/" + i.Bucket,
	}
}

// escape percent-encodes all that is not unreserved in URIs (RFC 3986, 2.3).
func escape(s string) string { return strings.ReplaceAll(url.QueryEscape(s), "+", "%20") }
