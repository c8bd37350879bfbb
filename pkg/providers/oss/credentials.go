package oss

import (
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/providers"
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
		"secret_access_key": k.Secret.Reveal(),
		"uri":               "oss://" + providers.EscapeURI(k.ID) + ":" + providers.EscapeURI(k.Secret.Reveal()) + "@" + at.public.Host + "/" + i.Bucket,
	}
}
