package oss

import "github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/providers"

// bucketName returns the name of an instance's bucket. It holds 130 bits of the
// hash of a life in 30 characters of [a-z2-7-], which is a bucket name (OSS API,
// PutBucket: 3 to 63 lower-case letters, digits and hyphens).
func bucketName(l providers.Life) string { return "osb-" + l.Hash(26, "oss-bucket") }

// retainedTag marks a bucket that a deleted instance left to its owner.
func retainedTag() providers.Tag { return providers.Tag{Key: "osb-retained", Value: "true"} }
