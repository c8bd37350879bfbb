package oss

import (
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/providers"
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/providers/ramuser"
)

// credentialsOf returns the credentials of an application, under the names of the
// first broker for Alibaba Cloud (bucket, username, access_key_id,
// secret_access_key, host, uri), of SDKs (oss_region is the one that ali-oss
// takes), of Cloud Foundry's libraries (name) and of servicebinding.io (type,
// provider).
func credentialsOf(at endpoints, plan instancePlan, user string, key ramuser.Key) map[string]string {
	id, secret := key.ID, key.Secret.Reveal()
	return map[string]string{
		"type":                       "oss",
		providers.CredentialProvider: providers.CloudProvider,
		"name":                       plan.Bucket,
		"bucket":                     plan.Bucket,
		"region":                     plan.Region,
		"oss_region":                 regionOfSDK(plan.Region),
		"endpoint":                   at.public.String(),
		"internal_endpoint":          at.internal.String(),
		"host":                       at.public.Host,
		"username":                   user,
		"access_key_id":              id,
		"secret_access_key":          secret,
		"uri":                        "oss://" + providers.EscapeURI(id) + ":" + providers.EscapeURI(secret) + "@" + at.public.Host + "/" + plan.Bucket,
	}
}
