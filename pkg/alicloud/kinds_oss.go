package alicloud

import (
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/providers"
)

// ossKinds are the codes of OSS (page "Error responses" and those of the bucket
// operations).
var ossKinds = map[string]error{ //nolint:gochecknoglobals // a table that nobody writes
	"NoSuchBucket":                     providers.ErrNotFound,
	"NoSuchKey":                        providers.ErrNotFound,
	"NoSuchUpload":                     providers.ErrNotFound,
	"NoSuchVersion":                    providers.ErrNotFound,
	"NoSuchTagSet":                     providers.ErrNotFound,
	"NoSuchLifecycle":                  providers.ErrNotFound,
	"BucketAlreadyExists":              providers.ErrExists,
	"BucketNotEmpty":                   providers.ErrWrongState,
	"OperationAborted":                 providers.ErrWrongState,
	"AccessDenied":                     providers.ErrDenied,
	"UserDisable":                      providers.ErrArrears,
	"TooManyBuckets":                   providers.ErrQuota,
	"InvalidBucketName":                providers.ErrInvalid,
	"InvalidArgument":                  providers.ErrInvalid,
	"InvalidStorageClass":              providers.ErrInvalid,
	"InvalidLocationConstraint":        providers.ErrInvalid,
	"MalformedXML":                     providers.ErrInvalid,
	"IllegalEndpoint":                  providers.ErrInvalid,
	"SecurityTokenExpired":             providers.ErrCredentials,
	"InvalidSecurityToken":             providers.ErrCredentials,
	"InvalidAccessKeyId":               providers.ErrCredentials,
	"RequestTimeTooSkewed":             providers.ErrCredentials,
	"SlowDown":                         providers.ErrThrottled,
	"QpsLimitExceeded":                 providers.ErrThrottled,
	"DownloadTrafficRateLimitExceeded": providers.ErrThrottled,
	"UploadTrafficRateLimitExceeded":   providers.ErrThrottled,
	"RequestTimeout":                   providers.ErrOutcomeUnknown,
}
