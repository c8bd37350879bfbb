// Package alicloud reaches the cloud: credentials, clients, the rate at which
// they call, and the mapping of the cloud's errors to the classes of providers.
// Providers call their services through it.
package alicloud

import (
	"fmt"
	"slices"
)

// An Error is a refusal or failure of the cloud. Its text is for the log. Detail is
// the SDK's message with parameters and the string to sign redacted.
type Error struct {
	Product   string // Rds, Ram, Oss, ...
	Action    string
	Code      string // of the cloud; empty when no answer came
	Status    int    // HTTP; 0 when no answer came
	RequestID string
	Reasons   []error // some of the reasons of providers; an error without any is transient
	Detail    string  // redacted text
}

// Error is for the log.
func (e *Error) Error() string {
	return fmt.Sprintf("%s %s: %s (HTTP %d, request %s) %s", e.Product, e.Action, e.Code, e.Status, e.RequestID, e.Detail)
}

// Is reports whether target is one of the reasons.
func (e *Error) Is(target error) bool { return slices.Contains(e.Reasons, target) }

// IncompleteAnswer returns the error of an answer that is a success and lacks what
// the call needs. Its request id is checked as those of refusals are.
func IncompleteAnswer(op Op, status int, requestID, detail string, reasons ...error) *Error {
	return &Error{
		Product: op.Product, Action: op.Action, Status: status,
		RequestID: redactIdentifier(requestID, op.Secrets), Reasons: reasons, Detail: detail,
	}
}
