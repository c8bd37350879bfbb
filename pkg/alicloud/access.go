package alicloud

import (
	"time"
)

// An Access says whether a call changes anything.
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
