package oss

import (
	"encoding/json"
)

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
// this one bucket and its objects. The user may not delete or reconfigure the
// bucket, nor change who may see what (OSS documentation, "RAM policies", table
// of actions). Names of buckets are unique among all accounts and regions, so
// those parts of the resource are left open.
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
	return string(b), err
}
