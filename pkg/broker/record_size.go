package broker

import (
	"encoding/json"
	"fmt"
	"maps"

	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/lifecycle"
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/osb"
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/store"
)

// maxContext bounds the platform's context in bytes. Together with the bound of
// parameters it leaves a record room to grow.
const maxContext = 64 << 10

// keptContext returns the part of a context that a record keeps: all of it, or the
// members that the broker needs if it is large, since platforms put annotations of
// users there. An error is a 400.
func keptContext(context json.RawMessage) (json.RawMessage, error) {
	if len(context) <= maxContext {
		return context, nil
	}
	context = lifecycle.NeededContext(context)
	if len(context) > maxContext {
		return nil, osb.ErrBadRequest("The names and ids in context are larger than %d bytes: send shorter ones.", maxContext)
	}
	return context, nil
}

const (
	// growth is the most that an operation adds to its record, in bytes: requests,
	// facts, history and results.
	growth = 40 << 10
	// boxOverhead is the length that sealing adds to a secret, in bytes.
	boxOverhead = 64
)

// checkSize returns store.ErrTooLarge for a record that might outgrow the store
// while its operation runs, or at the end, when the wanted spec is kept as the
// present one too.
func checkSize(r *store.Record) error {
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

// sizeOf returns the size of a record in the store, in bytes. Secrets that are
// still open count as sealed.
func sizeOf(r store.Record) (int, error) {
	for _, spec := range []**store.Spec{&r.Want, &r.Have} {
		if *spec != nil {
			own := **spec
			*spec = &own
		}
	}
	r.Frozen = nil // part of growth
	r.Bodies = maps.Clone(r.Bodies)
	err := r.EachSealed(func(_ string, s *store.Sealed) error {
		if s.IsZero() || s.Box() != nil {
			return nil
		}
		plain, err := s.Open()
		*s = store.Boxed(make([]byte, len(plain)+boxOverhead), nil)
		return err
	})
	if err != nil {
		return 0, err
	}
	b, err := store.Encode(r)
	return len(b), err
}
