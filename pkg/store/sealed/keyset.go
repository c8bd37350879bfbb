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

// A keySet is one or more keys: the primary one seals, each enabled one opens what
// it sealed. A set never changes.
type keySet struct {
	handle  *keyset.Handle
	aead    tink.AEAD
	primary uint32
}

// parse reads a Tink AEAD keyset in JSON, in clear, as bytes and Tink's own
// tools write it. The error is ErrForeign; it never quotes what was read.
func parse(b []byte) (*keySet, error) {
	handle, err := insecurecleartextkeyset.Read(keyset.NewJSONReader(bytes.NewReader(b)))
	if err != nil {
		return nil, fmt.Errorf("%w: it is not a Tink keyset in JSON", store.ErrForeign)
	}
	return newSet(handle)
}

// newKeySet makes a set of one new key (AES-256-GCM).
func newKeySet() (*keySet, error) {
	handle, err := keyset.NewHandle(aead.AES256GCMKeyTemplate())
	if err != nil {
		return nil, fmt.Errorf("draw a key: %w", err)
	}
	return newSet(handle)
}

func newSet(handle *keyset.Handle) (*keySet, error) {
	primitive, err := aead.New(handle)
	if err != nil {
		return nil, fmt.Errorf("%w: its keys are not for AEAD", store.ErrForeign)
	}
	for _, key := range handle.KeysetInfo().GetKeyInfo() {
		if key.GetOutputPrefixType() != tinkpb.OutputPrefixType_TINK {
			return nil, fmt.Errorf("%w: what key %d seals does not tell which key that was (output prefix %s, want TINK)",
				store.ErrForeign, key.GetKeyId(), key.GetOutputPrefixType())
		}
	}
	return &keySet{handle: handle, aead: primitive, primary: handle.KeysetInfo().GetPrimaryKeyId()}, nil
}

// bytes gives what parse reads: the keys in clear.
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
	entries := make([]*keyset.Entry, s.handle.Len())
	for i := range entries {
		entries[i], _ = s.handle.Entry(i) // fails where there is no i-th
	}
	return entries
}

// find returns the place of a key in the set, and the key; -1 if it has none of
// that id.
func (s *keySet) find(id uint32) (int, *keyset.Entry) {
	for i, entry := range s.entries() {
		if entry.KeyID() == id {
			return i, entry
		}
	}
	return -1, nil
}

// canOpen says whether the set has the key to open what that key sealed.
func (s *keySet) canOpen(id uint32) bool {
	_, entry := s.find(id)
	return entry != nil && entry.KeyStatus() == keyset.Enabled
}

// contains says whether the set opens with this very key, not only one of its id.
func (s *keySet) contains(key *keyset.Entry) bool {
	_, entry := s.find(key.KeyID())
	return entry != nil && entry.KeyStatus() == keyset.Enabled && entry.Key().Equal(key.Key())
}

// follows says whether s can be what rotation has made of old: it still holds
// the key that seals, or that one has gone after a younger key, known already,
// took its place. Else it is another store's keyset, or an old copy.
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

// sealedBy tells which key sealed a box; false if that is no box of ours.
func sealedBy(box []byte) (id uint32, ok bool) {
	if len(box) < 5 || box[0] != tinkPrefix {
		return 0, false
	}
	return binary.BigEndian.Uint32(box[1:]), true
}

// prefix is how the boxes of a key begin.
func prefix(id uint32) []byte {
	return binary.BigEndian.AppendUint32([]byte{tinkPrefix}, id)
}
