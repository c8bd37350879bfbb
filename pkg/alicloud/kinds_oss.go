package alicloud

// ossKinds are the codes of OSS (page "Error responses" and those of the bucket
// operations).
var ossKinds = map[string]error{ //nolint:gochecknoglobals // a table that nobody writes
	"NoSuchBucket":                     ErrNotFound,
	"NoSuchKey":                        ErrNotFound,
	"NoSuchUpload":                     ErrNotFound,
	"NoSuchVersion":                    ErrNotFound,
	"NoSuchTagSet":                     ErrNotFound,
	"NoSuchLifecycle":                  ErrNotFound,
	"BucketAlreadyExists":              ErrExists,
	"BucketNotEmpty":                   ErrWrongState,
	"OperationAborted":                 ErrWrongState,
	"AccessDenied":                     ErrDenied,
	"UserDisable":                      ErrArrears,
	"TooManyBuckets":                   ErrQuota,
	"InvalidBucketName":                ErrInvalid,
	"InvalidArgument":                  ErrInvalid,
	"InvalidStorageClass":              ErrInvalid,
	"InvalidLocationConstraint":        ErrInvalid,
	"MalformedXML":                     ErrInvalid,
	"IllegalEndpoint":                  ErrInvalid,
	"SecurityTokenExpired":             ErrCredentials,
	"InvalidSecurityToken":             ErrCredentials,
	"InvalidAccessKeyId":               ErrCredentials,
	"RequestTimeTooSkewed":             ErrCredentials,
	"SlowDown":                         ErrThrottled,
	"QpsLimitExceeded":                 ErrThrottled,
	"DownloadTrafficRateLimitExceeded": ErrThrottled,
	"UploadTrafficRateLimitExceeded":   ErrThrottled,
	"RequestTimeout":                   ErrOutcomeUnknown,
}
