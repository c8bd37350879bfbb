package oss

import (
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/alicloud"
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/providers"
)

// productName is the name of OSS among the products of the cloud.
const productName = "oss"

// codeUserDisable has three causes (OSS error page of EC 0003-00000801): an overdue
// account, OSS that is not activated, and a disabled RAM user.
const codeUserDisable = "UserDisable"

// product returns OSS as the cloud's clients need it: hosts (page "Regions and
// endpoints"), and error codes (page "Error responses" and the pages of the
// bucket operations).
func product() alicloud.Product {
	return alicloud.Product{
		Name: productName,
		Host: func(region string) string { return hosts().of(region).Public },
		Codes: map[string]error{
			"NoSuchBucket":                            providers.ErrNotFound,
			"NoSuchKey":                               providers.ErrNotFound,
			"NoSuchUpload":                            providers.ErrNotFound,
			"NoSuchVersion":                           providers.ErrNotFound,
			"NoSuchTagSet":                            providers.ErrNotFound,
			"NoSuchLifecycle":                         providers.ErrNotFound,
			"NoSuchCORSConfiguration":                 providers.ErrNotFound,
			"NoSuchServerSideEncryptionRule":          providers.ErrNotFound,
			"NoSuchTransferAccelerationConfiguration": providers.ErrNotFound,
			"BucketDataRedundancyTransitionTaskStatusConflict": providers.ErrExists,
			"InvalidEncryptionAlgorithmError":                  providers.ErrInvalid,
			"InvalidTargetBucketForLogging":                    providers.ErrInvalid,
			"ResourceGroupIdPreCheckError":                     providers.ErrInvalid,
			"InvalidRequest":                                   providers.ErrInvalid,
			// Of a key of KMS (OSS error pages of these numbers): the key is unknown, it is
			// disabled, the account has no KMS.
			"0005-00000208": providers.ErrInvalid,
			"0005-00000214": providers.ErrInvalid,
			"0005-00000218": providers.ErrDenied,
			// A signature for another region than the endpoint's (OSS error pages of
			// these numbers): the operator's endpoint is wrong, not the parameters.
			"0002-00000226":                    providers.ErrDenied,
			"0002-00000228":                    providers.ErrDenied,
			"SecondLevelDomainForbidden":       providers.ErrDenied,
			"BucketAlreadyExists":              providers.ErrExists,
			"BucketNotEmpty":                   errNotEmpty,
			"0015-00000303":                    errLiveChannels, // OSS error page of this number
			"FileImmutable":                    errImmutable,
			"OperationAborted":                 providers.ErrWrongState,
			"AccessDenied":                     providers.ErrDenied,
			codeUserDisable:                    providers.ErrArrears,
			"TooManyBuckets":                   providers.ErrQuota,
			"InvalidBucketName":                providers.ErrInvalid,
			"InvalidTag":                       providers.ErrTagRefused,
			"InvalidTagKey.*":                  providers.ErrTagRefused,
			"InvalidTagValue.*":                providers.ErrTagRefused,
			"InvalidArgument":                  providers.ErrInvalid,
			"InvalidStorageClass":              providers.ErrInvalid,
			"InvalidLocationConstraint":        providers.ErrInvalid,
			"MalformedXML":                     providers.ErrInvalid,
			"IllegalEndpoint":                  providers.ErrInvalid,
			"SecurityTokenExpired":             providers.ErrCredentials,
			"InvalidSecurityToken":             providers.ErrCredentials,
			"InvalidAccessKeyId":               providers.ErrCredentials,
			"RequestTimeTooSkewed":             providers.ErrClock,
			"PublicEndpointForbidden":          providers.ErrPublicEndpoint,
			"0048-00000401":                    providers.ErrPublicEndpoint,
			"SlowDown":                         providers.ErrThrottled,
			"QpsLimitExceeded":                 providers.ErrThrottled,
			"DownloadTrafficRateLimitExceeded": providers.ErrThrottled,
			"UploadTrafficRateLimitExceeded":   providers.ErrThrottled,
			"RequestTimeout":                   providers.ErrOutcomeUnknown,
		},
	}
}

// sentences returns the sentence for users by code of OSS.
func sentences() alicloud.Sentences {
	return alicloud.Sentences{
		"InvalidBucketName":       "The bucket name is not allowed; choose another.",
		codeUserDisable:           "OSS serves the broker's key no more: the cloud account is overdue, OSS is not activated for it, or the RAM user is disabled; ask the operator of the broker.",
		"PublicEndpointForbidden": "This cloud account may not read or delete objects at the public endpoint of OSS, which the broker calls; ask the operator of the broker, who can run it in the bucket's region or choose the internal endpoint.",
		"RequestTimeTooSkewed":    "The clock of the broker's machine is wrong, so OSS refuses its requests; ask the operator of the broker.",
		"InvalidStorageClass":     "The storage class is not offered; choose another StorageClass.",
	}
}
