// Package rpc is the gateway in front of the emulated RPC products. It checks
// the signature of a request (version 1.0, HMAC-SHA1, in query or form, or
// version 3, ACS3-HMAC-SHA256, in headers), its time and its nonce, asks RAM
// for permission, injects faults, writes the journal, and passes the request to
// the product of its version and action.
package rpc

import (
	"fmt"
	"net/http"
)

// An API is one RPC API, identified by its version.
type API struct {
	Name    string // as in the SDK: "Rds", "Ram", "Vpc", "Sts"
	Version string // "2014-08-15"
	Actions map[string]Action
	// Denied is the error code of a refusal by RAM; empty means "Forbidden.RAM".
	Denied string
	// HTTPSOnly products refuse plain HTTP where the gateway is strict.
	HTTPSOnly bool
}

// An Action is one operation of a product.
type Action struct {
	// Do does it. The response is a struct (or nil) that is written as JSON or
	// XML with a RequestId added.
	Do func(*Request) (any, *Error)
	// Resource names the resource on which RAM authorises the action
	// ("acs:rds:cn-hangzhou:1234567890123456:dbinstance/rm-1"); nil means "*".
	// The action itself is "rds:CreateDBInstance" and so on.
	Resource func(*Request) string
	// ReadOnly actions leave the state as it is.
	ReadOnly bool
	// Free actions need no permission, as GetCallerIdentity.
	Free bool
	// Unsigned actions may come without a signature, as AssumeRoleWithOIDC.
	// Their Caller is zero but for its Origin.
	Unsigned bool
	// Contract is the part that is data; Contracts.Actions sets it.
	Contract Contract

	gate *gate // nil lets every parameter through
}

// An Error is a product's refusal.
type Error struct {
	Status  int
	Code    string
	Message string

	denied *denial // of a refusal by RAM
}

// Error implements error.
func (e *Error) Error() string { return fmt.Sprintf("%s: %s (%d)", e.Code, e.Message, e.Status) }

// Errorf returns an Error with a formatted message.
func Errorf(status int, code, format string, args ...any) *Error {
	return &Error{Status: status, Code: code, Message: fmt.Sprintf(format, args...)}
}

// Missing is the gateway's answer to the absence of a mandatory parameter (A005).
func Missing(name string) *Error {
	return Errorf(http.StatusBadRequest, "Missing"+name, "%s is mandatory for this action.", name)
}

// Unsupported answers 501 to requests that the real cloud may serve and the
// emulator lacks. The status keeps it apart from the cloud's own answers.
func Unsupported(what string) *Error {
	what = shortened(what) // it may be the client's text
	return Errorf(http.StatusNotImplemented, "NotImplemented."+what, "The emulator does not know %s.", what)
}
