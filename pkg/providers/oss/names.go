package oss

import "github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/providers"

// bucketName returns the name of an instance's bucket: the prefix of the RAM policies,
// the one that the plan or the user chose, and 130 bits of the hash of a life in 26
// characters of [a-z2-7]. A prefix of at most 32 characters leaves the name within 63
// (OSS API, PutBucket: 3 to 63 lower-case letters, digits and hyphens).
func bucketName(l providers.Life, prefix string) string {
	if prefix != "" {
		prefix += "-"
	}
	return "osb-" + prefix + l.Hash(26, "oss-bucket")
}

// retainedTag marks a bucket that a deleted instance left to its owner.
func retainedTag() providers.Tag { return providers.Tag{Key: "osb-retained", Value: "true"} }
