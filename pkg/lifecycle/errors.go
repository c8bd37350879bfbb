package lifecycle

import (
	"errors"
	"fmt"

	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/store"
)

// ErrUnchanged ends a compare-and-swap without a change: the record says all.
var ErrUnchanged = errors.New("decided without a change")

// errBroken: the record cannot be worked on, whatever the cloud does.
var ErrUnrecoverable = errors.New("the record cannot be worked on")

// A PanicError is a panic of a provider, or of ours on the way.
type PanicError struct {
	Value any
	Stack []byte
}

func (e *PanicError) Error() string { return fmt.Sprintf("panic: %v", e.Value) }

// IsUnrecoverable says that err is of the record itself, and no retry of the store
// would mend it.
func IsUnrecoverable(err error) bool {
	if _, ok := errors.AsType[*PanicError](err); ok {
		return true
	}
	for _, sort := range []error{ErrUnrecoverable, store.ErrCorrupt, store.ErrNewer, store.ErrSeal, store.ErrTooLarge} {
		if errors.Is(err, sort) {
			return true
		}
	}
	return false
}
