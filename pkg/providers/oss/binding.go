package oss

import (
	"context"
	"encoding/json"
	"fmt"

	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/alicloud"
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/providers"
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/providers/ramuser"
)

// bindings returns the binding kind: a RAM user that reads and writes one bucket.
func (s service) bindings() providers.Provider {
	return ramuser.New(ramuser.Config{
		Clients: func(instance providers.Task) (*alicloud.Clients, error) {
			plan, err := planForBindings(instance)
			return s.clients(plan.key()), err
		},
		Substitute: func(ctx context.Context, instance providers.Task, err error) (*alicloud.Clients, error) {
			plan, unreadable := planForBindings(instance)
			if unreadable != nil {
				return nil, unreadable
			}
			return s.substitute(ctx, instance, plan, err)
		},
		Document: func(instance providers.Task) (string, error) {
			plan, err := instancePlanOf(instance)
			if err != nil {
				return "", err
			}
			return bucketPolicy(plan.Bucket)
		},
		Credentials: func(instance providers.Task, user string, key ramuser.Key) (map[string]string, error) {
			plan, err := instancePlanOf(instance)
			return credentialsOf(s.endpoints(plan.Region), plan, user, key), err
		},
		Explain: func(instance providers.Task, err error) error {
			plan, unreadable := planForBindings(instance)
			if unreadable != nil {
				return unreadable
			}
			return explain(plan, err)
		},
	})
}

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

// policyDocument is the grammar of a RAM policy (RAM documentation, "Policy
// structure and syntax").
type policyDocument struct {
	Version   string            `json:"Version"`
	Statement []policyStatement `json:"Statement"`
}

type policyStatement struct {
	Effect   string   `json:"Effect"`
	Action   []string `json:"Action"`
	Resource []string `json:"Resource"`
}

// bucketPolicy returns the document of the policy that a binding's user gets:
// this one bucket and its objects. Deleting and configuring the bucket, and access
// rights, stay with the broker (OSS documentation, "RAM policies", table of
// actions). Names of buckets are unique among all accounts and regions, so the
// resource leaves both open.
func bucketPolicy(bucket string) (string, error) {
	resource := "acs:oss:*:*:" + bucket
	b, err := json.Marshal(policyDocument{Version: "1", Statement: []policyStatement{
		{
			Effect: "Allow",
			Action: []string{
				"oss:GetBucketInfo", "oss:GetBucketLocation", "oss:GetBucketStat", "oss:GetBucketAcl", "oss:GetBucketVersioning",
				"oss:ListObjects", "oss:ListObjectVersions", "oss:ListMultipartUploads",
			},
			Resource: []string{resource},
		},
		{
			Effect: "Allow",
			Action: []string{
				"oss:GetObject", "oss:GetObjectVersion", "oss:GetObjectAcl", "oss:GetObjectTagging",
				"oss:PutObject", "oss:PutObjectTagging",
				"oss:DeleteObject", "oss:DeleteObjectVersion", "oss:DeleteObjectTagging",
				"oss:RestoreObject", "oss:ListParts", "oss:AbortMultipartUpload",
			},
			Resource: []string{resource + "/*"},
		},
	}})
	if err != nil {
		return "", fmt.Errorf("oss: write the policy: %w", err)
	}
	return string(b), nil
}
