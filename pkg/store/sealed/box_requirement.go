package sealed

import (
	"bytes"
	"context"
	"errors"
	"fmt"

	"github.com/tink-crypto/tink-go/v2/keyset"
	tinkpb "github.com/tink-crypto/tink-go/v2/proto/tink_go_proto"
)

// requirementType is the type of a keyset's entry that says: every record of the
// store has a box, so that one without was altered. The entry is a destroyed key
// without material. Tink's tools, and brokers that know nothing of boxes, keep it
// through a rotation, and a keyset that is replaced whole never loses it halfway.
const requirementType = "alibabacloud-servicebroker/records-authenticated"

// requiresBoxes reports whether a record without a box was altered.
func (s *keySet) requiresBoxes() bool { return s.requirement >= 0 }

// requirementIndex returns the index of the entry in a keyset, or -1.
func requirementIndex(info *tinkpb.KeysetInfo) int {
	for i, key := range info.GetKeyInfo() {
		if key.GetTypeUrl() == requirementType {
			return i
		}
	}
	return -1
}

// requiringBoxes returns the set with the entry.
func (s *keySet) requiringBoxes() (*keySet, error) {
	if s.requiresBoxes() {
		return s, nil
	}
	b, err := s.bytes()
	if err != nil {
		return nil, err
	}
	keys, err := keyset.NewJSONReader(bytes.NewReader(b)).Read()
	if err != nil {
		return nil, fmt.Errorf("note in the keyset that all records have boxes: %w", err)
	}
	keys.Key = append(keys.Key, &tinkpb.Keyset_Key{
		KeyData:          &tinkpb.KeyData{TypeUrl: requirementType, KeyMaterialType: tinkpb.KeyData_REMOTE},
		Status:           tinkpb.KeyStatusType_DESTROYED,
		KeyId:            s.unusedID(),
		OutputPrefixType: tinkpb.OutputPrefixType_TINK,
	}) // as requirementText
	var noted bytes.Buffer
	if err := keyset.NewJSONWriter(&noted).Write(keys); err != nil {
		return nil, fmt.Errorf("note in the keyset that all records have boxes: %w", err)
	}
	return parse(noted.Bytes())
}

// requirementText returns the entry in JSON, for an operator who adds it to the
// list "key" of the keyset.
func (s *keySet) requirementText() string {
	return fmt.Sprintf(`{"keyData":{"typeUrl":%q,"value":"","keyMaterialType":"REMOTE"},"status":"DESTROYED","keyId":%d,"outputPrefixType":"TINK"}`,
		requirementType, s.unusedID())
}

// unusedID returns an id that no key of the set has.
func (s *keySet) unusedID() uint32 {
	id := uint32(1)
	for {
		if i, _ := s.find(id); i < 0 {
			return id
		}
		id++
	}
}

// requireBoxes notes in the keyset that all records have boxes. The error is
// ErrReadOnly if the source is, with the entry to add.
func (k *Keys) requireBoxes(ctx context.Context) error {
	err := k.editKeyset(ctx, func(st *state) (*keySet, error) {
		if st.set.requiresBoxes() {
			return nil, nil
		}
		return st.set.requiringBoxes()
	})
	switch {
	case errors.Is(err, ErrReadOnly):
		return fmt.Errorf("every record has a box; so that one without is refused, add this entry to the list \"key\" of the keyset where it comes from: %s (%w)",
			k.state.Load().set.requirementText(), err)
	case err != nil:
		return fmt.Errorf("every record has a box, but the keyset does not require that yet: %w", err)
	}
	return nil
}

// RequiresBoxes reports whether records without a box are refused.
func (k *Keys) RequiresBoxes() bool { return k.state.Load().set.requiresBoxes() }
