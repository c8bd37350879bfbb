package providers

import (
	"fmt"
	"io"
	"net/url"
	"strings"
)

// A Secret is a password or a key in a plan or a request. Printing it, or an
// exported field that holds it, shows nothing, whatever the verb; JSON has it as
// it is, since plans are sealed.
type Secret string

// redacted stands for secrets in what people read.
const redacted = "[redacted]"

// Format keeps secrets out of logs, for all verbs of fmt.
func (Secret) Format(f fmt.State, _ rune) {
	_, _ = io.WriteString(f, redacted) // fmt keeps the error
}

// String keeps secrets out of logs, for those who print without fmt.
func (Secret) String() string { return redacted }

// Reveal returns the secret itself.
func (s Secret) Reveal() string { return string(s) }

// EscapeURI percent-encodes everything that is not unreserved in URIs (RFC 3986,
// 2.3), for what stands in any part of one.
func EscapeURI(s string) string { return strings.ReplaceAll(url.QueryEscape(s), "+", "%20") }
