// Package alicloud reaches the cloud: credentials, clients, the kinds of its
// errors, and the pace at which it is called. Providers speak to their services
// through it.
package alicloud

import (
	"errors"
	"fmt"
	"slices"

	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/providers"
)

// The reasons of providers, under the names that other rooms still use.
var ( //nolint:gochecknoglobals // removed with the last use
	ErrNotFound       = providers.ErrNotFound
	ErrExists         = providers.ErrExists
	ErrInvalid        = providers.ErrInvalid
	ErrSoldOut        = providers.ErrSoldOut
	ErrWrongState     = providers.ErrWrongState
	ErrThrottled      = providers.ErrThrottled
	ErrTokenUsed      = providers.ErrTokenUsed
	ErrDenied         = providers.ErrDenied
	ErrCredentials    = providers.ErrCredentials
	ErrArrears        = providers.ErrArrears
	ErrQuota          = providers.ErrQuota
	ErrOutcomeUnknown = providers.ErrOutcomeUnknown
)

// errEarlierTry stands in the tables for codes that say that an earlier request
// of the same token is still at work. They are ErrWrongState, retried as all of
// those are, and ErrOutcomeUnknown: this request was refused, the other lives.
var errEarlierTry = errors.New("an earlier try is under way")

// An Error is a refusal or failure of the cloud. Its text is for the log and
// holds nothing secret: neither the SDK's message, which can hold the string
// to sign, nor parameters.
type Error struct {
	Product   string // Rds, Ram, Oss, ...
	Action    string
	Code      string // of the cloud; empty when no answer came
	Status    int    // HTTP; 0 when no answer came
	RequestID string
	Kinds     []error // one or more of the kinds above; none: transient
	Detail    string  // redacted text
}

// Error is for the log.
func (e *Error) Error() string {
	return fmt.Sprintf("%s %s: %s (HTTP %d, request %s) %s", e.Product, e.Action, e.Code, e.Status, e.RequestID, e.Detail)
}

// Is says whether the error is of the kind.
func (e *Error) Is(kind error) bool {
	return slices.Contains(e.Kinds, kind)
}
