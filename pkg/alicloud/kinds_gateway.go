package alicloud

// gatewayKinds are the codes that the RPC gateway and several products share
// (pages "Common error codes" and "Request signatures").
var gatewayKinds = map[string]error{ //nolint:gochecknoglobals // a table that nobody writes
	"Throttling":   ErrThrottled,
	"Throttling.*": ErrThrottled,

	"InvalidAccessKeyId":     ErrCredentials,
	"InvalidAccessKeyId.*":   ErrCredentials,
	"SignatureDoesNotMatch":  ErrCredentials,
	"IncompleteSignature":    ErrCredentials,
	"InvalidSecurityToken":   ErrCredentials,
	"InvalidSecurityToken.*": ErrCredentials,
	"MissingSecurityToken":   ErrCredentials,
	"InvalidTimeStamp.*":     ErrCredentials, // the clock of this machine is wrong
	"IllegalTimestamp":       ErrCredentials,
	// The nonce is new for each call: an intermediary sent this one twice, and
	// the first may have had its effect.
	"SignatureNonceUsed": ErrOutcomeUnknown,

	"Forbidden":             ErrDenied,
	"Forbidden.*":           ErrDenied,
	"NoPermission":          ErrDenied,
	"NoPermission.*":        ErrDenied,
	"UnauthorizedOperation": ErrDenied,
	"OperationForbidden":    ErrDenied,

	"InsufficientBalance":                   ErrArrears,
	"InsufficientBalance.*":                 ErrArrears,
	"Pay.*":                                 ErrArrears,
	"Order.*":                               ErrArrears,
	"RealNameAuthenticationError":           ErrArrears,
	"InvalidAccountStatus.NotEnoughBalance": ErrArrears,
	"InvalidParameter":                      ErrInvalid,
	"InvalidParameter.*":                    ErrInvalid,
	"MissingParameter":                      ErrInvalid,
	"MissingParameter.*":                    ErrInvalid,
	"InvalidRegionId":                       ErrInvalid,
	"InvalidRegionId.*":                     ErrInvalid,
	"QuotaExceeded":                         ErrQuota,
	"QuotaExceeded.*":                       ErrQuota,
	"LimitExceeded":                         ErrQuota,
	"LimitExceeded.*":                       ErrQuota,
	"IdempotentParameterMismatch":           ErrTokenUsed,
	"InvalidIdempotenceParameter":           ErrTokenUsed,
	"LastTokenProcessing":                   errEarlierTry,
	"InternalError":                         ErrOutcomeUnknown,
	"InternalError.*":                       ErrOutcomeUnknown,
	"ServiceUnavailable":                    ErrOutcomeUnknown,
	"ServiceUnavailable.*":                  ErrOutcomeUnknown,
	"ServiceUnavailableTemporary":           ErrOutcomeUnknown,
	"ServiceUnavailableTemporary.*":         ErrOutcomeUnknown,
}
