package sealed

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"

	"github.com/tink-crypto/tink-go/v2/aead"
	"github.com/tink-crypto/tink-go/v2/insecurecleartextkeyset"
	"github.com/tink-crypto/tink-go/v2/keyset"
	tinkpb "github.com/tink-crypto/tink-go/v2/proto/tink_go_proto"
	"github.com/tink-crypto/tink-go/v2/tink"

	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/store"
)

// A keySet is an immutable set of keys: the primary one seals, and each enabled
// one opens the boxes that it sealed.
type keySet struct {
	handle  *keyset.Handle
	aead    tink.AEAD
	primary uint32
	// requirement is the index of the entry that is no key, see requirementType;
	// -1: there is none.
	requirement int
}

// parse reads a Tink AEAD keyset in JSON, in clear, as bytes and Tink's own
// tools write it. The error is ErrForeign and quotes none of the input.
func parse(b []byte) (*keySet, error) {
	handle, err := insecurecleartextkeyset.Read(keyset.NewJSONReader(bytes.NewReader(b)))
	if err != nil {
		return nil, fmt.Errorf("%w: it is not a Tink keyset in JSON", store.ErrForeign)
	}
	return newSet(handle)
}

// newKeySet returns a set of one new key (AES-256-GCM), for a store without
// records: each will have a box.
func newKeySet() (*keySet, error) {
	handle, err := keyset.NewHandle(aead.AES256GCMKeyTemplate())
	if err != nil {
		return nil, fmt.Errorf("draw a key: %w", err)
	}
	set, err := newSet(handle)
	if err != nil {
		return nil, err
	}
	return set.requiringBoxes()
}

func newSet(handle *keyset.Handle) (*keySet, error) {
	primitive, err := aead.New(handle)
	if err != nil {
		return nil, fmt.Errorf("%w: its keys are not for AEAD", store.ErrForeign)
	}
	for _, key := range handle.KeysetInfo().GetKeyInfo() {
		if key.GetOutputPrefixType() != tinkpb.OutputPrefixType_TINK {
			return nil, fmt.Errorf("%w: the boxes of key %d lack its id: use a key with the output prefix TINK instead of %s",
				store.ErrForeign, key.GetKeyId(), key.GetOutputPrefixType())
		}
	}
	info := handle.KeysetInfo()
	return &keySet{handle: handle, aead: primitive, primary: info.GetPrimaryKeyId(), requirement: requirementIndex(info)}, nil
}

// bytes returns the form that parse reads: the keys in clear.
func (s *keySet) bytes() ([]byte, error) {
	var b bytes.Buffer
	if err := insecurecleartextkeyset.Write(s.handle, keyset.NewJSONWriter(&b)); err != nil {
		return nil, errors.New("the keyset cannot be written as JSON")
	}
	return b.Bytes(), nil
}

// edited returns the set as edit changes it.
func (s *keySet) edited(edit func(*keyset.Manager) error) (*keySet, error) {
	manager := keyset.NewManagerFromHandle(s.handle)
	if err := edit(manager); err != nil {
		return nil, err
	}
	handle, err := manager.Handle()
	if err != nil {
		return nil, err
	}
	return newSet(handle)
}

// entries returns the keys, in the order in which they were added.
func (s *keySet) entries() []*keyset.Entry {
	entries := make([]*keyset.Entry, 0, s.handle.Len())
	for i := range s.handle.Len() {
		if i == s.requirement {
			continue
		}
		entry, _ := s.handle.Entry(i) // fails only for an index out of range
		entries = append(entries, entry)
	}
	return entries
}

// find returns the index of a key and the key, or -1.
func (s *keySet) find(id uint32) (int, *keyset.Entry) {
	for i, entry := range s.entries() {
		if entry.KeyID() == id {
			return i, entry
		}
	}
	return -1, nil
}

// canOpen reports whether the set opens the boxes of that key.
func (s *keySet) canOpen(id uint32) bool {
	_, entry := s.find(id)
	return entry != nil && entry.KeyStatus() == keyset.Enabled
}

// contains reports whether the set opens with this very key; an equal id alone
// is too little.
func (s *keySet) contains(key *keyset.Entry) bool {
	_, entry := s.find(key.KeyID())
	return entry != nil && entry.KeyStatus() == keyset.Enabled && entry.Key().Equal(key.Key())
}

// follows reports whether rotation can have turned old into s: s still holds
// the sealing key of old, or has replaced it by a younger key that old held
// already. Otherwise s is the keyset of another store, or an old copy.
func (s *keySet) follows(old *keySet) bool {
	was, key := old.find(old.primary)
	if s.contains(key) {
		return true
	}
	_, key = s.find(s.primary)
	is, _ := old.find(s.primary)
	return old.contains(key) && is > was
}

// seal puts plain into a box for a place, with the primary key.
func (s *keySet) seal(plain []byte, place string) ([]byte, error) {
	return s.aead.Encrypt(plain, []byte(place))
}

// open opens a box that was sealed for the place, by any key of the set. The
// cause of a failure is always the same to Tink, so it is left out.
func (s *keySet) open(box []byte, place string) ([]byte, error) {
	plain, err := s.aead.Decrypt(box, []byte(place))
	if err != nil {
		return nil, store.ErrSeal
	}
	return plain, nil
}

// tinkPrefix begins every box: this byte, then the key's id, big-endian.
// https://developers.google.com/tink/wire-format
const tinkPrefix = 1

// sealedBy returns the id of the key that sealed a box; false for other bytes.
func sealedBy(box []byte) (id uint32, ok bool) {
	if len(box) < 5 || box[0] != tinkPrefix {
		return 0, false
	}
	return binary.BigEndian.Uint32(box[1:]), true
}

// prefix returns the first bytes of a key's boxes.
func prefix(id uint32) []byte {
	return binary.BigEndian.AppendUint32([]byte{tinkPrefix}, id)
}
