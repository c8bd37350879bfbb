package osb

import (
	"errors"
	"fmt"
	"net/http"
)

// Error codes that the specification fixes (ERR-03).
const (
	CodeAsyncRequired           = "AsyncRequired"
	CodeConcurrencyError        = "ConcurrencyError"
	CodeMaintenanceInfoConflict = "MaintenanceInfoConflict"
)

// The Kubernetes client library recognises these errors by their descriptions,
// letter for letter (ERR-07).
const (
	asyncRequiredText    = "This service plan requires client support for asynchronous service operations."
	concurrencyErrorText = "The Service Broker does not support concurrent requests that mutate the same resource."
)

// An Error is a failure that the platform sees exactly as OSB defines it.
type Error struct {
	Status      int    // HTTP status
	Code        string // OSB error code, one CamelCase word; empty for most
	Description string // tells the user the change to make; free of secrets and of SDK texts
	Cause       error  // for the log; stays in the broker

	// InstanceUsable is sent with errors of update and deprovision,
	// UpdateRepeatable with errors of update (ERR-04); nil leaves a member out,
	// which means true.
	InstanceUsable   *bool
	UpdateRepeatable *bool
}

// Error is the text for the log; it includes the cause.
func (e *Error) Error() string {
	if e.Cause != nil {
		return fmt.Sprintf("%d %s: %v", e.Status, e.Description, e.Cause)
	}
	return fmt.Sprintf("%d %s", e.Status, e.Description)
}

// Unwrap returns the cause.
func (e *Error) Unwrap() error { return e.Cause }

// ErrUnanswered makes package api close the connection of a request without an
// answer, so that the platform sends the request again.
var ErrUnanswered = errors.New("the request is left unanswered")

// ErrBadRequest is 400: the text tells the change that the request needs.
func ErrBadRequest(format string, args ...any) *Error {
	return &Error{Status: http.StatusBadRequest, Code: "BadRequest", Description: fmt.Sprintf(format, args...)}
}

// ErrUnauthorized is 401 (AUTH-01).
func ErrUnauthorized() *Error {
	return &Error{Status: http.StatusUnauthorized, Code: "Unauthorized", Description: "The credentials are missing or wrong: send the broker's user and password as HTTP Basic authentication, or its bearer token."}
}

// ErrNotFound is 404: the named thing does not exist.
func ErrNotFound(name string) *Error {
	return &Error{Status: http.StatusNotFound, Code: "NotFound", Description: name + " does not exist here."}
}

// ErrGone is 410: the thing to delete was deleted, or never existed (DEP-06,
// UNB-06).
func ErrGone(name string) *Error {
	return &Error{Status: http.StatusGone, Code: "Gone", Description: name + " does not exist."}
}

// ErrConflict is 409: the id is in use with other attributes (PROV-11, BIND-11).
func ErrConflict(name string) *Error {
	return &Error{Status: http.StatusConflict, Code: "Conflict", Description: name + " exists with other attributes: use another id, or send the attributes it was made with."}
}

// ErrTooLarge is 413: the body is over the limit in bytes (HARD-01).
func ErrTooLarge(limit int64) *Error {
	return &Error{Status: http.StatusRequestEntityTooLarge, Code: "RequestTooLarge", Description: fmt.Sprintf("The request body is larger than %d bytes: send a shorter one.", limit)}
}

// ErrMethodNotAllowed is 405: the path exists, the method does not (HARD-04).
func ErrMethodNotAllowed(method string) *Error {
	return &Error{Status: http.StatusMethodNotAllowed, Code: "MethodNotAllowed", Description: "This path does not take the method " + method + "."}
}

// ErrVersion is the answer to a missing (400, VER-03) or unsupported (412,
// VER-02) X-Broker-API-Version.
func ErrVersion(status int, format string, args ...any) *Error {
	return &Error{Status: status, Code: "UnsupportedAPIVersion", Description: fmt.Sprintf(format, args...)}
}

// ErrAsyncRequired is 422: the operation takes longer than a request may, and
// the platform did not accept an asynchronous answer (PROV-12, UPD-13, DEP-03,
// BIND-03, UNB-03).
func ErrAsyncRequired() *Error {
	return &Error{Status: http.StatusUnprocessableEntity, Code: CodeAsyncRequired, Description: asyncRequiredText}
}

// ErrConcurrency is 422: another operation is running (CON-01).
func ErrConcurrency() *Error {
	return &Error{Status: http.StatusUnprocessableEntity, Code: CodeConcurrencyError, Description: concurrencyErrorText}
}

// ErrNotReady is ErrConcurrency with a sentence that names the running operation
// (BIND-12). The Go client library compares descriptions and so takes it for a
// plain 422; users read the sentence.
func ErrNotReady(sentence string) *Error {
	e := ErrConcurrency()
	e.Description += " " + sentence
	return e
}

// ErrMaintenanceInfo is 422: maintenance_info.version differs from the
// catalog's (PROV-07, UPD-09).
func ErrMaintenanceInfo() *Error {
	return &Error{Status: http.StatusUnprocessableEntity, Code: CodeMaintenanceInfoConflict, Description: "The maintenance_info.version is not the one in the catalog for this plan: read the catalog again and send its version."}
}

// ErrUnprocessable is 422 with a code of our own: the request is well formed and
// conflicts with the present state (UPD-06).
func ErrUnprocessable(format string, args ...any) *Error {
	return &Error{Status: http.StatusUnprocessableEntity, Code: "Unprocessable", Description: fmt.Sprintf(format, args...)}
}

// ErrUnavailable is 503: the platform may send the same request again.
func ErrUnavailable(cause error) *Error {
	return &Error{Status: http.StatusServiceUnavailable, Code: "Unavailable", Description: "The broker cannot take this request now: send it again in a minute; if it goes on, ask the operator of the broker.", Cause: cause}
}

// ErrInternal is 500; only the log shows the cause.
func ErrInternal(cause error) *Error {
	return &Error{Status: http.StatusInternalServerError, Code: "InternalError", Description: "The broker failed on this request: send it again; if it goes on, give the operator of the broker the request's time and id.", Cause: cause}
}

// ErrFailed is 500: the operation failed while the request waited for it. The
// sentence is the operation's description. Platforms clean up after a 5xx on
// create (ORP-01).
func ErrFailed(sentence string) *Error {
	return &Error{Status: http.StatusInternalServerError, Code: "OperationFailed", Description: sentence}
}
