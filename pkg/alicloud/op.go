package alicloud

import (
	"strings"
	"time"
)

// An Op names a call to the cloud.
type Op struct {
	Product string // Rds, Ram, Vpc, Sts, Oss
	Action  string
	Access  Access
	// Internal says that the endpoint exists in one network alone: a call that gets no
	// connection is ErrUnreachable.
	Internal bool
	// Secrets of the call are struck out of the text of errors; empty ones are
	// ignored.
	Secrets []string
}

// product returns the product in lower case, since SDKs differ in its spelling.
func (op Op) product() string { return strings.ToLower(op.Product) }

// An Access tells reads from writes.
type Access int

// The accesses.
const (
	Read  Access = iota // may be repeated at will
	Write               // a lost answer leaves the outcome unknown
)

func (a Access) timeout() time.Duration {
	if a == Write {
		return writeTimeout
	}
	return readTimeout
}
