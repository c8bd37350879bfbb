package sealed

import (
	"crypto/subtle"
	"fmt"

	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/store"
)

// authenticate returns ErrAltered unless the box of a stored record fits its bytes
// and its place, or an operator is accepting these bytes.
func (k *Keys) authenticate(a store.Authentication, at *location) error {
	err := k.checkBox(a, at)
	if err == nil || k.acceptances.has(at.Key, a.Digest()) {
		return nil
	}
	if k.lacksKeyOf(a.Box()) {
		k.metrics.unopened.Inc() // the usual cause is a lost key
	} else {
		k.metrics.altered.Inc()
	}
	return &store.RecordError{Key: at.Key, Err: err}
}

// checkBox is authenticate without acceptances. A record without a box passes
// until the keyset requires boxes.
func (k *Keys) checkBox(a store.Authentication, at *location) error {
	box := a.Box()
	switch {
	case a.IsLost():
		return fmt.Errorf("%w: its box is not the last member", store.ErrAltered)
	case box == nil && k.state.Load().set.requiresBoxes():
		return fmt.Errorf("%w: it has no box", store.ErrAltered)
	case box == nil:
		return nil
	}
	digest, err := k.tryOpen(box, at.associatedData(authenticationField))
	switch {
	case err != nil && k.lacksKeyOf(box):
		return fmt.Errorf("%w, or the keyset lacks the key of its box: %w", store.ErrAltered, err)
	case err != nil:
		return fmt.Errorf("%w: its box is of another record: %w", store.ErrAltered, err)
	case subtle.ConstantTimeCompare(digest, a.Digest()) != 1:
		return fmt.Errorf("%w: its box is of other bytes", store.ErrAltered)
	}
	return nil
}

// lacksKeyOf reports whether a box names a key that the keyset lacks.
func (k *Keys) lacksKeyOf(box []byte) bool {
	id, ok := sealedBy(box)
	return ok && !k.state.Load().set.canOpen(id)
}
