package osb

import (
	"fmt"
	"net/http"
)

// Error codes that the specification fixes (ERR-03).
const (
	CodeAsyncRequired           = "AsyncRequired"
	CodeConcurrencyError        = "ConcurrencyError"
	CodeMaintenanceInfoConflict = "MaintenanceInfoConflict"
)

// Descriptions that the Kubernetes client library compares letter for letter
// before it recognises the error (ERR-07).
const (
	asyncRequiredText    = "This service plan requires client support for asynchronous service operations."
	concurrencyErrorText = "The Service Broker does not support concurrent requests that mutate the same resource."
)

// An Error is a failure that the platform sees exactly as OSB defines it.
type Error struct {
	Status      int    // HTTP status
	Code        string // OSB error code, one CamelCase word; empty for most
	Description string // for the user: what to change; no secrets, no text of the cloud's SDK
	Cause       error  // for the log; never sent

	// InstanceUsable and UpdateRepeatable are sent only with errors of update
	// and deprovision (ERR-04); nil leaves them out, which means true.
	InstanceUsable   *bool
	UpdateRepeatable *bool
}

// Error is for the log: it holds the cause.
func (e *Error) Error() string {
	if e.Cause != nil {
		return fmt.Sprintf("%d %s: %v", e.Status, e.Description, e.Cause)
	}
	return fmt.Sprintf("%d %s", e.Status, e.Description)
}

// Unwrap returns the cause.
func (e *Error) Unwrap() error { return e.Cause }

// ErrBadRequest is 400: the request must be changed as the text says.
func ErrBadRequest(format string, args ...any) *Error {
	return &Error{Status: http.StatusBadRequest, Code: "BadRequest", Description: fmt.Sprintf(format, args...)}
}

// ErrUnauthorized is 401 (AUTH-01).
func ErrUnauthorized() *Error {
	return &Error{Status: http.StatusUnauthorized, Code: "Unauthorized", Description: "The credentials are missing or wrong: send the broker's user and password as HTTP Basic authentication, or its bearer token."}
}

// ErrNotFound is 404: what names the thing that is not there.
func ErrNotFound(what string) *Error {
	return &Error{Status: http.StatusNotFound, Code: "NotFound", Description: what + " does not exist here."}
}

// ErrGone is 410: what was deleted or never was (DEP-06, UNB-06).
func ErrGone(what string) *Error {
	return &Error{Status: http.StatusGone, Code: "Gone", Description: what + " does not exist."}
}

// ErrConflict is 409: the id is in use with other attributes (PROV-11, BIND-11).
func ErrConflict(what string) *Error {
	return &Error{Status: http.StatusConflict, Code: "Conflict", Description: what + " exists with other attributes: use another id, or send the attributes it was made with."}
}

// ErrTooLarge is 413: the body is over the limit in bytes (HARD-01).
func ErrTooLarge(limit int64) *Error {
	return &Error{Status: http.StatusRequestEntityTooLarge, Code: "RequestTooLarge", Description: fmt.Sprintf("The request body is larger than %d bytes.", limit)}
}

// ErrMethodNotAllowed is 405 for a known path (HARD-04).
func ErrMethodNotAllowed(method string) *Error {
	return &Error{Status: http.StatusMethodNotAllowed, Code: "MethodNotAllowed", Description: "This path does not take the method " + method + "."}
}

// ErrVersion is the answer to a missing (400, VER-03) or unsupported (412,
// VER-02) X-Broker-API-Version.
func ErrVersion(status int, format string, args ...any) *Error {
	return &Error{Status: status, Code: "UnsupportedAPIVersion", Description: fmt.Sprintf(format, args...)}
}

// ErrAsyncRequired is 422: the operation takes longer than a request may
// (PROV-12, UPD-13, DEP-03, BIND-03, UNB-03).
func ErrAsyncRequired() *Error {
	return &Error{Status: http.StatusUnprocessableEntity, Code: CodeAsyncRequired, Description: asyncRequiredText}
}

// ErrConcurrency is 422: another operation is running (CON-01).
func ErrConcurrency() *Error {
	return &Error{Status: http.StatusUnprocessableEntity, Code: CodeConcurrencyError, Description: concurrencyErrorText}
}

// ErrMaintenanceInfo is 422: maintenance_info.version is not the catalog's
// (PROV-07, UPD-09).
func ErrMaintenanceInfo() *Error {
	return &Error{Status: http.StatusUnprocessableEntity, Code: CodeMaintenanceInfoConflict, Description: "The maintenance_info.version is not the one in the catalog for this plan: read the catalog again and send its version."}
}

// ErrUnprocessable is 422 without a code of the specification: the request is
// well formed, and cannot be served as things stand (UPD-06).
func ErrUnprocessable(format string, args ...any) *Error {
	return &Error{Status: http.StatusUnprocessableEntity, Code: "Unprocessable", Description: fmt.Sprintf(format, args...)}
}

// ErrUnavailable is 503: the same request may be sent again.
func ErrUnavailable(cause error) *Error {
	return &Error{Status: http.StatusServiceUnavailable, Code: "Unavailable", Description: "The broker cannot take this request now: send it again in a minute; if it goes on, ask the operator of the broker.", Cause: cause}
}

// ErrInternal is 500: the cause is for the log alone.
func ErrInternal(cause error) *Error {
	return &Error{Status: http.StatusInternalServerError, Code: "InternalError", Description: "The broker failed on this request: send it again; if it goes on, give the operator of the broker the request's time and id.", Cause: cause}
}

// ErrFailed is 500 for an operation that has ended in failure while the
// request waited for it: the sentence is the user's (platforms clean up after
// a 5xx on create, ORP-01).
func ErrFailed(sentence string) *Error {
	return &Error{Status: http.StatusInternalServerError, Code: "OperationFailed", Description: sentence}
}
