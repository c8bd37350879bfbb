package providers

import (
	"fmt"
	"io"
	"net/url"
	"strings"
)

// A Secret is a password or a key in a plan or a request. It prints as a
// placeholder with every verb, also inside a struct. JSON holds the value, since
// plans are sealed.
type Secret string

// redacted is the placeholder.
const redacted = "[redacted]"

// Format keeps secrets out of logs, for all verbs of fmt.
func (Secret) Format(f fmt.State, _ rune) {
	_, _ = io.WriteString(f, redacted) // fmt keeps the error
}

// String keeps secrets out of logs, for printers other than fmt.
func (Secret) String() string { return redacted }

// Reveal returns the secret itself.
func (s Secret) Reveal() string { return string(s) }

// EscapeURI percent-encodes every character but the unreserved ones (RFC 3986, 2.3),
// so that the result fits every part of a URI.
func EscapeURI(s string) string { return strings.ReplaceAll(url.QueryEscape(s), "+", "%20") }
