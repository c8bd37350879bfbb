package oss

import "github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/alicloud"

// sentences are for codes of OSS that say what to change.
var sentences = alicloud.Sentences{ //nolint:gochecknoglobals // a table that nobody writes
	"InvalidBucketName":   "The bucket name is not allowed; choose another.",
	"InvalidStorageClass": "The storage class is not offered; choose another StorageClass.",
}
