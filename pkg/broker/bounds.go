package broker

import (
	"encoding/json"
	"fmt"

	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/osb"
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/store"
)

// maxContext bounds what is kept of the platform's context, in bytes. With the
// bound of parameters it leaves a record room to grow.
const maxContext = 64 << 10

// bounded context, or a 400.
func bounded(context json.RawMessage) error {
	if len(context) > maxContext {
		return osb.ErrBadRequest("context is larger than %d bytes: send a shorter one.", maxContext)
	}
	return nil
}

const (
	// growth is how much a record may grow by what its operation notes: requests,
	// facts, history and results, in bytes.
	growth = 40 << 10
	// boxed is by how much a secret is longer in its box, in bytes.
	boxed = 64
)

// fits refuses a record with store.ErrTooLarge that might get too large for the
// store while its operation runs, or at its end, when what was wanted is kept as
// what is there too.
func fits(r *store.Record) error {
	reached := *r
	reached.Have = r.Want
	for _, state := range []store.Record{*r, reached} {
		size, err := sizeOf(state)
		if err != nil {
			return err
		}
		if size+growth > store.MaxRecord {
			return fmt.Errorf("%s: %w: it has %d bytes and might get %d more, at most %d are kept", r.Key, store.ErrTooLarge, size, growth, store.MaxRecord)
		}
	}
	return nil
}

// sizeOf a record in the store, in bytes, whose secrets may not be sealed yet.
func sizeOf(r store.Record) (int, error) {
	for _, spec := range []**store.Spec{&r.Want, &r.Have} {
		if *spec != nil {
			own := **spec
			*spec = &own
		}
	}
	r.Frozen = nil // part of growth
	err := r.EachSealed(func(_ string, s *store.Sealed) error {
		if s.IsZero() || s.Box() != nil {
			return nil
		}
		plain, err := s.Open()
		*s = store.Boxed(make([]byte, len(plain)+boxed), nil)
		return err
	})
	if err != nil {
		return 0, err
	}
	b, err := store.Encode(r)
	return len(b), err
}
