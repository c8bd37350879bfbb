package lifecycle

import (
	"errors"
	"fmt"
	"runtime"

	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/store"
)

// ErrUnchanged ends a compare-and-swap that needs no write: the stored record
// already holds the decision.
var ErrUnchanged = errors.New("decided without a change")

// ErrUnrecoverable means that the record itself stops the engine, so that retries
// fail too.
var ErrUnrecoverable = errors.New("the record cannot be worked on")

// A PanicError is a recovered panic of a provider or of the broker. Its text omits
// the value, which may hold a secret, unless that is an error of the runtime.
type PanicError struct {
	Value any
	Stack []byte
}

func (e *PanicError) Error() string {
	if fault, ok := e.Value.(runtime.Error); ok {
		return fmt.Sprintf("panic: %v", fault)
	}
	return fmt.Sprintf("panic with a %T", e.Value)
}

// IsUnrecoverable reports whether err lies in the record itself, so that another
// attempt of the store fails too.
func IsUnrecoverable(err error) bool {
	if _, ok := errors.AsType[*PanicError](err); ok {
		return true
	}
	for _, class := range []error{ErrUnrecoverable, store.ErrCorrupt, store.ErrAltered, store.ErrNewer, store.ErrSeal, store.ErrNoBody, store.ErrTooLarge} {
		if errors.Is(err, class) {
			return true
		}
	}
	return false
}
