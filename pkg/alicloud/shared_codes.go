package alicloud

import (
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/providers"
)

// sharedCodes returns the codes that the RPC gateway and several products share
// (pages "Common error codes" and "Request signatures").
func sharedCodes() map[string]error {
	return map[string]error{
		"Throttling":   providers.ErrThrottled,
		"Throttling.*": providers.ErrThrottled,

		"InvalidAccessKeyId":       providers.ErrCredentials,
		"InvalidAccessKeyId.*":     providers.ErrCredentials,
		"SignatureDoesNotMatch":    providers.ErrCredentials,
		"IncompleteSignature":      providers.ErrCredentials,
		"InvalidSecurityToken":     providers.ErrCredentials,
		"InvalidSecurityToken.*":   providers.ErrCredentials,
		"MissingSecurityToken":     providers.ErrCredentials,
		"InvalidTimeStamp.*":       providers.ErrCredentials,
		"InvalidTimeStamp.Expired": providers.ErrClock, // late
		"IllegalTimestamp":         providers.ErrClock, // early
		// The nonce is new for each call: an intermediary sent this one twice, and
		// the first may have had its effect.
		"SignatureNonceUsed": providers.ErrOutcomeUnknown,

		"Forbidden":             providers.ErrDenied,
		"Forbidden.*":           providers.ErrDenied,
		"NoPermission":          providers.ErrDenied,
		"NoPermission.*":        providers.ErrDenied,
		"UnauthorizedOperation": providers.ErrDenied,
		"OperationForbidden":    providers.ErrDenied,

		"InsufficientBalance":                   providers.ErrArrears,
		"InsufficientBalance.*":                 providers.ErrArrears,
		"Pay.*":                                 providers.ErrArrears,
		"Order.*":                               providers.ErrArrears,
		"RealNameAuthenticationError":           providers.ErrArrears,
		"InvalidAccountStatus.NotEnoughBalance": providers.ErrArrears,
		"InvalidParameter":                      providers.ErrInvalid,
		"InvalidParameter.*":                    providers.ErrInvalid,
		"MissingParameter":                      providers.ErrInvalid,
		"MissingParameter.*":                    providers.ErrInvalid,
		"InvalidRegionId":                       providers.ErrInvalid,
		"InvalidRegionId.*":                     providers.ErrInvalid,
		"QuotaExceeded":                         providers.ErrQuota,
		"QuotaExceeded.*":                       providers.ErrQuota,
		"LimitExceeded":                         providers.ErrQuota,
		"LimitExceeded.*":                       providers.ErrQuota,
		"IdempotentParameterMismatch":           providers.ErrTokenUsed,
		"InvalidIdempotenceParameter":           providers.ErrTokenUsed,
		"LastTokenProcessing":                   ErrEarlierAttempt,
		"InternalError":                         providers.ErrOutcomeUnknown,
		"InternalError.*":                       providers.ErrOutcomeUnknown,
		"ServiceUnavailable":                    providers.ErrOutcomeUnknown,
		"ServiceUnavailable.*":                  providers.ErrOutcomeUnknown,
		"ServiceUnavailableTemporary":           providers.ErrOutcomeUnknown,
		"ServiceUnavailableTemporary.*":         providers.ErrOutcomeUnknown,
	}
}
