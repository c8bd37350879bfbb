package broker

import (
	"context"
	"errors"
	"maps"
	"slices"

	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/lifecycle"
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/osb"
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/store"
)

// keyLength is the length of a body's key, in bytes.
const keyLength = 32

// checkBodies refuses bodies that the store cannot keep, and a record that would
// be too large with their digests and keys. It runs before the first body is put,
// so that a refused request leaves nothing in the store.
func checkBodies(draft store.Record, want *store.Spec, bodies map[string][]byte) error {
	sized := *want
	sized.Bodies = map[string]string{}
	keys := map[string]store.Sealed{}
	for name, content := range bodies {
		if err := store.CheckBody(content); err != nil {
			return errBodyTooLarge(name)
		}
		digest := store.BodyDigest([]byte(name)) // as long as the real one
		sized.Bodies[name], keys[digest] = digest, store.Seal(make([]byte, keyLength))
	}
	draft.Want = &sized
	lifecycle.NameBodies(&draft, keys)
	return checkSize(&draft)
}

// putBodies stores the large values of a plan and names their digests in want. It
// returns the keys for the record, by digest. The bodies are durable before the
// record names them: a crash in between, or a decision that is made again, leaves
// bodies for the sweep.
func (b *BusinessLogic) putBodies(ctx context.Context, want *store.Spec, bodies map[string][]byte) (map[string]store.Sealed, error) {
	if len(bodies) == 0 {
		return nil, nil
	}
	want.Bodies = map[string]string{}
	keys := map[string]store.Sealed{}
	for _, name := range slices.Sorted(maps.Keys(bodies)) {
		digest, key, err := b.store.PutBody(ctx, bodies[name])
		if errors.Is(err, store.ErrTooLarge) { // once it is sealed
			return nil, errBodyTooLarge(name)
		}
		if err != nil {
			return nil, err
		}
		want.Bodies[name], keys[digest] = digest, key
	}
	return keys, nil
}

func errBodyTooLarge(name string) error {
	return osb.ErrBadRequest("The %s of this plan with these parameters is larger than the %d bytes that the broker can keep: send shorter parameters, or choose another plan.", name, store.MaxBody)
}
