// Package alicloud reaches the cloud: credentials, clients, the kinds of its
// errors, and the pace at which it is called. Providers speak to their services
// through it.
package alicloud

import (
	"errors"
	"fmt"
	"slices"
)

// Kinds of error. Codes of the cloud are mapped to them in one table a
// product; everybody else asks with errors.Is. An error of none of these kinds
// is transient.
var (
	ErrNotFound    = errors.New("not found")             // the named resource is not there
	ErrExists      = errors.New("exists already")        // the name is taken
	ErrInvalid     = errors.New("invalid request")       // the user's: a parameter that cannot be
	ErrSoldOut     = errors.New("sold out")              // the user's: no capacity for the class, zone or address
	ErrWrongState  = errors.New("wrong state for now")   // transient: the resource is busy
	ErrThrottled   = errors.New("throttled")             // transient: slow down
	ErrTokenUsed   = errors.New("token used")            // look: an earlier try may have worked
	ErrDenied      = errors.New("permission denied")     // the operator's: RAM refuses
	ErrCredentials = errors.New("credentials refused")   // the operator's: key, token or account
	ErrArrears     = errors.New("account in arrears")    // the operator's: money
	ErrQuota       = errors.New("account quota reached") // the operator's: raise the quota
	// ErrOutcomeUnknown: the request may have had its effect; its answer was
	// lost, timed out or was a 5xx. Look before repeating.
	ErrOutcomeUnknown = errors.New("outcome unknown")
)

// errEarlierTry stands in the tables for codes that say that an earlier request
// of the same token is still at work. They are ErrWrongState, retried as all of
// those are, and ErrOutcomeUnknown: this request was refused, the other lives.
var errEarlierTry = errors.New("an earlier try is under way")

// UnlessMissing drops an error that says no more than that a thing is not there:
// for looks, and for removals.
func UnlessMissing(err error) error {
	if errors.Is(err, ErrNotFound) {
		return nil
	}
	return err
}

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
