package oss

import (
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/providers"
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/providers/ramuser"
)

// credentialsOf returns the credentials of an application with a key: the common ones,
// and the key under the names of the first broker for Alibaba Cloud (username,
// access_key_id, secret_access_key, uri).
func credentialsOf(at endpoints, shown shown, plan instancePlan, user string, key ramuser.Key) map[string]string {
	id, secret := key.ID, key.Secret.Reveal()
	credentials := bucketCredentials(at, shown, plan)
	credentials["username"] = user
	credentials["access_key_id"] = id
	credentials["secret_access_key"] = secret
	credentials["uri"] = "oss://" + providers.EscapeURI(id) + ":" + providers.EscapeURI(secret) + "@" + shown.url.Host + "/" + plan.Bucket
	return credentials
}

// bucketCredentials returns the credentials that bindings of every kind have, under the
// names of the first broker for Alibaba Cloud (bucket, host), of SDKs (oss_region is
// the one that ali-oss takes), of Cloud Foundry's libraries (name) and of
// servicebinding.io (type, provider).
func bucketCredentials(at endpoints, shown shown, plan instancePlan) map[string]string {
	credentials := map[string]string{
		"type":                       "oss",
		providers.CredentialProvider: providers.CloudProvider,
		"name":                       plan.Bucket,
		"bucket":                     plan.Bucket,
		"region":                     plan.Region,
		"oss_region":                 at.region,
		"endpoint":                   shown.url.String(),
		"internal_endpoint":          at.internal.String(),
		"host":                       shown.url.Host,
	}
	if shown.cname {
		credentials["cname"] = "true"
	}
	return credentials
}

// withPrefix adds the prefix of a binding that has one.
func withPrefix(binding providers.Task, credentials map[string]string) (map[string]string, error) {
	grant, err := grantOf(binding)
	if err == nil && grant.Prefix != "" {
		credentials["prefix"] = grant.Prefix
	}
	return credentials, err
}
