package alicloud

import (
	"context"
	"errors"
	"strings"
	"time"

	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/providers"
)

// A Key signs requests. It prints as asterisks.
type Key struct {
	ID      string
	Secret  string
	Token   string    // security token of a temporary key, else empty
	Expires time.Time // zero for a key that lasts
}

// String keeps secrets out of logs.
func (Key) String() string { return "***" }

// GoString keeps secrets out of logs.
func (Key) GoString() string { return "***" }

func (k Key) secrets() []string { return []string{k.ID, k.Secret, k.Token} }

// checkSendable returns an error with the reason ErrCredentials for a key that no
// request can carry: its id and token go into headers, and the cloud gives out
// printable ASCII without blanks.
func (k Key) checkSendable() error {
	for _, part := range []struct{ name, text string }{{"access key id", k.ID}, {"security token", k.Token}} {
		for i := range len(part.text) {
			if c := part.text[i]; c <= ' ' || c > '~' {
				return credentialsError("Key", "the "+part.name+" has blanks, control characters or characters beyond ASCII", nil)
			}
		}
	}
	return nil
}

// A CredentialsSource gives the key to sign with. It is safe for concurrent
// use, and its errors are ErrCredentials.
type CredentialsSource interface {
	// Credentials returns a key that stays valid for some minutes at least.
	Credentials(ctx context.Context) (Key, error)
}

// Static returns a source that always gives the same key.
func Static(key Key) CredentialsSource { return static(func() Key { return key }) }

// static is a function, since a function prints as an address.
type static func() Key

func (s static) Credentials(context.Context) (Key, error) {
	key := s()
	if key.ID == "" || key.Secret == "" {
		return Key{}, credentialsError("Static", "the access key id or its secret is empty", nil)
	}
	if !isSendable(key.ID) || !isSendable(key.Token) {
		return Key{}, credentialsError("Static", "the access key id or the security token has a character that no request can carry", nil)
	}
	return key, nil
}

// isSendable reports whether text is printable ASCII without blanks, which every
// part of a signed request can carry.
func isSendable(text string) bool {
	return !strings.ContainsFunc(text, func(r rune) bool { return r <= ' ' || r > '~' })
}

// credentialsError returns an error with the reason ErrCredentials and the reasons
// of cause. ErrOutcomeUnknown is dropped: the call that needs the key is unsent.
func credentialsError(action, detail string, cause error) *Error {
	e := &Error{Product: "Credentials", Action: action, Reasons: []error{providers.ErrCredentials}, Detail: detail}
	if c, ok := asError(cause); ok {
		e.Code, e.Status, e.RequestID = c.Code, c.Status, c.RequestID
		for _, kind := range c.Reasons {
			if !errors.Is(kind, providers.ErrOutcomeUnknown) && !errors.Is(kind, providers.ErrCredentials) {
				e.Reasons = append(e.Reasons, kind)
			}
		}
		e.Detail += ": " + c.Detail
	}
	return e
}
