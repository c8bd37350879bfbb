package oss

import (
	"encoding/json"
	"fmt"

	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/providers"
)

// The accesses that a binding may have.
const accessReadWrite = "readwrite"

// A grant is what a binding may do: an access to the objects of one bucket.
type grant struct {
	Bucket string
	Access string
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

// policyOf returns the document of the policy that the user or role of a binding
// gets.
func policyOf(binding providers.Task) (string, error) {
	grant, err := grantOf(binding)
	if err != nil {
		return "", err
	}
	return grant.document()
}

// document returns the policy of the grant.
func (g grant) document() (string, error) {
	b, err := json.Marshal(policyDocument{Version: "1", Statement: g.statements()})
	if err != nil {
		return "", fmt.Errorf("oss: write the policy: %w", err)
	}
	return string(b), nil
}

// statements allow one bucket and its objects. Deleting and configuring the bucket,
// and access rights, stay with the broker (OSS documentation, "RAM policies", table
// of actions). Names of buckets are unique among all accounts and regions, so the
// resource leaves both open.
func (g grant) statements() []policyStatement {
	resource := "acs:oss:*:*:" + g.Bucket
	return []policyStatement{
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
	}
}
