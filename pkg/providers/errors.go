package providers

import (
	"context"
	"errors"
)

// Reasons why a call failed. Each provider maps the codes of its service to
// them, and callers test with errors.Is. An error of any other reason is
// Transient.
var (
	ErrNotFound    = errors.New("not found")             // Look: the named resource is missing
	ErrExists      = errors.New("exists already")        // Look: the name is taken
	ErrTokenUsed   = errors.New("token used")            // Look: an earlier attempt may have worked
	ErrInvalid     = errors.New("invalid request")       // User: the service refuses a parameter
	ErrSoldOut     = errors.New("sold out")              // User: the class, zone or address has no capacity
	ErrTagRefused  = errors.New("tag refused")           // Look: tag with the marks alone, by TagsRefused
	ErrWrongState  = errors.New("wrong state for now")   // Transient: the resource is busy
	ErrThrottled   = errors.New("throttled")             // Transient: slow down
	ErrDenied      = errors.New("permission denied")     // Operator: a permission is missing
	ErrCredentials = errors.New("credentials refused")   // Operator: key, token or account
	ErrArrears     = errors.New("account in arrears")    // Operator: money
	ErrQuota       = errors.New("account quota reached") // Operator: raise the quota
	ErrClock       = errors.New("clock is wrong")        // Operator: the broker's time is off
	// ErrPublicEndpoint is Operator: the account may not use public endpoints for data.
	// Management of the same resource works there.
	ErrPublicEndpoint = errors.New("public endpoint forbidden for data")
	// ErrUnreachable is Operator: no connection reaches an endpoint that exists in one
	// network only.
	ErrUnreachable = errors.New("endpoint unreachable from here")
	// ErrForeign is Operator: the resource that the record names lacks our marks. It
	// is left alone, and counts neither as missing nor as deleted.
	ErrForeign = errors.New("resource of another owner")
	// ErrOutcomeUnknown is Transient: the request may have had its effect, but
	// its answer was lost, timed out or was a 5xx. Look before repeating.
	ErrOutcomeUnknown = errors.New("outcome unknown")
	// ErrUnexplained is Unexplained: the service refuses the request with a code
	// that no table of ours knows.
	ErrUnexplained = errors.New("refused with a code that the broker does not know")
)

// A Class groups errors by the person who can fix them, and so by the engine's
// reaction. Records and metrics hold its value.
type Class string

// The classes.
const (
	Transient Class = "transient" // retry with back-off
	Look      Class = "look"      // an earlier attempt may have worked: observe, and go on
	User      Class = "user"      // fail the operation at once
	Operator  Class = "operator"  // keep the operation in progress until its deadline
	// Unexplained: retry a refused call for some minutes, then fail; the operator
	// finds out the reason. A refused observation is retried until the deadline.
	Unexplained Class = "unexplained"
)

// ClassOf returns the class of an error of Observe or Do.
func ClassOf(err error) Class {
	if failure, ok := errors.AsType[*Failure](err); ok {
		if failure.Kind == Broken {
			return Operator
		}
		return User
	}
	switch {
	case isAny(err, context.Canceled, context.DeadlineExceeded, ErrOutcomeUnknown, ErrThrottled, ErrWrongState):
		return Transient
	case isAny(err, ErrTokenUsed, ErrExists, ErrNotFound, ErrTagRefused):
		return Look
	case isAny(err, ErrInvalid, ErrSoldOut):
		return User
	case isAny(err, ErrDenied, ErrCredentials, ErrArrears, ErrQuota, ErrClock, ErrPublicEndpoint, ErrUnreachable, ErrForeign):
		return Operator
	case errors.Is(err, ErrUnexplained):
		return Unexplained
	}
	return Transient
}

// IsOutcomeUnknown reports whether a call that returned err, or an earlier
// attempt of it, may have had its effect.
func IsOutcomeUnknown(err error) bool {
	return isAny(err, ErrOutcomeUnknown, ErrTokenUsed, context.Canceled, context.DeadlineExceeded)
}

// UnlessMissing returns nil for ErrNotFound and err otherwise. Observations and
// removals use it: to them a missing resource is an answer.
func UnlessMissing(err error) error {
	if errors.Is(err, ErrNotFound) {
		return nil
	}
	return err
}

func isAny(err error, targets ...error) bool {
	for _, target := range targets {
		if errors.Is(err, target) {
			return true
		}
	}
	return false
}
